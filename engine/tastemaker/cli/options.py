"""Options that many commands share, and the opening of what they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tastemaker.errors import InputError, SchemaError
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.store.sql.database import Database

if TYPE_CHECKING:
    from tastemaker.engine import Tastemaker

Format: TypeAlias = Literal["table", "json", "csv"]

database_option = click.option(
    "--database",
    "database_url",
    envvar="TASTEMAKER_DATABASE",
    default="sqlite:///tastemaker.db",
    show_default=True,
    show_envvar=True,
    metavar="URL",
    help="The SQL database, as an SQLAlchemy URL.",
)

cache_option = click.option(
    "--cache",
    envvar="TASTEMAKER_CACHE",
    show_envvar=True,
    metavar="DIRECTORY",
    help="Keep models in this directory, to start faster the next time: sealed, or in clear and "
    "shared in memory where it is given as trusted:DIRECTORY.",
)

ledger_option = click.option(
    "--ledger",
    envvar="TASTEMAKER_LEDGER",
    show_envvar=True,
    metavar="FILE",
    help="Where erasures are entered outside of the database, for a restore.  [default: beside an "
    "SQLite file, its name with .erasures; none on PostgreSQL]",
)

format_option = click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="A table for people, JSON or CSV for programs. In CSV values stand as they are: one that "
    "begins with = + - or @ is a formula to a spreadsheet.",
)


safe_option = click.option(
    "--safe",
    is_flag=True,
    help="CSV for spreadsheets: an apostrophe in front of what would be a formula there.",
)

only_option = click.option(
    "--only", multiple=True, metavar="NAME", help="Only this recommender; repeatable."
)

seed_option = click.option(
    "--seed", default=0, show_default=True, help="Where everything random starts from."
)

hold_out_option = click.option(
    "--hold-out",
    type=click.Choice(HOLD_OUTS),
    help="What is held out to measure on: the future, each person's last interaction, or "
    "interactions drawn at random.  [default: time where times are known, random otherwise]",
)

memory_limit_option = click.option(
    "--memory-limit",
    metavar="SIZE",
    help="What one recommender may take to train, such as 8G; one that needs more is declined.  "
    "[default: 4G, or 60 % of what the machine has left]",
)


def open_database(url: str) -> Database:
    """The database that a command works on.

    Raises:
        InputError: the URL cannot be read.
        SchemaError: it names an SQLite file that does not exist.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError(
            "The database URL cannot be read. Give one such as sqlite:///shop.db or "
            "postgresql://user@host/name."
        ) from None
    file = parsed.database
    on_disk = parsed.get_backend_name() == "sqlite" and file and file != ":memory:"
    if on_disk and not Path(str(file)).exists():
        raise SchemaError(
            f"There is no database at {file}. Create it with `tastemaker init`, or name "
            "another one with --database."
        )
    return Database(url)


def open_engine(url: str, cache: str | None = None, ledger: str | None = None) -> Tastemaker:
    """The engine that a command works with, its key from the environment or ./tastemaker.key."""
    from tastemaker.engine import Tastemaker  # the help of a command does not need it

    return Tastemaker(open_database(url), cache=cache, ledger=ledger)
