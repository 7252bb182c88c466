"""A large import is brought into the order of people, and loses nothing on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tastemaker.io import staging
from tastemaker.io.importing import import_file
from tastemaker.io.partition import by_people, split
from tastemaker.io.spool import Spool
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.interactions.bulk import Segment
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS
from tastemaker.store.interactions.read import snapshot
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database

ANNA, BERT = b"\x00" * 16, b"\xff" * 16
"""As refs: the first of all, and the last."""


def segment(rows: list[tuple[bytes, str, int]], sealed: dict[bytes, bytes]) -> Segment:
    """Who chose what at which time; the first segment that names somebody has the sealed id."""
    refs, items = sorted({who for who, _, _ in rows}), sorted({what for _, what, _ in rows})
    columns = {
        "user_id": [refs.index(who) for who, _, _ in rows],
        "item_id": [items.index(what) for _, what, _ in rows],
        "kind_id": [0] * len(rows),
        "value": [1.0] * len(rows),
        "time": [when for _, _, when in rows],
    }
    arrays = {
        column.name: np.array(
            columns[column.name],
            dtype=np.int32 if column.name in ("user_id", "item_id", "kind_id") else column.dtype,
        )
        for column in INTERACTION_COLUMNS
    }
    cells = [SealedBytes(sealed[ref]) if ref in sealed else None for ref in refs]
    return Segment(refs, cells, items, ["view"], arrays, 7)


def rows_of(segment: Segment) -> list[tuple[bytes, str, int]]:
    """Who chose what, and when."""
    columns = segment.columns
    return [
        (segment.refs[who], segment.item_ids[what], int(when))
        for who, what, when in zip(
            columns["user_id"], columns["item_id"], columns["time"], strict=True
        )
    ]


FIRST = [(BERT, "b", 1), (ANNA, "a", 2), (BERT, "a", 3)]
SECOND = [(ANNA, "c", 4), (ANNA, "b", 5), (BERT, "c", 6)]


def test_everything_of_a_person_comes_together() -> None:
    with Spool() as spool:
        spool.append(segment(FIRST, {ANNA: b"sealed anna", BERT: b"sealed bert"}))
        spool.append(segment(SECOND, {}))
        anna, bert = by_people(spool)
    assert rows_of(anna) == [(ANNA, "a", 2), (ANNA, "c", 4), (ANNA, "b", 5)]
    assert rows_of(bert) == [(BERT, "b", 1), (BERT, "a", 3), (BERT, "c", 6)]
    assert (anna.refs, anna.sealed) == ([ANNA], [SealedBytes(b"sealed anna")])
    assert (bert.refs, bert.sealed) == ([BERT], [SealedBytes(b"sealed bert")])


def test_a_single_segment_stays_as_it_is() -> None:
    with Spool() as spool:
        spool.append(segment(FIRST, {}))
        (only,) = by_people(spool)
    assert rows_of(only) == FIRST


def test_a_part_that_nobody_belongs_to_is_left_out() -> None:
    parts = split(segment([(BERT, "b", 1)], {}), 3)
    assert parts[:2] == [None, None]
    assert parts[2] is not None and rows_of(parts[2]) == [(BERT, "b", 1)]


@pytest.fixture
def keyring_of_sqlite(sqlite_database: Database, key: Key) -> Keyring:
    """The keys of the SQLite database."""
    with sqlite_database.writing() as connection:
        return create_keyring(connection, key)


def test_the_last_value_of_a_file_wins(
    sqlite_database: Database,
    keyring_of_sqlite: Keyring,
    write: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 1_000)
    rows = [f"u{n % 7},i{n % 5},{value},1{n:09d}\n" for value in (1, 2, 3) for n in range(2_000)]
    path = write("a.csv", "user_id,item_id,value,timestamp\n" + "".join(rows))
    done = import_file(sqlite_database, keyring_of_sqlite, "interactions", path)
    assert (done.read, done.new, done.updated) == (6_000, 2_000, 4_000)
    with sqlite_database.reading() as connection:
        assert set(snapshot(connection).values.tolist()) == {3.0}
