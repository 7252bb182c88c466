"""Where a sync reads: an application's tables, by a query of its own, in order of the watermark."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    column,
    create_engine,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from tastemaker.errors import InputError, StoreError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.scrubbing import raise_clean, remedy_of, sqlstate_of

Query: TypeAlias = Select[Any] | str
"""What a sync reads: a select of SQLAlchemy, or SQL."""

PARAMETER = "watermark"
"""The name of the parameter by which SQL may ask for the watermark itself."""

HAS_PARAMETER = re.compile(rf"(?<![:\w\\]):{PARAMETER}(?!:|\w)")

ROWS_FETCHED = 1_000
"""Rows that are fetched at a time; chosen, not measured."""


class RowPart(NamedTuple):
    """Some rows of a query, and the names of its columns."""

    names: tuple[str, ...]
    rows: list[Row[Any]]


@dataclass(frozen=True)
class SyncQuery:
    """What a sync reads.

    Attributes:
        query: the application's own query.
        watermark: the column, among those that it gives, by which rows are ordered.
    """

    query: Query
    watermark: str

    @property
    def has_parameter(self) -> bool:
        """Whether the query says itself where the watermark goes."""
        return isinstance(self.query, str) and bool(HAS_PARAMETER.search(self.query))

    def since(self, value: object) -> Select[Any]:
        """The rows from a watermark on, that one included, in order; all of them where None.

        Raises:
            InputError: the select gives no such column.
        """
        own: ColumnElement[Any]
        if isinstance(self.query, str):
            own = column(self.watermark)
            rows = text(f"({self.query.strip().rstrip(';')}) AS sync_rows")
            if self.has_parameter:
                rows = rows.bindparams(bindparam(PARAMETER, value))
            wanted: Select[Any] = select(literal_column("*")).select_from(rows)
        else:
            labelled = self.query.subquery("sync_rows")
            require_column(self.watermark, labelled.c.keys())
            own = labelled.c[self.watermark]
            wanted = select(labelled)
        bounded = wanted if value is None or self.has_parameter else wanted.where(own >= value)
        return bounded.order_by(own)


def require_column(name: str, found: Any) -> None:
    """Nothing, if the column of the watermark is there.

    Raises:
        InputError: it is not.
    """
    if name not in found:
        raise InputError(
            f"The query gives no column {name}, only {', '.join(map(str, found)):.200}. Label one "
            f"so, or name another watermark."
        )


@contextmanager
def opened_source(source: Engine | str | None, database: Database) -> Iterator[Engine]:
    """The SQLAlchemy engine to read by, for as long as the block runs.

    Args:
        source: the application's own, or the URL of a database; the engine's own where None.
        database: the engine's own.

    Raises:
        InputError: the URL cannot be read, or its driver is not installed.
    """
    if isinstance(source, Engine):
        yield source
    elif source is None:
        yield database.engine
    else:
        engine = engine_of_url(source)
        try:
            yield engine
        finally:
            engine.dispose()


def engine_of_url(url: str) -> Engine:
    """An engine to read by.

    Raises:
        InputError: the URL cannot be read, or its driver is not installed; it shows no part of it.
    """
    try:
        return create_engine(url, hide_parameters=True)
    except (SQLAlchemyError, ModuleNotFoundError, ValueError):
        problem = InputError(
            "The URL of the source cannot be read, or its driver is not installed. Give one such "
            "as sqlite:///shop.db or postgresql+psycopg://user@host/name."
        )
    raise_clean(problem)


def source_parts(engine: Engine, statement: Select[Any]) -> Generator[RowPart, None, None]:
    """The rows of a statement, some at a time, first of all none; close it when done.

    Raises:
        StoreError: the database refused it; scrubbed.
    """
    try:
        with engine.connect() as connection:
            yield from fetched_parts(connection, statement)
            return
    except SQLAlchemyError as error:
        problem = source_error(error)
    raise_clean(problem)


def fetched_parts(connection: Connection, statement: Select[Any]) -> Iterator[RowPart]:
    """The rows of a statement; the driver holds few of them at a time, if it can."""
    options = {"stream_results": True, "yield_per": ROWS_FETCHED}
    with closing(connection.execute(statement, execution_options=options)) as result:
        names = tuple(result.keys())
        yield RowPart(names, [])
        for rows in result.partitions():
            yield RowPart(names, list(rows))


def source_error(error: SQLAlchemyError) -> StoreError:
    """What failed in the application's own query: its words where they are about the query alone.

    A message about a value, or about the login, is not shown.
    """
    cause = getattr(error, "orig", None) or error
    state = sqlstate_of(cause)
    about_query = state.startswith("42") or str(cause).startswith(("no such ", "near "))
    remedy = f"{str(cause).splitlines()[0]:.200}." if about_query else remedy_of(error, cause)
    remedy = remedy or "Run the query by itself to see what is wrong."
    return StoreError("reading the source of a sync", type(error).__name__, remedy, state)
