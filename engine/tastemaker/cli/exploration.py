"""`tastemaker exploration`: the share of places that goes to new items."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, open_engine


@click.command()
@click.argument("share", required=False, type=float)
@database_option
def exploration(share: float | None, database_url: str) -> None:
    """Show or set the SHARE of places that goes to items which few people know yet.

    The first three places of a list never do; 0 switches it off.

    \b
    Example:
      tastemaker exploration 0.05
    """
    with open_engine(database_url) as engine:
        if share is not None:
            engine.set_exploration(share)
        echo(f"{engine.exploration:g} of the places after the third go to new items.")
