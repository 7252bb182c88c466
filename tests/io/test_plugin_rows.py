"""Files in a format of a plugin's: read, refused and rejected as the engine's own are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tastemaker import FileRefusedError, InputError, Tastemaker, hookimpl
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database


def read_pairs(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Rows like `user_id=ann;item_id=tea`."""
    for line in stream:
        yield dict(field.split("=", 1) for field in line.decode().strip().split(";"))


class Pairs:
    """A plugin object that brings the format."""

    def __init__(self, read: Any = read_pairs) -> None:
        self.read = read

    @hookimpl
    def tastemaker_file_formats(self, register: Any) -> None:
        register("pairs", self.read)


@pytest.fixture
def shop(sqlite_database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(sqlite_database, key=key, plugins=[Pairs()]) as engine:
        engine.upgrade()
        yield engine


LIKES = "user_id=ann;item_id=tea\nuser_id=bob;item_id=jam;value=2\n"


@pytest.mark.parametrize("name", ["likes.pairs", "LIKES.PAIRS", "likes.pairs.gz"])
def test_its_rows_are_imported_once(shop: Tastemaker, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(LIKES.encode()) if name.endswith("gz") else LIKES.encode())
    result = shop.import_file("interactions", file)
    assert (result.read, result.new) == (2, 2)
    assert shop.import_file("interactions", file).new == 0
    assert [one.item_id for one in shop.history("bob", 5)] == ["jam"]


def test_items_may_have_several_values(sqlite_database: Database, key: Key, tmp_path: Path) -> None:
    def read(stream: BinaryIO) -> Iterator[dict[str, Any]]:
        yield {"item_id": "tea", "title": stream.read().decode(), "tags": ["green", "hot"]}

    (tmp_path / "items.pairs").write_text("Tea")
    with Tastemaker(sqlite_database, key=key, plugins=[Pairs(read)]) as engine:
        engine.upgrade()
        assert engine.import_file("items", tmp_path / "items.pairs").new == 1
        engine.export_file("items", tmp_path / "items.jsonl")
    item = json.loads((tmp_path / "items.jsonl").read_text())
    assert (item["title"], item["tags"]) == ("Tea", ["green", "hot"])


def test_a_bad_row_refuses_the_file_with_its_number(shop: Tastemaker, tmp_path: Path) -> None:
    file = tmp_path / "likes.pairs"
    file.write_text(LIKES + "user_id=cid;item_id=\n")
    with pytest.raises(FileRefusedError, match="likes.pairs, line 3: "):
        shop.import_file("interactions", file)
    assert list(shop.user_ids()) == []
    result = shop.import_file("interactions", file, on_error="skip")
    assert (result.new, result.rejected) == (2, 1)
    assert result.rejects is not None
    assert json.loads(result.rejects.read_text().splitlines()[0])["user_id"] == "cid"


def fails(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    yield {"user_id": "ann", "item_id": "tea"}
    raise SystemExit("ann lives in Oslo")


def no_json(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    yield {"user_id": "ann", "item_id": b"tea"}


@pytest.mark.parametrize(
    ("read", "line", "kind"),
    [(fails, 2, "SystemExit"), (no_json, 1, "TypeError"), (lambda stream: 3, 1, "TypeError")],
)
def test_one_that_fails_keeps_nothing_and_quotes_nothing(
    sqlite_database: Database, key: Key, tmp_path: Path, read: Any, line: int, kind: str
) -> None:
    (tmp_path / "likes.pairs").write_text(LIKES)
    with Tastemaker(sqlite_database, key=key, plugins=[Pairs(read)]) as engine:
        engine.upgrade()
        with pytest.raises(FileRefusedError) as told:
            engine.import_file("interactions", tmp_path / "likes.pairs")
        reason = f"line {line}: the format pairs of application failed ({kind})"
        assert reason in str(told.value)
        assert "Oslo" not in str(told.value)
        assert told.value.__cause__ is None
        assert list(engine.user_ids()) == []


def test_an_ending_that_nobody_reads_is_refused_as_before(shop: Tastemaker, tmp_path: Path) -> None:
    (tmp_path / "likes.other").write_text(LIKES)
    with pytest.raises(InputError, match=r"the ending \.other is not known"):
        shop.import_file("interactions", tmp_path / "likes.other")
