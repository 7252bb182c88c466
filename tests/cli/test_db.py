from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, text

from tastemaker.cli import main
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE, item, kind


@pytest.fixture
def url(database: Database) -> str:
    """The URL of a database with the schema and a few rows."""
    with database.writing() as connection:
        for item_id in ("a", "b"):
            row = {"external_id": item_id, "available": True, "created": 0, "updated": 0}
            connection.execute(insert(item), row)
        connection.execute(insert(kind), {"name": "view", "weight": 1.0})
    return database.engine.url.render_as_string(hide_password=False)


def db(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["db", *arguments], input=answer)


def test_upgrade_makes_the_schema_and_says_so(database_url: str) -> None:
    done = db("upgrade", "--database", database_url)
    assert done.output.endswith(f"is now at revision {migrate.HEAD_REVISION}.\n")
    done = db("upgrade", "--database", database_url)
    assert done.output.endswith(f"is at revision {migrate.HEAD_REVISION} already.\n")
    assert db("check", "--database", database_url).output.endswith("is as it should be.\n")


def test_the_database_comes_from_the_environment_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAKER_DATABASE", f"sqlite:///{tmp_path}/shop.db")
    assert db("upgrade").exit_code == 0
    assert db("current").output == f"{migrate.HEAD_REVISION} (up to date)\n"


def test_current_says_what_is_there_and_what_is_needed(url: str) -> None:
    assert db("current", "--database", url).output == f"{migrate.HEAD_REVISION} (up to date)\n"
    with Database(url) as database, database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    needed = f"9999 (this version of the engine needs {migrate.HEAD_REVISION})\n"
    assert db("current", "--database", url).output == needed


def test_a_downgrade_asks_and_says_what_is_at_stake(url: str) -> None:
    done = db("downgrade", "base", "--database", url, answer="n\n")
    assert "0 users, 2 items and 0 interactions" in done.output
    assert done.exit_code == 1
    assert db("current", "--database", url).output.startswith(migrate.HEAD_REVISION)
    done = db("downgrade", "base", "--database", url, answer="y\n")
    assert done.output.endswith("is gone.\n")
    assert "no schema yet" in db("current", "--database", url).output


def test_a_downgrade_by_steps_does_not_ask_when_told_not_to(url: str) -> None:
    done = db("downgrade", "--yes", "--database", url, "--", "-1")
    assert done.output.endswith("is now at revision 0003.\n")
    done = db("downgrade", "--yes", "--database", url, "--", "-1")
    assert done.output.endswith("is now at revision 0002.\n")
    done = db("downgrade", "--yes", "--database", url, "--", "-1")
    assert done.output.endswith("is now at revision 0001.\n")
    done = db("downgrade", "--yes", "--database", url, "--", "-1")
    assert done.output.endswith("is gone.\n")


def test_history_lists_the_revisions() -> None:
    (*_, first) = json.loads(db("history", "--format", "json").output)
    assert first == {"revision": "0001", "description": "The first schema"}


def test_stats_count_rows_and_bytes(url: str) -> None:
    rows = json.loads(db("stats", "--format", "json", "--database", url).output)
    counts = {row["table"]: row["rows"] for row in rows}
    assert (counts["item"], counts["kind"], counts["interaction"]) == (2, 1, 0)
    assert rows[-1]["table"] == "all"
    assert rows[-1]["rows"] == 3
    assert rows[-1]["bytes"] > 10_000
    assert {row["schema"] for row in rows} == {migrate.HEAD_REVISION}


def test_the_bytes_of_an_sqlite_database_are_those_of_its_file(sqlite_database: Database) -> None:
    file = str(sqlite_database.engine.url.database)
    sqlite3.connect(file).close()
    printed = db("stats", "--format", "csv", "--database", f"sqlite:///{file}").output
    *_, total = csv.DictReader(printed.splitlines())
    assert int(total["bytes"]) == Path(file).stat().st_size


@pytest.mark.parametrize("command", ["current", "check", "stats"])
def test_a_missing_database_is_an_error_and_is_not_made(tmp_path: Path, command: str) -> None:
    done = db(command, "--database", f"sqlite:///{tmp_path}/shop.db")
    assert done.exit_code == 1
    assert "tastemaker init" in done.stderr
    assert not (tmp_path / "shop.db").exists()


def test_tables_changed_by_hand_are_an_error(url: str) -> None:
    with Database(url) as database, database.writing() as connection:
        connection.execute(text("DROP TABLE tastemaker_erasure"))
    done = db("check", "--database", url)
    assert done.exit_code == 1
    assert "missing table tastemaker_erasure" in done.stderr
    assert done.stdout == ""
