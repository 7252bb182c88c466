"""No error about rows or files shows a value: a file without a header puts a person anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

PERSON = "ada@example.org"
PHONE = "4917612345678"

FILES = [
    ("users", "csv", f"{PERSON},1815\nbob@example.org,1820\n", "column user_id among the 2"),
    ("users", "csv", f"user_id,{PERSON},{PERSON}\na,b,c\n", "columns 2 and 3"),
    ("items", "csv", f"item_id;{PERSON}\n", "separated by commas"),
    ("items", "csv", f"item_id,available\na,{PERSON}\n", "available is a text of 15"),
    ("items", "jsonl", f'{{"item_id": ["{PERSON}"]}}\n', "item_id is a list"),
    ("items", "jsonl", f'{{"item_id": "{PERSON}\\u0000"}}\n', "item_id holds a NUL"),
    *(
        ("interactions", "csv", f"user_id,item_id,{column}\na,b,{value}\n", reason)
        for column, value, reason in (
            ("value", PERSON, "value is a text of 15 characters"),
            ("value", PHONE * 2, "value is too large"),
            ("timestamp", PERSON, "time is a text of 15 characters"),
            ("timestamp", PHONE, "looks like milliseconds"),
            ("timestamp", f"-{PHONE}", "before the year 1"),
            ("timestamp", "20111209", "looks like a date"),
            ("timestamp", "0001-01-01T00:00:00+23:00", "within the years"),
            ("kind", PERSON * 9, "kind is 135 bytes long"),
        )
    ),
]


@pytest.fixture
def engine(sqlite_database: Database, key: Key) -> Tastemaker:
    engine = Tastemaker(sqlite_database, key=key)
    engine.upgrade()
    return engine


@pytest.mark.parametrize(("what", "form", "content", "reason"), FILES)
def test_of_a_refused_file_nothing_is_shown(
    engine: Tastemaker, tmp_path: Path, what: str, form: str, content: str, reason: str
) -> None:
    path = tmp_path / f"file.{form}"
    path.write_text(content)
    with pytest.raises(TastemakerError, match=reason) as caught:
        engine.import_file(what, path)
    assert_bare(str(caught.value))


def test_of_a_refused_row_nothing_is_shown(engine: Tastemaker, tmp_path: Path) -> None:
    rows: list[tuple[Callable[..., object], dict[str, object], str]] = [
        (engine.put_items, {"item_id": [PERSON]}, "column item_id: item_id is a list"),
        (engine.put_items, {"item_id": "a", "available": PERSON}, "column available"),
        (
            engine.put_users,
            {"user_id": "a", PERSON: 1, "attributes": {PERSON: 2}},
            "A name stands in attributes",
        ),
        (engine.record_many, {"user_id": "a", "item_id": "b", "value": PERSON}, "column value"),
        (engine.record_many, {"user_id": "a", "item_id": "b", "timestamp": PERSON}, "timestamp"),
    ]
    for take, row, reason in rows:
        with pytest.raises(TastemakerError, match=reason) as caught:
            take([row])
        assert_bare(str(caught.value))
    engine.put_users([{"user_id": "a", PERSON: ["x"]}])
    with pytest.raises(TastemakerError, match="an attribute so") as caught:
        engine.export_file("users", tmp_path / "users.csv")
    assert_bare(str(caught.value))


def test_of_a_refused_row_of_a_sync_nothing_is_shown(engine: Tastemaker) -> None:
    query = f"SELECT 'a' AS user_id, 'b' AS item_id, '{PERSON}' AS value, 1 AS updated_at"
    with pytest.raises(TastemakerError, match="column value: value is a text of 15") as caught:
        engine.sync(query, "interactions", name="orders")
    assert_bare(str(caught.value))


def assert_bare(text: str) -> None:
    for part in (PERSON, "ada", "1815", PHONE, "20111209", "0001"):
        assert part not in text
