"""`tastemaker support`: on how many people what is recommended must rest."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, open_engine


@click.command()
@click.option(
    "--undeclared",
    type=int,
    metavar="N",
    help="People who must have chosen an item that was never imported, before it is recommended.",
)
@click.option(
    "--links",
    type=int,
    metavar="N",
    help="People who must have chosen two items, before training takes them to go together.",
)
@database_option
def support(undeclared: int | None, links: int | None, database_url: str) -> None:
    """Show or set on how many people what is recommended must rest.

    Whoever records interactions may name any item. One that was never put or imported is kept, and
    is recommended only once enough people chose it. What --links sets counts from the next
    training on: with 1 a recommendation may rest on a single person, and tell of that person.

    \b
    Example:
      tastemaker support --undeclared 10 --links 3
    """
    with open_engine(database_url) as engine:
        if undeclared is not None or links is not None:
            engine.set_support(undeclared, links)
        now = engine.support
    echo(
        f"Items that were never declared are recommended once {people(now.undeclared)} chose them."
    )
    echo(f"What training learns of items that go together rests on at least {people(now.links)}.")


def people(count: int) -> str:
    """So many people, in words."""
    return "1 person" if count == 1 else f"{count:,} people"
