"""Commands that plugins bring: found when one is wanted, and guarded when it runs."""

from __future__ import annotations

import copy
from functools import partial
from importlib.metadata import entry_points
from typing import Any

import click

from tastemaker.errors import TastemakerError


def plugin_commands() -> dict[str, click.Command]:
    """The commands of installed plugins, by name; what is not a click command is left out.

    Nothing is imported for it where no plugin but the engine's own is installed.
    """
    points = entry_points(group="tastemaker")
    if not any(point.dist is None or point.dist.name != "tastemaker" for point in points):
        return {}
    from tastemaker.plugin.registry import registry_of_others

    found = registry_of_others((), ()).extensions("command")
    return {
        one.name: guarded_command(one.extension.provided, one.origin)
        for one in found
        if one.extension is not None and isinstance(one.extension.provided, click.Command)
    }


def guarded_command(command: click.Command, origin: str) -> click.Command:
    """The same command, which ends in a plain message where the plugin fails.

    Args:
        command: the plugin's own; it stays as it is.
        origin: the package that brings it, and its version.
    """
    guarded = copy.copy(command)
    setattr(guarded, "invoke", partial(_invoke, command, origin))  # noqa: B010 (a method)
    return guarded


def _invoke(command: click.Command, origin: str, context: click.Context) -> Any:
    from tastemaker.plugin.guard import describe

    try:
        return command.invoke(context)
    except (click.ClickException, click.exceptions.Exit, click.Abort, TastemakerError):
        raise
    except Exception as error:
        message = f"The command {command.name} of {origin} failed: {describe(error)}."
        raise click.ClickException(message) from None
