from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cli.conftest import Run

from tastemaker.cli import Commands
from tastemaker.cli.export import export
from tastemaker.cli.import_ import import_
from tastemaker.store.crypto.keys import create_key_file
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database

GOOD = "user_id,item_id,value\nalice,tea,2\nbob,mug,1\n"
BAD = GOOD + "carol,cup,nan\n"


@pytest.fixture
def shop(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database with schema and keys; the environment names both."""
    key = create_key_file(tmp_path / "key")
    with Database(database_url) as database:
        migrate.upgrade(database)
        with database.writing() as connection:
            create_keyring(connection, key)
    monkeypatch.setenv("TASTEMAKER_DATABASE", database_url)
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.chdir(tmp_path)
    return database_url


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    main = Commands("tastemaker", commands=[import_, export])
    return CliRunner().invoke(main, arguments, input=stdin)


def test_what_was_read_is_said(shop: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    result = run("import", "interactions", "a.csv")
    assert result.output == "2 interactions read: 2 new, 0 updated, 0 rejected.\n"
    again = run("import", "interactions", "a.csv")
    assert again.output == "2 interactions read: 0 new, 2 updated, 0 rejected.\n"


def test_columns_that_were_not_read_are_named(shop: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user_id,item_id,rating\nalice,tea,5\n")
    result = run("import", "interactions", "a.csv")
    assert result.exit_code == 0
    assert result.stdout == "1 interactions read: 1 new, 0 updated, 0 rejected.\n"
    assert "nothing was read from rating; the columns of interactions are" in result.stderr


def test_a_bad_row_is_named_with_exit_status_1(shop: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BAD)
    result = run("import", "interactions", "a.csv")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "a.csv, line 4: value is nan; it must be finite" in result.stderr
    assert "--on-error skip" in result.stderr
    assert json_rows("interactions") == []


def test_bad_rows_are_set_aside_on_request(shop: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BAD)
    result = run("import", "interactions", "a.csv", "--on-error", "skip")
    assert result.output == (
        "3 interactions read: 2 new, 0 updated, 1 rejected (see a.rejected.csv).\n"
    )
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.rejected.csv").read_text()))
    assert (row["rejected_line"], row["user_id"], row["value"]) == ("4", "carol", "nan")


def json_rows(what: str) -> list[dict[str, object]]:
    result = run("export", what, "-", "--format", "jsonl")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_from_standard_input_to_standard_output(shop: str) -> None:
    assert run("import", "interactions", "-", "--kind", "view", stdin=GOOD).exit_code == 0
    assert sorted(str(row["user_id"]) for row in json_rows("interactions")) == ["alice", "bob"]
    assert {row["kind"] for row in json_rows("interactions")} == {"view"}
    assert run("export", "items", "-").stdout.splitlines()[0] == "item_id,title,text,available"


def test_users_and_their_features(shop: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user_id,country\nalice,Iceland\n")
    assert run("import", "users", "users.csv", "--feature", "country").exit_code == 0
    assert json_rows("users") == [{"user_id": "alice", "country": "Iceland"}]


def test_a_file_is_written(shop: str, tmp_path: Path) -> None:
    run("import", "interactions", "-", stdin=GOOD)
    result = run("export", "interactions", "out.csv.gz")
    assert result.output == "2 interactions written to out.csv.gz.\n"
    assert run("import", "interactions", "out.csv.gz").output.startswith(
        "2 interactions read: 0 new"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "orders", "a.csv"),
        ("import", "interactions", "-", "--rejects", "r.csv"),
        ("import", "items", "-", "--feature", "country"),
        ("import", "interactions", "-", "--format", "xml"),
        ("export", "orders", "-"),
    ],
)
def test_wrong_usage_has_exit_status_2(shop: str, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_file_that_is_not_there(shop: str) -> None:
    result = run("import", "interactions", "nothing.csv")
    assert result.exit_code == 1
    assert "nothing.csv cannot be read: No such file" in result.stderr


def test_without_a_key_nothing_is_imported(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASTEMAKER_KEY_FILE")
    result = run("import", "interactions", "-", stdin=GOOD)
    assert result.exit_code == 1
    assert "TASTEMAKER_KEY" in result.stderr


def test_without_a_schema_the_remedy_is_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_key_file(tmp_path / "key")
    monkeypatch.setenv("TASTEMAKER_DATABASE", database_url)
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", str(tmp_path / "key"))
    result = run("import", "interactions", "-", stdin=GOOD)
    assert result.exit_code == 1
    assert "tastemaker" in result.stderr


def test_parquet_without_pyarrow_names_the_extra(shop: str, tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from tastemaker.cli import Commands\n"
        "from tastemaker.cli.export import export\n"
        "Commands('tastemaker', commands=[export])()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "export", "items", "a.parquet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'tastemaker[parquet]'" in done.stderr
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_columns_of_other_names_are_mapped(bare: Path, run: Run, form: str) -> None:
    assert run("init").exit_code == 0
    rows = [{"customer": f"person-{n}", "sku": "item-1", "at": 1_600_000_000 + n} for n in range(3)]
    file = bare / f"orders.{form}"
    if form == "csv":
        lines = [",".join(map(str, row.values())) for row in rows]
        file.write_text("\n".join([",".join(rows[0]), *lines]) + "\n")
    elif form == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        pyarrow = pytest.importorskip("pyarrow")
        parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    pairs = [f"--map={pair}" for pair in ("customer=user_id", "sku=item_id", "at=timestamp")]
    done = run("import", "interactions", file.name, *pairs)
    assert done.exit_code == 0, done.output
    assert "3 interactions read: 3 new" in done.output
    out = run("export", "interactions", "-", "--format", "csv").stdout
    assert "person-2,item-1,interaction,1,1600000002" in out


def test_a_map_of_a_column_that_is_not_there_is_refused(bare: Path, run: Run) -> None:
    assert run("init").exit_code == 0
    done = run("import", "interactions", "likes.csv", "--map", "customer=user_id")
    assert done.exit_code == 1
    assert "no column customer" in done.stderr
    done = run("import", "interactions", "likes.csv", "--map", "customer")
    assert done.exit_code == 2
    assert "--map takes COLUMN=NAME" in done.stderr
