"""`tastemaker plugins`: which recommenders and re-rankers there are, and which are used."""

from __future__ import annotations

import dataclasses

import click

from tastemaker.cli.check_plugins import check_plugins
from tastemaker.cli.command_list import COMMANDS
from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.new_plugin import new_plugin
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows, print_text
from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError
from tastemaker.json_types import Json
from tastemaker.plugin.discovery import Plugin

SETTING_COLUMNS = ("setting", "value", "default", "allowed", "meaning")

PLUGIN_COLUMNS = (
    "name",
    "kind",
    "family",
    "what_it_is",
    "distribution",
    "version",
    "state",
    "settings",
    "uses_dislikes",
    "isolated",
    "problem",
)


@click.group()
def plugins() -> None:
    """See, enable, disable and set up the recommenders and re-rankers that are installed."""


plugins.add_command(check_plugins)
plugins.add_command(new_plugin)


@plugins.command("list")
@format_option
@database_option
def list_plugins(output_format: Format, database_url: str) -> None:
    """List every recommender and re-ranker found, with what is wrong with it if anything is.

    Commands, metrics for evaluation and formats of files that packages bring are listed too.

    \b
    States:
      enabled      a recommender takes part in training, and serves if the blend gives it weight;
                   a re-ranker takes part in every answer
      disabled     switched off with `tastemaker plugins disable`
      unavailable  modules that its training needs are not installed; trained ones serve
      failed       cannot be used; the problem tells why
    """
    with open_engine(database_url) as engine:
        rows = [listed(plugin).row() for plugin in engine.plugins()]
    print_rows(rows, PLUGIN_COLUMNS, output_format)


def listed(plugin: Plugin) -> Plugin:
    """A plugin as it is listed: a command whose name is taken by one of the engine's own failed."""
    if plugin.kind != "command" or plugin.name not in COMMANDS:
        return plugin
    problem = "the name is that of a command of Tastemaker's own"
    return dataclasses.replace(plugin, state="failed", problem=problem)


@plugins.command()
@click.argument("name")
@database_option
def enable(name: str, database_url: str) -> None:
    """Use recommender NAME again from the next training on, or re-ranker NAME at once."""
    with open_engine(database_url) as engine:
        engine.configure(name, enabled=True)
        at_once = is_reranker(engine, name)
    when = "in every answer" if at_once else "from the next `tastemaker train` on"
    echo(f"{name} is enabled. It takes part {when}.")


@plugins.command()
@click.argument("name")
@database_option
def disable(name: str, database_url: str) -> None:
    """Stop using recommender or re-ranker NAME, at once."""
    with open_engine(database_url) as engine:
        engine.configure(name, enabled=False)
        what = "" if is_reranker(engine, name) else " The others carry its weight."
    echo(f"{name} is disabled.{what}")


@plugins.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Let it work in the engine's own process again.")
@database_option
def isolate(name: str, off: bool, database_url: str) -> None:
    """Let recommender NAME work in a process of its own, at once.

    That process has no key and no database, and limits of time and memory that always hold. Each
    process that recommends starts one for each recommender that is isolated. Calls take a little
    longer, and items added since the last training are not scored by it.
    """
    with open_engine(database_url) as engine:
        engine.configure(name, isolated=not off)
    echo(f"{name} works in {'the process of the engine' if off else 'a process of its own'}.")


@plugins.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@database_option
def set_settings(name: str, settings: tuple[str, ...], database_url: str) -> None:
    """Change settings of NAME: of a recommender for the next training, of a re-ranker at once.

    \b
    Example:
      tastemaker plugins set item-knn neighbours=200
    """
    with open_engine(database_url) as engine:
        engine.configure(name, settings=dict(map(parse_setting, settings)))
        at_once = is_reranker(engine, name)
    echo(f"{name} is set up." + ("" if at_once else " `tastemaker train` uses it."))


@plugins.command()
@click.argument("name")
@format_option
@database_option
def show(name: str, output_format: Format, database_url: str) -> None:
    """Show NAME: what it is, and each setting with its value, default, bounds and meaning."""
    with open_engine(database_url) as engine:
        plugin = find_plugin(engine, name)
    rows = plugin.setting_rows()
    if output_format == "json":
        print_json({**plugin.row(), "settings": rows})
        return
    if output_format == "table":
        state = f"{plugin.state}: {plugin.problem}" if plugin.problem else plugin.state
        print_text(f"{plugin.name} of {plugin.origin} ({plugin.kind or 'plugin'}, {state})")
        print_text(plugin.summary)
    print_rows(rows, SETTING_COLUMNS, output_format)


@plugins.command()
@click.argument("name")
@click.argument("settings", nargs=-1, metavar="[SETTING]...")
@database_option
def reset(name: str, settings: tuple[str, ...], database_url: str) -> None:
    """Take settings of NAME back to their defaults: those named, or all of them.

    \b
    Example:
      tastemaker plugins reset item-knn neighbours
    """
    with open_engine(database_url) as engine:
        engine.reset_settings(name, settings)
    which = ", ".join(settings) if settings else "every setting"
    echo(f"{name}: {which} is at its default again.")


def find_plugin(engine: Tastemaker, name: str) -> Plugin:
    """The plugin of that present or former name, the one in use where several claim it.

    Raises:
        NotFoundError: there is none.
    """
    found = [one for one in engine.plugins() if name in (one.name, *one.former_names)]
    if not found:
        raise NotFoundError(
            f"There is no recommender and no re-ranker {name!r}. `tastemaker plugins list` shows "
            "those there are."
        )
    return min(found, key=lambda one: one.state != "enabled")


def is_reranker(engine: Tastemaker, name: str) -> bool:
    """Whether a plugin of that present or former name is a re-ranker."""
    return any(
        one.kind == "re-ranker" and name in (one.name, *one.former_names)
        for one in engine.plugins()
    )


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
