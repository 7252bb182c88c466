"""Files by the API: what the commands can, an application can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.errors import FileRefusedError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

VIEWS = "user_id,item_id,timestamp\nalice,tea,1600000000\nbob,mug,1600086400\n"
BAD = VIEWS + "carol,,1600172800\n"


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        yield shop


def test_what_is_exported_is_what_was_imported(shop: Tastemaker, tmp_path: Path) -> None:
    file = tmp_path / "views"
    file.write_text(VIEWS)
    assert shop.import_file("interactions", file, form="csv", kind="view").new == 2
    assert shop.export_file("interactions", tmp_path / "out.csv") == 2
    header, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert header == "user_id,item_id,kind,value,timestamp"
    assert sorted(rows) == ["alice,tea,view,1,1600000000", "bob,mug,view,1,1600086400"]
    assert shop.export_file("items", tmp_path / "items.txt", form="jsonl") == 2
    assert shop.import_file("items", tmp_path / "items.txt", form="jsonl").updated == 2


def test_bad_rows_are_set_aside_on_request(shop: Tastemaker, tmp_path: Path) -> None:
    file, rejects = tmp_path / "views.csv", tmp_path / "rejects.csv"
    file.write_text(BAD)
    with pytest.raises(FileRefusedError, match=r"line 4: .* Correct the row, or set bad rows"):
        shop.import_file("interactions", file)
    result = shop.import_file("interactions", file, on_error="skip", rejects=rejects)
    assert (result.new, result.rejected, result.rejects) == (2, 1, rejects)
    assert "carol" in rejects.read_text()


def test_progress_is_told(shop: Tastemaker, tmp_path: Path) -> None:
    file = tmp_path / "views.csv"
    file.write_text(VIEWS)
    told: list[str] = []

    def progress(done: int, total: int, what: str = "") -> None:
        told.append(what)

    shop.import_file("interactions", file, progress=progress)
    shop.export_file("users", tmp_path / "users.csv", progress=progress)
    assert {"Reading interactions", "Writing interactions"} < set(told)
