"""What asynchronous engines say of their database, and how their drivers mark parameters."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tastemaker.errors import InputError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.opening import synchronous_url
from tastemaker.store.sql.parameter_marks import marked


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ("sqlite+aiosqlite:////tmp/shop.db", "sqlite+pysqlite:////tmp/shop.db"),
        (
            "postgresql+asyncpg://me:secret@host:5433/shop?ssl=require&prepared_statement_cache_size=0",
            "postgresql+psycopg://me:secret@host:5433/shop?sslmode=require",
        ),
        ("postgresql+asyncpg://me@/shop?host=/run", "postgresql+psycopg://me@/shop?host=/run"),
        (
            "postgresql+psycopg_async://me@host/shop?sslmode=require",
            "postgresql+psycopg://me@host/shop?sslmode=require",
        ),
    ],
)
def test_the_same_database_by_a_synchronous_driver(given: str, own: str) -> None:
    assert synchronous_url(create_async_engine(given)) == make_url(own)


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(InputError, match="is a int. Give a URL or an engine"):
        synchronous_url(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("style", "statement"),
    [
        ("qmark", "SELECT ?, ? + ?"),
        ("pyformat", "SELECT %s, %s + %s"),
        ("numeric_dollar", "SELECT $1, $2 + $3"),
    ],
)
def test_the_marks_of_each_driver(style: str, statement: str, sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection:
        connection.dialect.paramstyle = style
        assert marked(connection, "SELECT ?, ? + ?") == statement
        connection.dialect.paramstyle = "qmark"
