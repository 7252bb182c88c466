"""What is known of people is nowhere to be found in clear."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tastemaker.engine import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.store import releases
from tastemaker.store.database import Database
from tastemaker.store.keyring import open_keyring
from tastemaker.store.keys import Key
from tastemaker.store.tables import model

PUT = "kanarienvogel.put@example.org"
IMPORTED = "kanarienvogel.import@example.org"
RECORDED = "kanarienvogel.record@example.org"
VALUES = ("Wellensittichweg 17", "Papageienhausen")
CANARIES = (PUT, IMPORTED, RECORDED, *VALUES)


def forms(canary: str) -> Iterator[bytes]:
    """A canary in every coding in which it might have slipped out."""
    raw = canary.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield canary.encode("utf-16-le")
    yield canary.encode("utf-16-be")
    for shift in range(3):
        # What stands before it shifts the groups of base64; only whole groups are the same.
        coded = base64.b64encode(bytes(shift) + raw)
        whole = coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def sung(place: bytes) -> list[str]:
    """The canaries found in a place."""
    return [canary for canary in CANARIES if any(form in place for form in forms(canary))]


def test_canaries_are_found_in_every_coding() -> None:
    text = f"a{PUT}bc"
    for place in (
        text.encode(),
        text.encode().hex().encode(),
        base64.b64encode(text.encode()),
        base64.urlsafe_b64encode(text[1:].encode()),
        text.encode("utf-16"),
    ):
        assert sung(place) == [PUT]


def live(engine: Tastemaker, folder: Path) -> list[str]:
    """Puts, imports, records, trains, recommends and errs; the texts of the errors."""
    engine.put_items({"item_id": f"item-{item}", "title": f"thing {item}"} for item in range(8))
    street, town = VALUES
    attributes = {"street": street, "town": town}
    engine.put_users([{"user_id": PUT, "attributes": attributes}], features=["town"])
    users = folder / "users.jsonl"
    users.write_text(json.dumps({"user_id": IMPORTED, "attributes": attributes}) + "\n")
    engine.import_file("users", users)
    rows = [
        {"user_id": user_id, "item_id": f"item-{item}", "time": 1_600_000_000 + 86_400 * item}
        for user_id in (IMPORTED, PUT, *(f"person-{person}" for person in range(6)))
        for item in range(6)
    ]
    interactions = folder / "interactions.jsonl"
    interactions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    engine.import_file("interactions", interactions)
    for path in (users, interactions):
        path.unlink()
    engine.record(RECORDED, "item-1", "like")
    engine.train(only=["popular", "tfidf"])
    for user_id in (PUT, IMPORTED, RECORDED):
        assert engine.recommend(user_id, explain=True)
    engine.recommend_many([PUT, IMPORTED])
    return [*errors(engine)]


def errors(engine: Tastemaker) -> Iterator[str]:
    """The texts of errors about people."""
    wrong = (
        lambda: engine.show("nobody" + PUT),
        lambda: engine.forget("nobody" + PUT),
        lambda: engine.record(PUT, "item-1", value=float("nan")),
        lambda: engine.record(PUT + "\0", "item-1"),
        lambda: engine.put_users([{"user_id": PUT, "attributes": {VALUES[1]: float("nan")}}]),
        lambda: engine.put_users([{"user_id": PUT, "attribute": VALUES[0]}]),
        lambda: engine.recommend(PUT * 100),
    )
    for act in wrong:
        with pytest.raises(TastemakerError) as caught:
            act()
        yield f"{caught.value!s} {caught.value!r}"


def models_in_clear(database: Database, key: Key) -> bytes:
    """All models and the manifests, opened."""
    parts: list[bytes] = []
    with database.reading() as connection:
        keyring = open_keyring(connection, key)
        for row in releases.list_releases(connection):
            manifest = releases.read_manifest(connection, keyring, row.number)
            parts.append(json.dumps(manifest).encode())
            named = select(model.c.name).where(model.c.release_id == row.number)
            for name in connection.scalars(named).all():
                opened = releases.read_model(connection, keyring, row.number, name)
                parts.append(json.dumps(opened.values).encode())
                parts.extend(array.tobytes() for array in opened.arrays.values())
    return b"\n".join(parts)


def test_nobody_is_in_clear(key: Key, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    # SQLAlchemy asks for the level when an engine is made
    database = Database(f"sqlite:///{tmp_path}/test.db")
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        texts = live(engine, tmp_path)
        files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
        assert {"test.db", "test.db-wal"} <= set(files)
        assert b"item-1" in files["test.db"] + files["test.db-wal"]
        opened = models_in_clear(database, key)
        shown = engine.show(PUT)
    assert shown["attributes"] == {"street": VALUES[0], "town": VALUES[1]}
    for name, content in files.items():
        assert sung(content) == [], name
    assert b"popular" in opened
    assert sung(opened) == []
    assert "INSERT INTO tastemaker_interaction" in caplog.text
    assert sung(caplog.text.encode()) == []
    assert sung("\n".join(texts).encode()) == []
