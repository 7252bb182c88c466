"""The database and its key ring, for commands that move rows and need no recommender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tastemaker.cli.options import open_database
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import key_from_environment
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database


@contextmanager
def open_store(url: str) -> Iterator[tuple[Database, Keyring]]:
    """The database of a URL, and the key ring that seals and opens what belongs to users.

    Raises:
        SchemaError: the schema is missing, older or newer than it must be.
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
    """
    key = key_from_environment()
    with open_database(url) as database:
        with database.reading("opening the database") as connection:
            migrate.require_schema(connection)
            keyring = open_keyring(connection, key)
        yield database, keyring
