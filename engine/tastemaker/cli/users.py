"""`tastemaker users`: what is stored about a person, merging two, and forgetting."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.options import database_option, ledger_option, open_engine
from tastemaker.store.told import FORGET, WORDS


@click.group()
def users() -> None:
    """Show, export, merge and forget people's data, and keep what a person says about items."""


@users.command()
@click.argument("user")
@database_option
def show(user: str, database_url: str) -> None:
    """Show what is stored about USER: attributes, and how many interactions."""
    with open_engine(database_url) as engine:
        known = engine.show(user)
    print_json(known)


@users.command()
@click.argument("user")
@database_option
def export(user: str, database_url: str) -> None:
    """Print everything stored about USER as JSON (a person's right of access)."""
    with open_engine(database_url) as engine:
        print_json(engine.export(user))


@users.command()
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
@ledger_option
@database_option
def forget(user: str, yes: bool, ledger: str | None, database_url: str) -> None:
    """Delete everything stored about USER, for good.

    The receipt says what is gone, and where deleted bytes may still be: finish-erasures removes
    those. Models hold items, not people; the releases that were trained while the person's
    interactions were there are named, so that you can train anew.
    """
    with open_engine(database_url, ledger=ledger) as engine:
        if not yes:
            click.confirm(f"Delete everything stored about {user}?", abort=True)
        receipt = engine.forget(user)
    echo(receipt.text())


@users.command("finish-erasures")
@ledger_option
@database_option
def finish_erasures(ledger: str | None, database_url: str) -> None:
    """Remove the bytes of everybody who was forgotten from the database's files.

    To forget deletes at once, and empties the log and rewrites a small SQLite file too. What that
    leaves is removed here: on SQLite the whole file is rewritten, and others who write wait; on
    PostgreSQL the tables of users and interactions are, and others who read wait as well. Run it
    in a quiet hour. Exit status 1 if something is pending still.
    """
    with open_engine(database_url, ledger=ledger) as engine:
        done = engine.finish_erasures()
    echo(done.text())
    if done.unfinished:
        raise SystemExit(1)


@users.command()
@click.argument("user")
@click.argument("item")
@click.argument("word", type=click.Choice(WORDS))
@database_option
def tell(user: str, item: str, word: str, database_url: str) -> None:
    """Keep what USER says about ITEM; the very next answer heeds it.

    \b
    Words:
      less    it and the items most like it lose rank
      never   it is not recommended to USER again
      more    it counts as chosen now
      forget  takes back what was told about it; if nothing was, removes what USER did with it

    A new word takes the place of the former one about the same item.

    \b
    Example:
      tastemaker users tell 12347 22423 less
    """
    with open_engine(database_url) as engine:
        gone = engine.tell(user, item, word)
    if word == FORGET:
        echo(f"Interactions removed: {gone}.")
    else:
        former = " in place of what was told before" if gone else ""
        echo(f"{word} is kept{former}; the next answer heeds it.")


@users.command()
@click.argument("anonymous")
@click.argument("known")
@database_option
def merge(anonymous: str, known: str, database_url: str) -> None:
    """Give everything of ANONYMOUS to KNOWN, as after a log-in, and delete ANONYMOUS.

    What both have (an interaction of the same item, kind and time, or an attribute) stays as KNOWN
    has it. KNOWN is made where missing.
    """
    with open_engine(database_url) as engine:
        merged = engine.merge_users(anonymous, known)
    echo(
        f"{merged.moved:,} interactions moved, {merged.kept:,} were there already. The other user "
        "is deleted."
    )


@users.command()
@click.argument("user")
@click.argument("item")
@click.option("--kind", help="Only interactions of this kind; of every kind otherwise.")
@click.option("--at", help="Only of this moment: seconds since 1970 or ISO 8601.")
@database_option
def remove(user: str, item: str, kind: str | None, at: str | None, database_url: str) -> None:
    """Take back what was recorded of USER and ITEM."""
    with open_engine(database_url) as engine:
        count = engine.remove(user, item, kind, at)
    echo(f"{count:,} interactions removed.")
