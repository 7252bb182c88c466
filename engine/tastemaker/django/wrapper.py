"""What Django knows of a database: its settings, its system, and this thread's connection."""

from __future__ import annotations

from typing import Any, TypeAlias

from tastemaker.errors import InputError

Wrapper: TypeAlias = Any
"""Django's wrapper of a connection; Django brings no types."""


def django_wrapper(using: str) -> Wrapper:
    """Django's wrapper of this thread's connection to a database.

    Raises:
        InputError: Django is not installed, or the database is neither SQLite nor PostgreSQL with
            psycopg 3.
    """
    try:
        from django.db import connections
    except ModuleNotFoundError:
        raise InputError(
            "Django is not installed. Run `pip install 'tastemaker[django]'`."
        ) from None
    wrapper: Wrapper = connections[using]
    driver = wrapper.Database.__name__.partition(".")[0]
    if (wrapper.vendor, driver) not in (("sqlite", "sqlite3"), ("postgresql", "psycopg")):
        raise InputError(
            f"The engine does not run on Django's {wrapper.vendor} with {driver}; it needs SQLite, "
            "or PostgreSQL with psycopg 3 (`pip install 'tastemaker[postgres]'`)."
        )
    return wrapper
