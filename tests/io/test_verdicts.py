"""One verdict: on both databases, on the fast and the slow way, in every form of file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.block import ColumnBlock
from tastemaker.io.importing import import_file
from tastemaker.io.rows import interaction_row
from tastemaker.io.staging import Stager
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.store.interactions.read import snapshot
from tastemaker.store.items import iterate_items
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import interaction, item, user

Write = Callable[[str, str | bytes], Path]

ODD = [
    "1", "1.0", "01", " 1", "nan", "inf", "-0", "1e309", "1_0", "٣", "", " ", "a", "é", "e\u0301",
    "a\0", "\ud800", "x" * 512, "x" * 513, "20101201", "1291191960", "1291191960.25", "99999999999",
    "100000000000", "2010-12-01", "2010-12-01T00:00:00+14:00", "0001-01-01T00:00:00+01:00",
    "-62135596800", "1" * 25, "'; DROP TABLE tastemaker_user; --", "\\", "%",
]  # fmt: skip
values = st.one_of(
    st.sampled_from(ODD), st.none(), st.text(max_size=4), st.integers(), st.floats(), st.booleans()
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(values, values, values, values, values), min_size=1, max_size=5))
@example(rows=[("a", "b", "k", 1, 5), ("a", "b", "k", True, 5)])
@example(rows=[(1, 2, 0, 1, None)])
@example(rows=[(1, "b", "k", 1, 5), (True, "b", "k", 1.0, 5), (1.0, "b", "k", 1.0, 5)])
def test_the_fast_way_and_the_slow_way_agree(
    sqlite_database: Database, key: Key, rows: list[tuple[object, ...]]
) -> None:
    with sqlite_database.writing() as connection:
        keyring = create_keyring(connection, key)
    columns = dict(zip(FILE_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    block = ColumnBlock(range(len(rows)), columns)
    stager = Stager(keyring, "interaction")
    refused, _ = stager.add(block)
    segment = stager.finish()
    expected, bad = [], []
    for line in range(len(rows)):
        try:
            expected.append(interaction_row(block.row(line)))
        except InputError as error:
            bad.append((line, str(error)))
    assert [(refusal.line, refusal.reason) for refusal in refused] == bad
    assert (0 if segment is None else len(segment)) == len(expected)
    if segment is not None:
        assert segment.columns["value"].tolist() == [row.value for row in expected]
        assert segment.columns["time"].tolist() == [row.time for row in expected]
        assert [segment.item_ids[code] for code in segment.columns["item_id"]] == [
            row.item_id for row in expected
        ]
        assert [segment.kinds[code] for code in segment.columns["kind_id"]] == [
            row.kind for row in expected
        ]
        refs = [segment.refs[code] for code in segment.columns["user_id"]]
        assert refs == [keyring.ref(row.user_id) for row in expected]


def written(rows: list[tuple[object, ...]], form: str) -> bytes:
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([FILE_COLUMNS, *rows])
        return text.getvalue().encode("utf-8", "surrogatepass")
    lines = (json.dumps(dict(zip(FILE_COLUMNS, row, strict=True))) for row in rows)
    return "\n".join(lines).encode()


def verdict(database: Database, keyring: Keyring, path: Path) -> object:
    """What an import says and leaves behind."""
    try:
        result: object = import_file(database, keyring, "interactions", path)
    except FileRefusedError as error:
        result = (error.line, error.reason)
    with database.writing() as connection:
        everything = snapshot(connection)
        kept = sorted(zip(everything.values.tolist(), everything.times.tolist(), strict=True))
        names = sorted(row.item_id for row in iterate_items(connection))
        for table in (interaction, item, user):
            connection.execute(table.delete())
    return result, kept, names


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(*(st.sampled_from(ODD),) * 5), min_size=1, max_size=3))
@example(rows=[("1", "1", "1", "1", "1"), ("1", "1", "1", "1", "")])
def test_both_databases_give_one_verdict(
    sqlite_database: Database,
    postgresql_database: Database,
    key: Key,
    tmp_path: Path,
    form: str,
    rows: list[tuple[object, ...]],
) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(written(rows, form))
    said = []
    for database in (sqlite_database, postgresql_database):
        with database.writing() as connection:
            keyring = create_keyring(connection, key)
        said.append(verdict(database, keyring, path))
    assert said[0] == said[1]


def test_each_odd_value_in_each_place(
    sqlite_database: Database, postgresql_database: Database, key: Key, write: Write
) -> None:
    rings = []
    for database in (sqlite_database, postgresql_database):
        with database.writing() as connection:
            rings.append((database, create_keyring(connection, key)))
    for place in range(5):
        for odd in ODD:
            row: list[object] = ["alice", "tea", "view", "2", "5"]
            row[place] = odd
            path = write("a.csv", written([tuple(row)], "csv"))
            first, second = (verdict(database, keyring, path) for database, keyring in rings)
            assert first == second, (place, odd)
