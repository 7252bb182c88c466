"""`tastemaker plugins`: which recommenders there are, and which of them are used."""

from __future__ import annotations

import click

from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.errors import InputError
from tastemaker.json_types import Json

PLUGIN_COLUMNS = (
    "name",
    "family",
    "what_it_is",
    "distribution",
    "version",
    "state",
    "settings",
    "uses_dislikes",
    "problem",
)


@click.group()
def plugins() -> None:
    """See, enable, disable and set up the recommenders that are installed."""


@plugins.command("list")
@format_option
@database_option
def list_plugins(output_format: Format, database_url: str) -> None:
    """List every recommender found, with what is wrong with it if anything is.

    \b
    States:
      enabled      takes part in training, and serves if the blend gives it weight
      disabled     switched off with `tastemaker plugins disable`
      unavailable  modules that its training needs are not installed; trained ones serve
      failed       cannot be used; the problem tells why
    """
    with open_engine(database_url) as engine:
        rows = [plugin.row() for plugin in engine.plugins()]
    print_rows(rows, PLUGIN_COLUMNS, output_format)


@plugins.command()
@click.argument("name")
@database_option
def enable(name: str, database_url: str) -> None:
    """Use recommender NAME again from the next training on."""
    with open_engine(database_url) as engine:
        engine.configure(name, enabled=True)
    click.echo(f"{name} is enabled. It takes part from the next `tastemaker train` on.")


@plugins.command()
@click.argument("name")
@database_option
def disable(name: str, database_url: str) -> None:
    """Stop using recommender NAME, at once."""
    with open_engine(database_url) as engine:
        engine.configure(name, enabled=False)
    click.echo(f"{name} is disabled. The others carry its weight.")


@plugins.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@database_option
def set_settings(name: str, settings: tuple[str, ...], database_url: str) -> None:
    """Change settings of recommender NAME, for the next training.

    \b
    Example:
      tastemaker plugins set item-knn neighbours=200
    """
    with open_engine(database_url) as engine:
        engine.configure(name, settings=dict(map(parse_setting, settings)))
    click.echo(f"{name} is set up. `tastemaker train` uses it.")


def parse_setting(pair: str) -> tuple[str, Json]:
    """SETTING=VALUE as a name and a value: a number or true/false where it reads as one.

    Raises:
        InputError: a pair without `=`.
    """
    name, equals, text = pair.partition("=")
    if not equals or not name:
        raise InputError(f"{pair!r} is not SETTING=VALUE. Try neighbours=200.")
    if text.lower() in ("true", "false"):
        return name, text.lower() == "true"
    for read in (int, float):
        try:
            return name, read(text)
        except ValueError:
            continue
    return name, text
