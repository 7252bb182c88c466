"""The database systems that the engine runs on: the one place that tells them apart by name."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from tastemaker.errors import InputError
from tastemaker.store.sql.dialect import Dialect
from tastemaker.store.sql.postgresql import POSTGRESQL
from tastemaker.store.sql.sqlite import SQLITE

DIALECTS: dict[str, Dialect] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def dialect_for(name: str, advice: str = "") -> Dialect:
    """The dialect of a system, by the name that SQLAlchemy has for it.

    Args:
        name: the name.
        advice: what to do about another one, for the error message.

    Raises:
        InputError: the engine does not run on it.
    """
    dialect = DIALECTS.get(name)
    if dialect is None:
        raise InputError(
            f"The engine runs on SQLite and PostgreSQL, not on {name}. {advice}".strip()
        )
    return dialect


def dialect_of(opened: Connection | Engine) -> Dialect:
    """The dialect of a connection or an engine.

    Raises:
        InputError: the engine does not run on that system.
    """
    return dialect_for(opened.dialect.name)
