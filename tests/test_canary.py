"""What is known of people is nowhere to be found in clear."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from tastemaker.engine import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.io.writers import write_rows
from tastemaker.store import releases
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import model

PUT = "kanarienvogel.put@example.org"
IMPORTED = "kanarienvogel.import@example.org"
RECORDED = "kanarienvogel.record@example.org"
IMPORTED_AS_CSV = "kanarienvogel.csv@example.org"
VALUES = ("Wellensittichstraße 17", "Papageienhausen")
WAL_NAME_LENGTH = 24
"""Of PostgreSQL's write-ahead log."""
CANARIES = (PUT, IMPORTED, IMPORTED_AS_CSV, RECORDED, *VALUES)


def forms(canary: str) -> Iterator[bytes]:
    """A canary in every coding in which it might have slipped out."""
    raw = canary.encode()
    yield raw
    yield json.dumps(canary)[1:-1].encode()
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
        json.dumps({text: 1}).encode(),
    ):
        assert sung(place) == [PUT]


def live(engine: Tastemaker, folder: Path) -> list[str]:
    """Puts, imports, records, trains, recommends and errs; the texts of the errors."""
    engine.put_items({"item_id": f"item-{item}", "title": f"thing {item}"} for item in range(8))
    street, town = VALUES
    attributes = {"street": street, "town": town}
    engine.put_users([{"user_id": PUT, "attributes": attributes}], features=["town"])
    people = (IMPORTED, IMPORTED_AS_CSV, PUT, *(f"person-{person}" for person in range(6)))
    rows = [
        {"user_id": user_id, "item_id": f"item-{item}", "timestamp": 1_600_000_000 + 86_400 * item}
        for user_id in people
        for item in range(6)
    ]
    import_rows(engine, folder / "users.jsonl", [{"user_id": IMPORTED, **attributes}])
    import_rows(engine, folder / "users.csv", [{"user_id": IMPORTED_AS_CSV, **attributes}])
    import_rows(engine, folder / "interactions.jsonl", rows)
    import_rows(engine, folder / "interactions.csv", rows)
    engine.record(RECORDED, "item-1", "like")
    engine.train(only=["popular", "item-knn", "tfidf"])
    for user_id in (PUT, IMPORTED, IMPORTED_AS_CSV, RECORDED):
        assert engine.recommend(user_id, explain=True)
    engine.recommend_many([PUT, IMPORTED])
    return [*errors(engine)]


def import_rows(engine: Tastemaker, path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Imports rows from a file that is gone afterwards."""
    with path.open("wb") as stream:
        write_rows(stream, "csv" if path.suffix == ".csv" else "jsonl", list(rows[0]), rows)
    result = engine.import_file(path.stem, path)
    assert result.read == len(rows)
    path.unlink()


def errors(engine: Tastemaker) -> Iterator[str]:
    """The texts of errors about people."""
    wrong = (
        lambda: engine.show("nobody" + PUT),
        lambda: engine.forget("nobody" + PUT),
        lambda: engine.record(PUT, "item-1", value=float("nan")),
        lambda: engine.record(PUT + "\0", "item-1"),
        lambda: engine.put_users([{"user_id": PUT, "attributes": {VALUES[1]: float("nan")}}]),
        lambda: engine.put_users([{"user_id": PUT, "title": VALUES[0]}]),
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


def stored(database: Database) -> dict[str, bytes]:
    """Every file that the database has of its own, by name, after a checkpoint."""
    if database.dialect.system == "sqlite":
        file = Path(str(database.engine.url.database))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return contents(file.parent.iterdir())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
        number = "SELECT oid FROM pg_database WHERE datname = current_database()"
        own = folder / "base" / str(connection.exec_driver_sql(number).scalar_one())
    # Of the log of writes only the newest: the tests before this one wrote the rest.
    newest = sorted((folder / "pg_wal").glob("0*"), key=lambda file: file.stat().st_mtime)[-4:]
    return contents([*own.iterdir(), *(folder / "global").iterdir(), *newest, folder / "log"])


def contents(files: Iterable[Path]) -> dict[str, bytes]:
    """What is in each file."""
    return {file.name: file.read_bytes() for file in files if file.is_file()}


def test_nobody_is_in_clear(
    database_url: str, key: Key, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    # SQLAlchemy asks for the level when an engine is made
    database = Database(database_url)
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        texts = live(engine, tmp_path)
        files = stored(database)
        opened = models_in_clear(database, key)
        shown = engine.show(PUT)
    assert shown["attributes"] == {"street": VALUES[0], "town": VALUES[1]}
    journals = [name for name in files if name.endswith("-wal") or len(name) == WAL_NAME_LENGTH]
    assert any(b"item-1" in files[name] for name in journals)
    assert any(b"item-1" in files[name] for name in files if name not in journals)
    for name, content in files.items():
        assert sung(content) == [], name
    assert b"popular" in opened
    assert sung(opened) == []
    assert "INSERT INTO tastemaker_interaction" in caplog.text
    assert sung(caplog.text.encode()) == []
    assert sung("\n".join(texts).encode()) == []
