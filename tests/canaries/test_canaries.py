"""Six canaries of each person, in ten encodings, in nothing that is written without the key."""

from __future__ import annotations

import logging
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest
from tests.canaries.search import FIELDS, MARK, Search, canary, marks, person
from tests.canaries.spill import SpillWatch
from tests.test_canary import contents, models_in_clear, stored

from tastemaker import Database, Key, Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.io import spool
from tastemaker.io.cell_spool import CellSpool
from tastemaker.io.source import FileFormat
from tastemaker.io.writers import write_rows

PEOPLE = int(os.environ.get("CANARY_PEOPLE", "100000"))
"""How many people the long form has; `make canaries CANARY_PEOPLE=…`."""

ITEMS = 50


def test_a_canary_is_found_in_every_encoding() -> None:
    search, one = Search(3), canary(2, "town")
    assert len(search.encodings) == 10
    for name, forms in marks().items():
        for form in forms:
            assert search.found_in(b"\x01" * 5 + form + b"\xff" * 9)[name] == 1
    for name, kind in (("SHA-256", sha256), ("MD5", md5)):
        digest = kind(one.encode()).digest()
        for shift in range(9):
            assert search.found_in(bytes(shift) + digest + b"rest of it") == Counter({name: 1})
    assert search.found_in(os.urandom(100_000)) == Counter()


def files_of_people(folder: Path, people: int) -> dict[str, Path]:
    """A third of the people in each form of file, and what everybody chose."""
    rows: list[dict[str, Any]] = [person(number) for number in range(people)]
    chosen: list[dict[str, Any]] = [
        {
            "user_id": row["user_id"],
            "item_id": f"item-{(7 * number + step) % ITEMS}",
            "timestamp": 1_600_000_000 + 86_400 * step + number,
        }
        for number, row in enumerate(rows)
        for step in range(2)
    ]
    files = {}
    parts: list[tuple[str, FileFormat, list[dict[str, Any]]]] = [
        ("users", "csv", rows[::2]),
        ("users", "jsonl", rows[1::2]),
        ("interactions", "csv", chosen),
    ]
    for what, form, given in parts:
        path = files[f"{what}.{form}"] = folder / f"{what}.{form}"
        with path.open("wb") as stream:
            write_rows(stream, form, list(given[0]), given)
    return files


def use_everything(shop: Tastemaker, files: Mapping[str, Path], folder: Path, people: int) -> str:
    """Imports, changes, records, errs, trains, serves, rotates, forgets, backs up; the errors."""
    shop.put_items({"item_id": f"item-{item}", "price": item} for item in range(ITEMS))
    for name, path in files.items():
        shop.import_file(name.partition(".")[0], path, features=["town"][: name[0] == "u"])
        path.unlink()
    one, other, third = (person(number) for number in range(3))
    shop.put_users([one])
    shop.update_users([{"user_id": other["user_id"], "note": canary(1, "note")}])
    shop.record(one["user_id"], "item-1", "like")
    shop.merge_users(other["user_id"], one["user_id"])
    shop.train(only=["popular", "item-knn", "demographic-popularity"], quick=True)
    shop.recommend(one["user_id"], explain=True)
    shop.recommend_many([canary(number, "user_id") for number in range(people)[:100]])
    texts = [text_of(shop, row) for row in (one, third)]
    shop.keys.rotate(destroy=True)
    shop.forget(third["user_id"])
    shop.backup(folder / "written" / "backup")
    return "\n".join(texts)


def text_of(shop: Tastemaker, row: Mapping[str, str]) -> str:
    """The error about a row that cannot be taken."""
    with pytest.raises(TastemakerError) as caught:
        shop.put_users([{**row, "attributes": {row["town"]: float("nan")}}])
    return f"{caught.value!s} {caught.value!r}"


def assert_nothing_is_found(
    database_url: str,
    key: Key,
    folder: Path,
    people: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("written", "cache", "spilt"):
        (folder / name).mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "spilt"))
    # So that the disk is used from the first rows on.
    monkeypatch.setattr(spool, "MEMORY_BYTES", 1)
    monkeypatch.setattr(CellSpool.__init__, "__defaults__", (1,))
    search, files = Search(people), files_of_people(folder, people)
    database = Database(database_url)
    ledger = folder / "written" / "erasures"
    with (
        SpillWatch(folder / "spilt", search) as spill,
        Tastemaker(database, key=key, cache=folder / "cache", ledger=ledger) as shop,
    ):
        shop.upgrade()
        texts = use_everything(shop, files, folder, people)
        places = stored(database)
        opened = models_in_clear(database, key)
        assert MARK in str(shop.show(canary(0, "user_id"))["attributes"])
    for one in (folder / "written", folder / "cache"):
        places |= contents(one.rglob("*"))
    places |= {"log": caplog.text.encode(), "errors": texts.encode()}
    found = {name: count for name, place in places.items() if (count := search.found_in(place))}
    total = sum(map(len, places.values()))
    print(
        f"\n{people * len(FIELDS):,} canaries in {len(search.encodings)} encodings, {len(places)}"
        f" places: {total:,} bytes and {spill.bytes:,} spilt; found {found}, {spill.found}"
    )
    assert found == {}
    assert spill.found == 0
    assert spill.bytes > 0
    assert {"backup", "erasures", "log"} <= places.keys()
    assert b"popular" in opened
    # Every person has a town of their own: none of them is learnt.
    assert search.found_in(opened) == Counter()


def test_few_canaries_are_not_found(
    key: Key,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert_nothing_is_found(
        f"sqlite:///{tmp_path}/shop.db", key, tmp_path, 100, caplog, monkeypatch
    )


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_no_canary_is_found(
    database_url: str,
    key: Key,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert_nothing_is_found(database_url, key, tmp_path, PEOPLE, caplog, monkeypatch)
