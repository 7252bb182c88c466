"""`tastemaker init`: a key, a database, a schema, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option
from tastemaker.engine import Tastemaker
from tastemaker.errors import MissingKeyError
from tastemaker.store.crypto.keys import (
    FILE_VARIABLE,
    KEY_FILE,
    KEY_VARIABLE,
    create_key_file,
    find_key,
    place_for_new_key,
)
from tastemaker.store.key_rows import has_keys
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database

KEY_WRITTEN = """Wrote a new key to {place}{reason} (only you may read it).
  It opens everything that is sealed in the database; without it nobody can,
  you included. Keep a copy in your password safe, apart from the database's
  backups, and out of version control.
  On a server, give the program its content as TASTEMAKER_KEY, or its path as
  TASTEMAKER_KEY_FILE."""

READY = """The database {name} is ready.
Next:
  tastemaker import items ITEMS.csv
  tastemaker import interactions INTERACTIONS.csv
  tastemaker train
Or see it all at work on real data: tastemaker demo"""


@click.command()
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Where to write the new key.  [default: the file that {FILE_VARIABLE} names, "
    f"or {KEY_FILE}]",
)
@database_option
def init(key_file: Path | None, database_url: str) -> None:
    """Create the key file and the database, and say what to do next.

    Safe to run again: an existing key and existing data stay as they are.

    A key that TASTEMAKER_KEY or TASTEMAKER_KEY_COMMAND gives is used, and no file is written. If
    TASTEMAKER_KEY_FILE names a file that is not there yet, the new key is written there; a
    --key-file that differs from it is refused, because the other commands would not find that key.
    """
    place, database = place_for_new_key(key_file), Database(database_url)
    if place is None:
        key = find_key(key_file or KEY_FILE)
        echo(f"Using the key of {key}.")
    else:
        refuse_second_key(database)
        key = create_key_file(place)
        reason = "" if place in (key_file, Path(KEY_FILE)) else f", as {FILE_VARIABLE} says"
        echo(KEY_WRITTEN.format(place=place, reason=reason))
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
    echo(READY.format(name=engine.name))


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
