"""Runs the migrations: inside `tastemaker db …`, and for plain `alembic` from a checkout."""

from __future__ import annotations

import os

from alembic import context
from alembic.util import CommandError

from tastemaker.errors import TastemakerError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.migrate import configuration, locked


def run() -> None:
    """Runs what was asked for: on the engine's connection, on one of its own, or as a script."""
    if context.is_offline_mode():
        context.configure(url=database_url(), literal_binds=True, **configuration())
        with context.begin_transaction():
            context.run_migrations()
    elif (connection := context.config.attributes.get("connection")) is not None:
        context.configure(connection=connection, **configuration())
        context.run_migrations()
    else:
        with Database(database_url()) as database, locked(database, "a migration") as connection:
            context.configure(connection=connection, **configuration())
            context.run_migrations()


def database_url() -> str:
    """The URL of `alembic -x url=…`, else what the `tastemaker` command would take."""
    given = context.get_x_argument(as_dictionary=True).get("url")
    return str(given or os.environ.get("TASTEMAKER_DATABASE", "sqlite:///tastemaker.db"))


try:
    run()
except TastemakerError as error:
    raise CommandError(str(error)) from None
