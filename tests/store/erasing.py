"""Where a person's sealed bytes are in the files of a database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import user

NONCE = slice(8, 20)
"""Of a sealed value: random, so that it stands for this value alone."""


def sealed_cells(database: Database, keyring: Keyring, user_ids: Iterable[str]) -> list[bytes]:
    """The nonces of all that is sealed of some people."""
    refs = [keyring.ref(user_id) for user_id in user_ids]
    chosen = select(user.c.external_id, user.c.attributes).where(user.c.ref.in_(refs))
    with database.reading() as connection:
        rows = connection.execute(chosen).all()
    return [bytes(cell)[NONCE] for row in rows for cell in row if cell is not None]


def files_of(database: Database) -> bytes:
    """The bytes of all files that hold tables; on SQLite with those of its log."""
    if database.dialect.system == "sqlite":
        file = Path(str(database.engine.url.database))
        return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
        number = "SELECT oid FROM pg_database WHERE datname = current_database()"
        own = folder / "base" / str(connection.exec_driver_sql(number).scalar_one())
    return b"".join(path.read_bytes() for path in own.iterdir())


def left(database: Database, cells: Iterable[bytes]) -> int:
    """How many of the sealed values are found in the files."""
    found = files_of(database)
    return sum(cell in found for cell in cells)
