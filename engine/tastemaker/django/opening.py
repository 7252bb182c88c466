"""Django's database, opened with connections of the engine's own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, event

from tastemaker.django.wrapper import Wrapper, django_wrapper
from tastemaker.errors import InputError
from tastemaker.store.sql.database import Database

NOT_LIBPQ = ("assume_role", "isolation_level", "pool", "server_side_binding")
"""Options of Django's PostgreSQL that are not the server's driver's."""


def django_database(using: str = "default") -> Database:
    """Django's database with connections of the engine's own, to open a `Tastemaker` on.

    On SQLite, a write without `connection=` inside `atomic()` raises InputError: it would wait for
    the very transaction that it is called in.

    Args:
        using: which of Django's databases.

    Raises:
        InputError: Django is not installed, or the database is neither a file of SQLite nor
            PostgreSQL with psycopg 3.
    """
    wrapper = django_wrapper(using)
    database = Database(_url_of(wrapper))
    if wrapper.vendor == "sqlite":
        event.listen(database.engine, "before_cursor_execute", _refusing_inside_atomic(using))
    return database


def _url_of(wrapper: Wrapper) -> URL:
    """The URL of the database that Django's settings name, as they are at this moment.

    Raises:
        InputError: it is in memory.
    """
    settings = wrapper.settings_dict
    if wrapper.vendor == "sqlite":
        if wrapper.is_in_memory_db():
            raise InputError(
                "Django's database is in memory, where only its own connection finds it. Give a "
                'file, in tests DATABASES[…]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}.'
            )
        return URL.create("sqlite", database=str(settings["NAME"]))
    options = {
        name: str(value)
        for name, value in settings["OPTIONS"].items()
        if isinstance(value, str | int) and name not in NOT_LIBPQ
    }
    return URL.create(
        "postgresql+psycopg",
        settings["USER"] or None,
        settings["PASSWORD"] or None,
        settings["HOST"] or None,
        int(settings["PORT"]) if settings["PORT"] else None,
        settings["NAME"] or None,
        options,
    )


def _refusing_inside_atomic(using: str) -> Any:
    """A listener that refuses to wait for a lock that this very thread holds."""

    def refuse(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == "BEGIN IMMEDIATE" and django_wrapper(using).in_atomic_block:
            raise InputError(
                "This is inside Django's atomic(), and SQLite has one writer at a time: the write "
                "would wait for its own transaction. Give it connection=django_connection(), or "
                "leave it to transaction.on_commit()."
            )

    return refuse
