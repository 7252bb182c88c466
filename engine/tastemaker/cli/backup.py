"""`tastemaker db backup` and `tastemaker db restore`."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, ledger_option, open_engine
from tastemaker.io.source import STANDARD
from tastemaker.store.sql.database import Database


@click.command()
@click.argument("file", type=click.Path())
@database_option
def backup(file: str, database_url: str) -> None:
    """Write all that the engine has in the database into FILE ("-" for standard output).

    One state of it, while others read and write; encrypted, so that it opens with the database's
    key alone. It can be restored on SQLite and on PostgreSQL. The application's own tables are not
    in it. Keep a copy of the key, and the ledger of erasures, apart from it.

    \b
    Examples:
      tastemaker db backup shop-monday.backup
      tastemaker db backup - | ssh vault 'cat > shop-monday.backup'
    """
    with open_engine(database_url) as engine:
        done = engine.backup(file, progress=True)
    if file != STANDARD:
        echo(f"{done.rows:,} rows written to {file}, {done.users:,} users among them.")


UNNAMED = """Forgotten after the index key of this backup was destroyed: {count:,}. Whoever of them
was in the backup is back: forget them again."""


@click.command()
@click.argument("file", type=click.Path())
@click.option(
    "--no-ledger",
    is_flag=True,
    help="Do without the ledger of erasures: whoever was forgotten since the backup is back.",
)
@ledger_option
@database_option
def restore(file: str, no_ledger: bool, ledger: str | None, database_url: str) -> None:
    """Write the backup FILE into a database that is empty, or does not exist yet (SQLite).

    All of it is verified before anything is written, and it is written whole or not at all. People
    whom the ledger of erasures names are left out. Neither `tastemaker init` nor an upgrade comes
    before; the key is the one of the database that was backed up.

    \b
    Example:
      tastemaker db restore shop-monday.backup --ledger tastemaker.db.erasures \\
        --database sqlite:///restored.db
    """
    from tastemaker.engine import Tastemaker  # the help of a command does not need it

    with Tastemaker(Database(database_url), ledger=ledger) as engine:
        done = engine.restore(file, without_ledger=no_ledger, progress=True)
        name = engine.name
    echo(
        f"{done.rows:,} rows restored into {name}, {done.users:,} users among them. Left out, for "
        f"they were forgotten since: {done.erased:,}."
    )
    if done.unnamed:
        echo(UNNAMED.format(count=done.unnamed), err=True)
