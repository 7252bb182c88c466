from __future__ import annotations

from sqlalchemy import Connection

from tastemaker.store import meta
from tastemaker.store.sql.database import Database


def test_a_value_is_put_replaced_and_read(connection: Connection) -> None:
    assert meta.get(connection, "configuration") is None
    meta.put(connection, "configuration", "{}")
    meta.put(connection, "configuration", '{"a": 1}')
    assert meta.get(connection, "configuration") == '{"a": 1}'


def test_many_values_are_read_in_one_query(connection: Connection) -> None:
    meta.put(connection, "one", "1")
    meta.put(connection, "two", "2")
    assert meta.get_many(connection, ["one", "two", "three"]) == {"one": "1", "two": "2"}


def test_the_catalogue_version_grows(database: Database) -> None:
    for expected in ("1", "2", "3"):
        with database.writing() as connection:
            meta.bump_catalogue(connection)
        with database.reading() as connection:
            assert meta.get(connection, meta.CATALOGUE_VERSION) == expected
