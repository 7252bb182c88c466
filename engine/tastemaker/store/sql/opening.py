"""Which database URLs and which engines of an application the engine can work on."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from tastemaker.errors import InputError
from tastemaker.store.sql.dialect import Dialect
from tastemaker.store.sql.supported import dialect_for, dialect_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SECRET = re.compile("pass|pwd|secret|token|key$", re.IGNORECASE)
"""What the names of options that are not shown hold: password, sslpassword, passfile, sslkey, …"""

ASYNCPG_OPTIONS = {"host": "host", "port": "port", "ssl": "sslmode"}
"""Options of URLs for asyncpg, and what the server's own library calls them."""

EXAMPLES = "Give a URL such as sqlite:///shop.db or postgresql://user@host/name."


def readable_url(target: str | URL) -> URL:
    """The URL of a database that the engine can work on; never shown, it may hold a password.

    Raises:
        InputError: it cannot be read, or names another database system.
    """
    url = parsed(target)
    if url is None:
        raise InputError(f"The database URL cannot be read. {EXAMPLES}")
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    dialect = dialect_for(url.get_backend_name(), EXAMPLES)
    if url.get_driver_name() not in dialect.drivers:
        raise InputError(
            f"The engine does not work with {url.drivername}. Leave out "
            f"+{url.drivername.partition('+')[2]} and it takes the right driver."
        )
    return url


def shown_url(url: URL) -> str:
    """A URL as it may be shown: every password is `***`, also those among the options."""
    hidden = {name: "***" for name in url.query if SECRET.search(name)}
    return url.update_query_dict(hidden).render_as_string().replace("%2A%2A%2A", "***")


def parsed(target: str | URL) -> URL | None:
    """The URL, or None for one that cannot be read; the error would show parts of it."""
    try:
        return make_url(target)
    except (ArgumentError, ValueError):
        return None


def synchronous_url(engine: AsyncEngine) -> URL:
    """The URL of an AsyncEngine's database, for the synchronous driver that the engine works with.

    Raises:
        InputError: it is no AsyncEngine, or its database lies in the memory of its own connections.
    """
    url = getattr(engine, "url", None)
    if not isinstance(url, URL):
        raise InputError(f"The database is a {type(engine).__name__}. Give a URL or an engine.")
    dialect = dialect_for(url.get_backend_name(), EXAMPLES)
    if dialect.is_in_memory(url):
        raise InputError(
            "An asynchronous engine's database in memory is its own; no other connection finds it. "
            "Give a file."
        )
    options = dict(url.query)
    if url.get_driver_name() == "asyncpg":
        # The others are asyncpg's own, which no other driver knows.
        options = {new: options[old] for old, new in ASYNCPG_OPTIONS.items() if old in options}
    driver = f"{dialect.system}+{dialect.drivers[0]}"
    return url.set(drivername=driver, query=options)


def refuse_asynchronous(given: object) -> None:
    """Nothing, unless it is an engine, connection or session of `sqlalchemy.ext.asyncio`.

    Raises:
        InputError: it is.
    """
    if any(kind.__module__.startswith("sqlalchemy.ext.asyncio") for kind in type(given).__mro__):
        raise InputError(
            f"{type(given).__name__} is asynchronous. Use AsyncTastemaker, which takes it: "
            "`from tastemaker import AsyncTastemaker`."
        )


def refuse_django(given: object) -> None:
    """Nothing, unless it is a connection as Django wraps it.

    Raises:
        InputError: it is.
    """
    if any(kind.__module__.startswith("django.") for kind in type(given).__mro__):
        raise InputError(
            "The connection given is Django's. Give connection=django_connection(): "
            "`from tastemaker.django import django_connection`."
        )


def checked_engine(engine: Engine) -> Dialect:
    """The dialect of an application's engine; warns where the engine's errors would show values.

    Raises:
        InputError: another database system, or an asynchronous driver.
    """
    dialect = dialect_of(engine)
    if engine.dialect.is_async:
        raise InputError(
            f"{engine.dialect.driver} is an asynchronous driver. Use AsyncTastemaker, or give a "
            "synchronous engine to the same database, such as "
            "create_engine('postgresql+psycopg://…')."
        )
    if not engine.hide_parameters:
        warnings.warn(
            "The SQLAlchemy engine given shows parameters in its errors and logs. The engine's own "
            "errors are scrubbed all the same; create yours with hide_parameters=True.",
            stacklevel=3,
        )
    return dialect
