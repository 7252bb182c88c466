from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tastemaker.errors import InputError
from tastemaker.io.exporting import as_timestamp, export_file
from tastemaker.io.importing import REQUIRED, import_file
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.interactions.write import record
from tastemaker.store.items import put_items
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.users.rows import put_users
from tastemaker.validation import (
    EPOCH,
    MICROSECOND,
    UNTIMED,
    InteractionRow,
    ItemRow,
    Json,
    UserRow,
    check_time,
)

State = Callable[[], object]

ODD = [
    "tea",
    " tea ",
    '"',
    "a,b",
    "line\nline\r\nline\rline",
    "=1+1",
    "é",
    "a\u2028b",
    "\ufeff",
    "'",
]


@pytest.fixture
def filled(database: Database, keyring: Keyring) -> Database:
    with database.writing() as connection:
        put_items(
            connection,
            [ItemRow(odd, odd, odd, {odd.strip(): odd, "tags": ["x", odd]}, False) for odd in ODD],
        )
        put_users(connection, keyring, [UserRow(odd, {odd.strip(): odd}) for odd in ODD])
        rows = [
            InteractionRow(odd, odd, odd[:9] + ".", 1 / 3, n * 10**12 + n)
            for n, odd in enumerate(ODD)
        ]
        record(connection, keyring, [*rows, InteractionRow("x", "y", "z", -0.5)])
    return database


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"])
def test_an_import_of_an_export_gives_the_same_again(
    filled: Database, keyring: Keyring, key: Key, state: State, tmp_path: Path, ending: str
) -> None:
    before = state()
    for what in REQUIRED:
        export_file(filled, keyring, what, tmp_path / f"{what}.{ending}")
    with filled.writing() as connection:
        for table in ("interaction", "item", "user"):
            connection.exec_driver_sql(f"DELETE FROM tastemaker_{table}")
    assert state() == []
    for what in REQUIRED:
        import_file(filled, keyring, what, tmp_path / f"{what}.{ending}")
    assert state() == before


def test_json_lines_keep_attributes_as_they_are(
    database: Database, keyring: Keyring, state: State, tmp_path: Path
) -> None:
    attributes: dict[str, Json] = {
        "n": 1,
        "f": 2.0,
        "b": False,
        "l": ["a|b", [1]],
        "m": {"x": None},
        "t": "a|b",
    }
    with database.writing() as connection:
        put_items(connection, [ItemRow("tea", attributes=attributes)])
        put_users(connection, keyring, [UserRow("alice", attributes)])
    before = state()
    for what in ("items", "users"):
        export_file(database, keyring, what, tmp_path / f"{what}.jsonl")
        import_file(database, keyring, what, tmp_path / f"{what}.jsonl")
    assert state() == before


@pytest.mark.parametrize("value", [["a|b"], "a|b", {"x": 1}, [[1]], [""]])
def test_csv_refuses_what_it_could_not_give_back(
    database: Database, keyring: Keyring, tmp_path: Path, value: object
) -> None:
    path = tmp_path / "items.csv"
    with database.writing() as connection:
        put_items(connection, [ItemRow("tea", attributes={"tags": value})])  # type: ignore[dict-item]
    with pytest.raises(InputError, match=r"tags.*jsonl"):
        export_file(database, keyring, "items", path)
    assert list(tmp_path.glob("*items*")) == []


def test_numbers_become_text_in_csv(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    with database.writing() as connection:
        put_users(connection, keyring, [UserRow("alice", {"age": 41, "fair": True, "x": 2.0})])
    export_file(database, keyring, "users", tmp_path / "users.csv")
    assert (tmp_path / "users.csv").read_text() == "user_id,age,fair,x\nalice,41,true,2\n"


def test_only_the_owner_may_read_an_export(
    filled: Database, keyring: Keyring, tmp_path: Path
) -> None:
    path = tmp_path / "users.csv"
    export_file(filled, keyring, "users", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_standard_output(
    filled: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert export_file(filled, keyring, "interactions", "-", form="jsonl") == len(ODD) + 1
    lines = out.buffer.getvalue().decode().split("\n")
    assert len([json.loads(line) for line in lines if line]) == len(ODD) + 1


def test_an_export_that_cannot_be_written_says_so(
    database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        export_file(database, keyring, "items", tmp_path / "no folder" / "a.csv")
    with pytest.raises(InputError, match="--format"):
        export_file(database, keyring, "items", tmp_path / "a.xls")
    with pytest.raises(InputError, match="no export of 'orders'"):
        export_file(database, keyring, "orders", tmp_path / "a.csv")


def test_an_empty_database_gives_a_header(
    database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    for form in ("csv", "jsonl", "parquet"):
        path = tmp_path / f"a.{form}"
        assert export_file(database, keyring, "interactions", path) == 0
        if form != "jsonl":
            assert import_file(database, keyring, "interactions", path).read == 0


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_a_time_as_text_is_read_back_to_the_microsecond(time: int) -> None:
    text = as_timestamp(time)
    assert text is not None
    assert check_time(text) == time


def test_a_time_that_reads_like_a_date_is_written_as_one() -> None:
    assert (
        as_timestamp(20101201 * 1_000_000) == (EPOCH + 20101201_000_000 * MICROSECOND).isoformat()
    )
    assert as_timestamp(UNTIMED) is None


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0|"), min_size=1
).filter(lambda text: not text.isspace() and len(text.encode()) <= 64)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(texts, texts, texts, st.floats(-1e15, 1e15))))
def test_whatever_is_allowed_survives_the_way_out_and_in(
    sqlite_database: Database,
    key: Key,
    tmp_path: Path,
    ending: str,
    rows: list[tuple[str, str, str, float]],
) -> None:
    with sqlite_database.writing() as connection:
        keyring = create_keyring(connection, key)
        connection.exec_driver_sql("DELETE FROM tastemaker_interaction")
        record(connection, keyring, [InteractionRow(*row) for row in rows])
    first, second = tmp_path / f"1.{ending}", tmp_path / f"2.{ending}"
    count = export_file(sqlite_database, keyring, "interactions", first)
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tastemaker_interaction")
    result = import_file(sqlite_database, keyring, "interactions", first)
    assert (result.new, result.rejected) == (count, 0)
    export_file(sqlite_database, keyring, "interactions", second)
    assert sorted(first.read_bytes()) == sorted(second.read_bytes())
