"""`tastemaker similar` and `tastemaker together`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, cache_option, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.rules import rule_of_texts
from tastemaker.serving.answers import Recommendation

count_option = click.option(
    "-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many."
)
rules_option = click.option(
    "--where",
    "rules",
    multiple=True,
    metavar="RULE",
    help='Only items that match, such as "price < 20"; of several rules, all must match.',
)
exclude_option = click.option(
    "--exclude", multiple=True, metavar="ITEM", help="Not this item; repeatable."
)


@click.command()
@click.argument("item")
@count_option
@rules_option
@exclude_option
@cache_option
@format_option
@database_option
def similar(
    item: str,
    k: int,
    rules: tuple[str, ...],
    exclude: tuple[str, ...],
    cache: str | None,
    output_format: Format,
    database_url: str,
) -> None:
    """Show the items most similar to ITEM.

    \b
    Example:
      tastemaker similar item-42 -k 5
    """
    with open_engine(database_url, cache) as engine:
        found = engine.similar(item, k, rule_of_texts(rules), exclude)
    print_found(found, output_format, f"known to be similar to {item}")


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@count_option
@rules_option
@exclude_option
@cache_option
@format_option
@database_option
def together(
    items: tuple[str, ...],
    k: int,
    rules: tuple[str, ...],
    exclude: tuple[str, ...],
    cache: str | None,
    output_format: Format,
    database_url: str,
) -> None:
    """Show what goes with all of some ITEMs, such as those of a basket.

    \b
    Example:
      tastemaker together item-42 item-7 -k 5
    """
    with open_engine(database_url, cache) as engine:
        found = engine.together(items, k, rule_of_texts(rules), exclude)
    print_found(found, output_format, "known to go with these items")


def print_found(found: Sequence[Recommendation], output_format: Format, wanted: str) -> None:
    """Prints items, the best first."""
    rows = [
        {"rank": rank, "item_id": one.item_id, "title": one.title, "score": one.score}
        for rank, one in enumerate(found, start=1)
    ]
    print_rows(rows, ("rank", "item_id", "title", "score"), output_format)
    if not rows:
        echo(
            f"No item is {wanted}: no recommender that serves can tell, or no item that may be "
            "shown matches. `tastemaker release show` lists those that serve, and `tastemaker "
            "train` trains more.",
            err=True,
        )
