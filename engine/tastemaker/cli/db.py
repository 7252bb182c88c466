"""`tastemaker db`: the schema of the database, how much is in it, and backups."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import func, select

from tastemaker.cli.backup import backup, restore
from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, database_option, format_option, open_database
from tastemaker.cli.output import print_rows
from tastemaker.errors import UnknownKeyError
from tastemaker.io.setting_aside import set_foreign_users_aside
from tastemaker.store.foreign_users import count_foreign_users
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import user
from tastemaker.store.statistics import TableSize, table_sizes, total_bytes


@click.group()
def db() -> None:
    """Create, upgrade and check the database's schema, see how much is in it, back up and restore.

    Every change is one transaction under a lock: it may be interrupted at any moment, and any
    number of programs may start it at once.
    """


@db.command()
@click.argument("revision", default="head")
@database_option
def upgrade(revision: str, database_url: str) -> None:
    """Create the schema, or bring it up to date (or to REVISION).

    Safe to run at every start of an application: it does nothing if nothing is to be done.

    \b
    Example:
      tastemaker db upgrade --database postgresql://me@localhost/shop
    """
    with Database(database_url) as database:
        before = migrate.current(database)
        migrate.upgrade(database, revision)
        after = migrate.current(database)
        if before == after:
            echo(f"The schema of {database.name} is at revision {after} already.")
        else:
            echo(f"The schema of {database.name} is now at revision {after}.")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def downgrade(revision: str, yes: bool, database_url: str) -> None:
    """Take the schema back to an older REVISION; `base` removes it with everything in it.

    Tables and columns that the older schema does not have are dropped, and what they hold is lost.
    The application's own tables in the same database are left alone.

    \b
    Example:
      tastemaker db downgrade -- -1
    """
    with open_database(database_url) as database:
        if not yes:
            click.confirm(warning(database, revision), abort=True)
        migrate.downgrade(database, revision)
        after = migrate.current(database)
        state = f"now at revision {after}" if after else "gone"
        echo(f"The schema of {database.name} is {state}.")


def warning(database: Database, revision: str) -> str:
    """What a downgrade puts at risk, as a question."""
    with database.reading("counting rows") as connection:
        migrate.require_schema(connection)
        rows = {size.table: size.rows for size in table_sizes(connection)}
    return (
        f"{database.name} holds {rows['user']:,} users, {rows['item']:,} items and "
        f"{rows['interaction']:,} interactions. What the schema at {revision} has no place for is "
        "lost for good. Go on?"
    )


@db.command()
@database_option
def current(database_url: str) -> None:
    """Print the revision of the database's schema, and whether it is the one needed."""
    with open_database(database_url) as database:
        revision = migrate.current(database)
    if revision is None:
        echo("There is no schema yet. Create it with `tastemaker db upgrade`.")
    elif revision == migrate.HEAD_REVISION:
        echo(f"{revision} (up to date)")
    else:
        echo(f"{revision} (this version of the engine needs {migrate.HEAD_REVISION})")


@db.command()
@format_option
def history(output_format: Format) -> None:
    """List the revisions of the schema, the newest first."""
    rows = [revision._asdict() for revision in migrate.revisions()]
    print_rows(rows, migrate.Revision._fields, output_format)


@db.command()
@database_option
def check(database_url: str) -> None:
    """Compare the database's tables with those that this version of the engine works with.

    Exit status 1 and the reason if they differ, if the schema is missing, older or newer, or if
    users are among the rows who were sealed for another database.
    """
    with open_database(database_url) as database:
        migrate.check(database)
        with database.reading("looking for foreign rows") as connection:
            foreign = count_foreign_users(connection)
        if foreign:
            raise UnknownKeyError(
                f"{database.name} holds {foreign:,} users that were sealed for another database, "
                "which nobody can open here. Set them aside: `tastemaker db repair --aside FILE`."
            )
        echo(f"The schema of {database.name} is as it should be.")


@db.command()
@click.option(
    "--aside",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the rows go that are taken out; a new file, for its owner alone.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def repair(aside: Path, yes: bool, database_url: str) -> None:
    """Set aside users that were sealed for another database, with their interactions.

    They come of a write that went to the wrong database. Their rows are written to a file, sealed
    as they are, one user a line, and then deleted. If `db check` finds nearly all users, the keys
    of this database were replaced: restore the table tastemaker_key instead.

    \b
    Example:
      tastemaker db repair --aside foreign.jsonl
    """
    with open_database(database_url) as database:
        with database.reading("looking for foreign rows") as connection:
            migrate.require_schema(connection)
            foreign = count_foreign_users(connection)
            everybody = connection.scalar(select(func.count()).select_from(user))
        if not foreign:
            echo(f"There is nothing to repair in {database.name}.")
            return
        if not yes:
            warned = f"{foreign:,} of {everybody:,} users of {database.name} were sealed for "
            click.confirm(f"{warned}another database. Move them to {aside}?", abort=True)
        removed = set_foreign_users_aside(database, aside)
        echo(
            f"Moved {removed.users:,} users and {removed.interactions:,} interactions of theirs "
            f"from {database.name} to {aside}."
        )


@db.command()
@format_option
@database_option
def stats(output_format: Format, database_url: str) -> None:
    """Show how many rows each table has, the size in bytes, and the schema's revision.

    SQLite tells the size of the whole file only.
    """
    with open_database(database_url) as database, database.reading("counting rows") as connection:
        migrate.require_schema(connection)
        sizes = table_sizes(connection)
        total = TableSize("all", sum(size.rows for size in sizes), total_bytes(connection))
    rows = [{**size._asdict(), "schema": migrate.HEAD_REVISION} for size in (*sizes, total)]
    print_rows(rows, ("table", "rows", "bytes", "schema"), output_format)


db.add_command(backup)
db.add_command(restore)
