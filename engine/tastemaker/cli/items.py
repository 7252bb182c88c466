"""`tastemaker items`: deleting items."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, open_engine


@click.group()
def items() -> None:
    """Delete items. To add or change them: `tastemaker import items`, or `tastemaker sync`."""


@items.command()
@click.argument("item_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def delete(item_ids: tuple[str, ...], yes: bool, database_url: str) -> None:
    """Delete the items called ID for good, with everybody's interactions with them.

    Releases that were trained with them serve on without them. To only take an item out of
    recommendations, import it with `available` false.
    """
    with open_engine(database_url) as engine:
        if not yes:
            count = f"{len(item_ids)} items" if len(item_ids) > 1 else f"the item {item_ids[0]}"
            click.confirm(f"Delete {count} and all interactions with them?", abort=True)
        deleted = engine.delete_items(item_ids)
    echo(f"{deleted.items:,} items deleted, with {deleted.interactions:,} interactions.")
    if deleted.items < len(set(item_ids)):
        missing = len(set(item_ids)) - deleted.items
        echo(f"note: {missing:,} of the ids belong to no item.", err=True)
