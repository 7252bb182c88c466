"""Django's raw connection as an SQLAlchemy connection that leaves the transaction to Django.

Committing, rolling back and closing do nothing; only savepoints are real.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool

from tastemaker.django.wrapper import django_wrapper
from tastemaker.errors import InputError


def django_connection(using: str = "default") -> Connection:
    """Django's own connection of this thread, for `connection=` of a write inside `atomic()`.

    Take a new one for each block; there is nothing to close.

    Args:
        using: which of Django's databases.

    Raises:
        InputError: there is no transaction to join, Django is not installed, or the database is
            neither SQLite nor PostgreSQL with psycopg 3.
    """
    wrapper = django_wrapper(using)
    if not wrapper.in_atomic_block and wrapper.get_autocommit():
        raise InputError(
            "Django is not in a transaction, so there is none to join. Call it inside "
            "transaction.atomic(), or leave out connection=."
        )
    return _lending_engine(using, wrapper.vendor).connect()


class Lending:
    """What makes a dialect of SQLAlchemy leave transactions and connections to their owner."""

    def on_connect(self) -> Any:
        """None: nothing is set up on a connection of somebody else's."""
        return None

    def do_commit(self, dbapi_connection: object) -> None:
        """Nothing: Django commits."""

    def do_rollback(self, dbapi_connection: object) -> None:
        """Nothing: Django rolls back."""

    def do_close(self, dbapi_connection: object) -> None:
        """Nothing: Django closes."""

    def do_terminate(self, dbapi_connection: object) -> None:
        """Nothing: Django closes."""


class LendingSQLite(Lending, SQLiteDialect_pysqlite):
    """SQLite on Django's connection."""

    supports_statement_cache = True


class LendingPostgreSQL(Lending, PGDialect_psycopg):
    """PostgreSQL on Django's connection."""

    supports_statement_cache = True


LENDING: dict[str, type[Dialect]] = {"sqlite": LendingSQLite, "postgresql": LendingPostgreSQL}


@cache
def _lending_engine(using: str, vendor: str) -> Engine:
    """An engine whose every connection is Django's own of the thread that asks; it keeps none."""
    dialect = LENDING[vendor]
    registry.register(f"{vendor}.django", __name__, dialect.__name__)
    # Loading hstore would ask the server, and change how Django's connection reads it.
    options: dict[str, Any] = {} if vendor == "sqlite" else {"use_native_hstore": False}
    return create_engine(
        f"{vendor}+django://",
        creator=lambda: django_wrapper(using).connection,
        poolclass=NullPool,
        hide_parameters=True,
        **options,
    )
