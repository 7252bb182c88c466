from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tastemaker.errors import PlaintextRefusedError, TamperedError
from tastemaker.store.crypto.sealed_column import (
    FORMAT,
    SealedBytes,
    SealedColumn,
    as_sealed,
)
from tastemaker.store.crypto.sealing import DEFAULT_ALGORITHM, Sealer
from tastemaker.store.sql.opening import readable_url

SECRET = "canary-7f3a"

table = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("sealed", SealedColumn),
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    # Parameters are not hidden: nothing must be in the errors even so.
    engine = create_engine(readable_url(database_url), echo="debug")
    table.metadata.create_all(engine)
    yield engine
    engine.dispose()


def sealed_value() -> SealedBytes:
    return Sealer(DEFAULT_ALGORITHM, 1, bytes(32), b"place").seal(b"row", SECRET)


def test_a_sealed_value_goes_in_and_comes_back_sealed(engine: Engine) -> None:
    value = sealed_value()
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"sealed": value}, {"sealed": None}])
        rows = connection.scalars(select(table.c.sealed).order_by(table.c.id)).all()
    assert rows == [value, None]
    assert type(rows[0]) is SealedBytes


def everything_an_error_shows(error: BaseException) -> str:
    """Its text and its attributes, and those of all the errors it came from."""
    shown, seen = "", set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        shown += f"{one} {one!r} {one.args} {vars(one)} {getattr(one, 'params', '')}"
        pending += [one.__cause__, one.__context__]
    return shown


@pytest.mark.parametrize(
    "value",
    [SECRET, SECRET.encode(), {"name": SECRET}, bytearray(SECRET.encode()), SealedBytes(b"canary")],
)
def test_a_plain_value_is_refused_and_shown_nowhere(
    engine: Engine, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    statements: list[tuple[Any, Any]] = [
        (table.insert(), {"sealed": value}),
        (table.insert(), [{"sealed": sealed_value()}, {"sealed": value}]),
        (table.update().values(sealed=value), {}),
        (select(table).where(table.c.sealed == value), {}),
    ]
    for statement, parameters in statements:
        with pytest.raises(PlaintextRefusedError) as caught, engine.begin() as connection:
            connection.execute(statement, parameters)
        assert "canary" not in everything_an_error_shows(caught.value)
    assert "canary" not in caplog.text
    with engine.connect() as connection:
        assert connection.execute(select(table)).all() == []


@pytest.mark.parametrize("value", [SECRET, sealed_value()], ids=["plain", "sealed"])
def test_no_value_stands_in_the_text_of_a_statement(engine: Engine, value: Any) -> None:
    statement = table.insert().values(sealed=value)
    written = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
    assert "canary" not in written
    refused = pytest.raises(DBAPIError, match="tastemaker_refuses_literals")
    with refused, engine.begin() as connection:
        connection.execute(text(written))


@pytest.mark.parametrize("plain", ["'canary'", "7", "1.5"])
def test_a_plain_value_in_sqlite_is_noticed(tmp_path: Path, plain: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'things.db'}", poolclass=NullPool)
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text(f"insert into things (sealed) values ({plain})"))
        with pytest.raises(TamperedError, match="plain") as caught:
            connection.scalars(select(table.c.sealed)).all()
    assert "canary" not in everything_an_error_shows(caught.value)


def test_no_text_begins_as_a_sealed_value_does() -> None:
    with pytest.raises(UnicodeDecodeError):
        FORMAT.decode()


def test_whatever_a_driver_gives_for_bytes_is_taken_and_nothing_else() -> None:
    for given in (b"ab", bytearray(b"ab"), memoryview(b"ab")):
        assert as_sealed(given) == b"ab"
    for wrong in ("ab", 7, None):
        with pytest.raises(TamperedError, match=f"holds a plain {type(wrong).__name__}"):
            as_sealed(wrong)
