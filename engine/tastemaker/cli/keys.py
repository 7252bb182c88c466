"""`tastemaker keys`: which keys a database has, and changing them while it is in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.errors import KeyProblem
from tastemaker.store.crypto.data_keys import DATA, INDEX, PURPOSES
from tastemaker.store.crypto.keys import Key, KeyCommand, KeyFile, create_key_file

if TYPE_CHECKING:
    from tastemaker.store.rotation.resealing import Reencrypted
    from tastemaker.store.rotation.verifying import Verification

KEY_COLUMNS = ("key_id", "purpose", "status", "created", "cells", "master_key")

NEXT_STEPS = {
    "add": "Next: tastemaker keys promote",
    "promote": "Next: tastemaker keys reencrypt",
    "reencrypt": "Next: tastemaker keys verify",
}

MASTER_CHANGED = """{count} keys are wrapped by master key {new} now, and by {old} no more.
Give every program the new key at its next start. Keep the old one with the
backups that were made under it."""

KEEP_FORMER = """Destroy the former index key only when no backup is left that was made under it: by
this key a restore of these leaves out whoever is forgotten from now on."""

PENDING = """Another connection is still reading the state before: what was deleted may stay in
the write-ahead log until the last connection has closed."""


purpose_option = click.option(
    "--purpose",
    type=click.Choice(PURPOSES),
    default=DATA,
    show_default=True,
    help="What it is for: users' ids and attributes, pseudonyms, or models and signatures.",
)


@click.group()
def keys() -> None:
    """Show the database's keys, and change them while it is in use.

    The master key (tastemaker.key) wraps the keys in the database; those seal what is stored.
    `keys rotate` moves everything to a new data key, `keys rotate --purpose index` everybody to new
    pseudonyms, `keys rotate --master` to a new master key.

    \b
    The steps of a rotation, one by one:
      add        make a key that only opens
      promote    have it seal from now on
      reencrypt  seal anew what is under former keys, and make pseudonyms anew
      verify     open everything, count by key, keep a signed receipt
      retire     load a former key no more
      destroy    delete it for good

    Every step may be interrupted at any moment and run again.
    """


@keys.command()
@format_option
@database_option
def status(output_format: Format, database_url: str) -> None:
    """List every key: purpose, status, when it was made, and how many values are under it.

    \b
    Status:
      added      opens; seals once promoted
      active     seals: one for each purpose
      decrypt    opens what is still sealed under it
      retired    is loaded no more
      destroyed  is gone
    """
    with open_engine(database_url) as engine:
        rows = [key._asdict() for key in engine.keys.status()]
    print_keys(rows, KEY_COLUMNS, output_format)


def print_keys(
    rows: Sequence[dict[str, object]], columns: Sequence[str], output_format: Format
) -> None:
    """Prints rows of keys; in a table their ids as they are typed, without commas."""
    if output_format == "table":
        rows = [{**row, "key_id": str(row["key_id"])} for row in rows]
    print_rows(rows, columns, output_format)


@keys.command()
@purpose_option
@database_option
def add(purpose: str, database_url: str) -> None:
    """Make a new key that only opens, until it is promoted."""
    with open_engine(database_url) as engine:
        number = engine.keys.add(purpose)
    echo(f"Added {purpose} key {number}. {NEXT_STEPS['add']}")


@keys.command()
@click.argument("key_id", type=int, required=False)
@database_option
def promote(key_id: int | None, database_url: str) -> None:
    """Have KEY_ID seal from now on: the key that was added, unless one is named."""
    with open_engine(database_url) as engine:
        number = engine.keys.promote(key_id)
    echo(f"Key {number} seals from now on. {NEXT_STEPS['promote']}")


@keys.command()
@database_option
def reencrypt(database_url: str) -> None:
    """Seal everything anew that is not under the keys that seal, and make pseudonyms anew.

    Others may read and write meanwhile. If it is interrupted, run it again: it goes on.
    """
    with open_engine(database_url) as engine:
        done = engine.keys.reencrypt(progress=True)
    echo(reencrypted_text(done))
    if done.left:
        raise KeyProblem(left_text(done.left))
    echo(NEXT_STEPS["reencrypt"])


@keys.command()
@format_option
@database_option
def verify(output_format: Format, database_url: str) -> None:
    """Open everything that is sealed or signed, and count it by key.

    A signed receipt is kept in the database; retire and destroy ask for one. Exit status 1 if
    something cannot be opened, or is under a key that does not seal any more.
    """
    with open_engine(database_url) as engine:
        done = engine.keys.verify(progress=True)
        known = {key.key_id: key for key in engine.keys.status()}
    rows = [{**known[number]._asdict(), "cells": count} for number, count in done.cells.items()]
    print_keys(rows, ("key_id", "purpose", "status", "cells"), output_format)
    refuse_unclean(done)


def refuse_unclean(done: Verification) -> None:
    """Nothing, if everything opens and is under the keys that seal.

    Raises:
        KeyProblem: it is not; names the first problems.
    """
    for problem in done.problems:
        echo(problem, err=True)
    if done.damaged:
        raise KeyProblem(left_text(done.damaged))
    if done.old:
        named = ", ".join(f"{count:,} under {number}" for number, count in done.old.items())
        raise KeyProblem(
            f"Not everything is under the keys that seal: {named}. Run `tastemaker keys reencrypt`."
        )


@keys.command()
@click.argument("key_id", type=int)
@database_option
def retire(key_id: int, database_url: str) -> None:
    """Load KEY_ID no more, if a fresh `keys verify` has found nothing under it."""
    with open_engine(database_url) as engine:
        engine.keys.retire(key_id)
    echo(
        f"Key {key_id} is retired: kept, and loaded no more. `tastemaker keys destroy` deletes it."
    )


@keys.command()
@click.argument("key_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def destroy(key_id: int, yes: bool, database_url: str) -> None:
    """Delete KEY_ID for good: a retired key, if a fresh `keys verify` has found nothing under it.

    What was sealed under it can be opened from backups alone: they hold it still. Of an index key:
    a restore of these does not leave out who is forgotten after this.
    """
    if not yes:
        click.confirm(f"Delete key {key_id} for good?", abort=True)
    with open_engine(database_url) as engine:
        complete = engine.keys.destroy(key_id)
    echo(f"Key {key_id} is destroyed.")
    if not complete:
        echo(PENDING)


@keys.command()
@purpose_option
@click.option("--destroy", "destroys", is_flag=True, help="Destroy the former key, not retire it.")
@click.option("--master", is_flag=True, help="Change the master key, and nothing else.")
@click.option(
    "--new-key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --master: the file of the new master key; made if it is not there.",
)
@click.option(
    "--new-key-command", metavar="COMMAND", help="With --master: what prints the new master key."
)
@database_option
def rotate(
    purpose: str,
    destroys: bool,
    master: bool,
    new_key_file: Path | None,
    new_key_command: str | None,
    database_url: str,
) -> None:
    """Move everything to a new data, index or model key; or with --master, change the master key.

    A rotation that was interrupted goes on where it was. Others may read and write meanwhile. The
    index key makes the pseudonyms by which people are found: with it every pseudonym changes, and
    is sealed anew what is bound to it. Every process must run this version before it is rotated.

    With --master the keys in the database are unwrapped by the present master key, found as ever,
    and wrapped by the new one, in one transaction. Nothing else is touched, so it takes
    milliseconds.

    \b
    Examples:
      tastemaker keys rotate
      tastemaker keys rotate --purpose index
      tastemaker keys rotate --master --new-key-file new.key
    """
    new_given = (new_key_file is not None) + (new_key_command is not None)
    if master != bool(new_given) or new_given > 1 or (master and destroys):
        raise click.UsageError(
            "--master takes one of --new-key-file and --new-key-command, and nothing else does."
        )
    if master:
        change_master(database_url, new_key_file, new_key_command)
    else:
        rotate_key(database_url, purpose, destroys)


def rotate_key(database_url: str, purpose: str, destroys: bool) -> None:
    """Rotates a key, and says what was done."""
    with open_engine(database_url) as engine:
        done = engine.keys.rotate(purpose, destroys, progress=True)
    echo(f"Key {done.key_id} seals.")
    echo(reencrypted_text(done.reencrypted))
    echo(f"Verified: {sum(done.verification.cells.values()):,} values were opened.")
    for number in done.gone:
        echo(f"Key {number} is {'destroyed' if destroys else 'retired'}.")
    if purpose == INDEX and done.gone and not destroys:
        echo(KEEP_FORMER)
    if not done.complete:
        echo(PENDING)


def change_master(database_url: str, file: Path | None, command: str | None) -> None:
    """Changes the master key, and says what to do with the new one."""
    with open_engine(database_url) as engine:
        old = {key.master_key for key in engine.keys.status()}
        new = new_master(file, command)
        count = engine.keys.change_master(new)
    echo(MASTER_CHANGED.format(count=count, new=new.id, old=", ".join(sorted(old - {new.id}))))


def new_master(file: Path | None, command: str | None) -> Key:
    """The new master key: a file's, made where it is missing, or what a command prints."""
    if file is None:
        return KeyCommand(command or "")
    if file.exists():
        return KeyFile(file)
    key = create_key_file(file)
    echo(f"Wrote a new key to {file} (only you may read it). Keep a copy in your password safe.")
    return key


def reencrypted_text(done: Reencrypted) -> str:
    """What a re-encryption did, in words."""
    return f"Sealed anew: {done.cells:,} values of users, {done.models:,} parts of releases."


def left_text(count: int) -> str:
    """What cannot be opened, and what to do."""
    return (
        f"{count:,} values cannot be opened: they were damaged, or moved from elsewhere. Restore "
        "those rows from a backup, or write them again."
    )
