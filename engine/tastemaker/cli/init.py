"""`tastemaker init`: a key, a database, a schema, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from tastemaker.cli.options import database_option
from tastemaker.engine import Tastemaker
from tastemaker.store.database import Database
from tastemaker.store.keys import KEY_FILE, create_key_file, find_key


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
    key = find_key(key_file)
    if key is None:
        key = create_key_file(key_file)
        click.echo(f"Wrote a new key to {key_file} (only you may read it).")
        click.echo("  It opens everything that is sealed in the database; without it nobody can,")
        click.echo("  you included. Keep a copy in your password safe, apart from the database's")
        click.echo("  backups, and out of version control.")
        click.echo("  On a server, give the program its content as TASTEMAKER_KEY, or its path as")
        click.echo("  TASTEMAKER_KEY_FILE.")
    else:
        click.echo(f"Using the key of {key}.")
    with Tastemaker(Database(database_url), key=key) as engine:
        engine.upgrade()
    click.echo(f"The database {engine.name} is ready.")
    click.echo("Next:")
    click.echo("  tastemaker import items ITEMS.csv")
    click.echo("  tastemaker import interactions INTERACTIONS.csv")
    click.echo("  tastemaker train")
    click.echo("Or see it all at work on real data: tastemaker demo")
