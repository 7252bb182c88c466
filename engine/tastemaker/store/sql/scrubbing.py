"""Database errors on their way out: what failed and what to do, never a value, never SQL."""

from __future__ import annotations

import logging
import sqlite3
import sys
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import NoReturn, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tastemaker.errors import CollisionError, StoreError, TastemakerError

_logger = logging.getLogger("tastemaker.store")

T = TypeVar("T")

UPGRADE_REMEDY = "The schema is missing or old: run `tastemaker db upgrade`."

DEBUG = "To see the statement, set the logger tastemaker.store to DEBUG, or run `tastemaker -vv …`."

NAMING = (
    "no such ",
    "CHECK constraint failed: ",
    "FOREIGN KEY constraint failed",
    "NOT NULL constraint failed: ",
    "UNIQUE constraint failed: ",
)
"""What messages of SQLite begin with that quote names of the schema, and no value."""

SCHEMA_FIELDS = ("table", "column", "constraint")

CONNECT = "Check that the server runs, and host, port, user, password and database name in the URL."

# By the start of SQLite's error name; the longer name first where one begins another.
SQLITE_REMEDIES = {
    "SQLITE_BUSY": "Another program held the database for too long; end it, or try again.",
    "SQLITE_LOCKED": "Another transaction held the table for too long; try again.",
    "SQLITE_READONLY": "The file, its folder or its disk is read-only: make them writable.",
    "SQLITE_CANTOPEN": "The file cannot be opened: check that its folder exists and is writable.",
    "SQLITE_NOTADB": "The file is not an SQLite database: name another one with --database.",
    "SQLITE_CORRUPT": "The file is damaged: restore a backup.",
    "SQLITE_FULL": "The disk is full: free some space.",
    "SQLITE_IOERR": "The disk failed to read or write: check it, and the free space.",
}

# By the start of PostgreSQL's SQLSTATE.
POSTGRESQL_REMEDIES = {
    "08": "The connection was lost; try again.",
    "23503": "A user or an item was deleted meanwhile; try again.",
    "28": "The server refused the login: check user and password in the URL.",
    "3D000": "The server has no such database: create it (createdb NAME), or correct the URL.",
    "40": "Two transactions collided; try again.",
    "42501": "The database user lacks a privilege: grant it, or use another user.",
    "42P01": UPGRADE_REMEDY,
    "42703": UPGRADE_REMEDY,
    "53100": "The server's disk is full: free some space.",
    "53300": "The server has no connection left: close some, or raise max_connections.",
    "55P03": "Another transaction held a lock for too long; try again.",
    "57P": "The server is shutting down or ended the connection; try again.",
}


COLLISIONS = frozenset({"40001", "40P01", "23503"})
"""SQLSTATEs of transactions that collided: not serializable, a deadlock, and a foreign key to a row
that another one deleted, since the engine only writes keys that it has read."""


class Scrubbed(AbstractContextManager[T, None]):
    """Turns every database error that leaves the `with` block into a `StoreError`.

    What SQLAlchemy and the drivers raise carries parameters, SQL and the server's DETAIL, in its
    text, its attributes and the locals of its traceback; so neither the error nor its traceback
    is kept, not as a context either. Errors of the engine pass as they are, also from inside
    SQLAlchemy.

    Args:
        operation: what the engine is doing, for the message: "record", "import users".
        inner: a context manager whose own errors are scrubbed too.
    """

    def __init__(self, operation: str, inner: AbstractContextManager[T]) -> None:
        self._operation = operation
        self._inner = inner

    def __enter__(self) -> T:
        try:
            return self._inner.__enter__()
        except BaseException as error:
            if not is_database_error(error):
                raise
            own = as_own_error(error, self._operation)
        raise_clean(own)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._inner.__exit__(kind, error, traceback)
        except BaseException as raised:
            if not is_database_error(raised):
                raise
            error = raised
        if error is not None and is_database_error(error):
            own = as_own_error(error, self._operation)
            # Crash reporters print the locals of every frame: this one must not hold the original.
            del kind, error, traceback
            raise_clean(own)


def scrubbed(operation: str) -> Scrubbed[None]:
    """A `with` block from which no database error leaves as it is, only as a `StoreError`.

    Args:
        operation: what the engine is doing, for the message: "record", "import users".
    """
    return Scrubbed(operation, nullcontext())


def raise_clean(error: TastemakerError) -> NoReturn:
    """Raises an error that remembers no other one."""
    try:
        raise error from None
    except TastemakerError:
        # `from None` only hides the context; a bare raise does not set it again.
        error.__context__ = None
        raise


def is_database_error(error: BaseException) -> bool:
    """Whether an error comes from SQLAlchemy or straight from a driver."""
    if isinstance(error, SQLAlchemyError | sqlite3.Error):
        return True
    psycopg = sys.modules.get("psycopg")
    return psycopg is not None and isinstance(error, psycopg.Error)


def as_own_error(error: BaseException, operation: str) -> TastemakerError:
    """The engine's own error for one of the database: kind and remedy only."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, TastemakerError):
        cause.__cause__ = cause.__context__ = None
        return cause.with_traceback(None)
    state = sqlstate_of(cause)
    log_statement(operation, state, error, cause)
    kind = CollisionError if state in COLLISIONS else StoreError
    return kind(operation, type(error).__name__, remedy_of(error, cause) or DEBUG, state)


def sqlstate_of(cause: BaseException) -> str:
    """PostgreSQL's code for a driver's error, SQLite's name of it, or "" where there is none."""
    names = ("sqlstate", "pgcode", "sqlite_errorname")
    return next((state for name in names if (state := getattr(cause, name, None))), "")


def log_statement(operation: str, state: str, error: BaseException, cause: BaseException) -> None:
    """Logs which statement failed, and on what, for who debugs: names alone, never a value.

    Of the driver's own message only what SQLite says of names: others may quote what was written.
    """
    if not _logger.isEnabledFor(logging.DEBUG):
        return
    statement = getattr(error, "statement", None) or "not told by the driver"
    kind = ", ".join(filter(None, (type(error).__name__, state, *places_of(cause))))
    message = "The database failed during %s (%s). Statement: %.2000s"
    _logger.debug(message, operation, kind, statement)


def places_of(cause: BaseException) -> list[str]:
    """The table, column and constraint that a driver's error names, or SQLite's words for them."""
    if str(cause).startswith(NAMING) and sqlstate_of(cause).startswith("SQLITE_"):
        return [str(cause)]
    # psycopg has them in `diag`; an error of asyncpg is the cause of SQLAlchemy's.
    fields = getattr(cause, "diag", None) or cause.__cause__
    found = ((kind, getattr(fields, f"{kind}_name", None)) for kind in SCHEMA_FIELDS)
    return [f"{kind} {name}" for kind, name in found if name]


def remedy_of(error: BaseException, cause: BaseException) -> str:
    """What to do about a database error, or "" where nothing better than trying is known."""
    state = sqlstate_of(cause)
    if state.startswith("SQLITE_"):
        # SQLite has no error name of its own for this one.
        missing = str(cause).startswith(("no such table: tastemaker_", "no such column: "))
        return UPGRADE_REMEDY if missing else lookup(SQLITE_REMEDIES, state)
    if state:
        return lookup(POSTGRESQL_REMEDIES, state)
    if isinstance(error, DBAPIError) and type(cause).__name__ == "OperationalError":
        return CONNECT
    return ""


def lookup(remedies: dict[str, str], code: str) -> str:
    """The remedy whose key begins `code`; "" if there is none."""
    return next((text for start, text in remedies.items() if code.startswith(start)), "")
