"""`tastemaker init`: a key, a database, a schema, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from tastemaker.cli.options import database_option
from tastemaker.engine import Tastemaker
from tastemaker.errors import MissingKeyError
from tastemaker.store.crypto.keys import (
    FILE_VARIABLE,
    KEY_FILE,
    KEY_VARIABLE,
    create_key_file,
    find_key,
)
from tastemaker.store.key_rows import has_keys
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database


@click.command()
@click.option(
    "--key-file",
    default=KEY_FILE,
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the new key, unless the environment names one.",
)
@database_option
def init(key_file: Path, database_url: str) -> None:
    """Create the key file and the database, and say what to do next.

    Safe to run again: an existing key and existing data stay as they are.
    """
    key, database = find_key(key_file), Database(database_url)
    if key is None:
        refuse_second_key(database)
        key = create_key_file(key_file)
        click.echo(f"Wrote a new key to {key_file} (only you may read it).")
        click.echo("  It opens everything that is sealed in the database; without it nobody can,")
        click.echo("  you included. Keep a copy in your password safe, apart from the database's")
        click.echo("  backups, and out of version control.")
        click.echo("  On a server, give the program its content as TASTEMAKER_KEY, or its path as")
        click.echo("  TASTEMAKER_KEY_FILE.")
    else:
        click.echo(f"Using the key of {key}.")
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
    click.echo(f"The database {engine.name} is ready.")
    click.echo("Next:")
    click.echo("  tastemaker import items ITEMS.csv")
    click.echo("  tastemaker import interactions INTERACTIONS.csv")
    click.echo("  tastemaker train")
    click.echo("Or see it all at work on real data: tastemaker demo")


def refuse_second_key(database: Database) -> None:
    """Refuses to make a key for a database that was sealed under another.

    Raises:
        MissingKeyError: it was.
    """
    with database.reading("opening the database") as connection:
        if migrate.has_schema(connection) and has_keys(connection):
            raise MissingKeyError(
                f"The database {database.name} was sealed under a key that is not here, and a new "
                f"one could not open it. Bring its {KEY_FILE} back, or set {KEY_VARIABLE} to its "
                f"content or {FILE_VARIABLE} to its path. Nothing was changed."
            )
