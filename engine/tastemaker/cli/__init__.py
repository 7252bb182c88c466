"""The command line: `tastemaker`. Thin: a command calls the public API and prints the result."""

from __future__ import annotations

from pkgutil import resolve_name

import click

from tastemaker.cli.plugin_commands import plugin_commands
from tastemaker.cli.verbosity import logging_to_stderr
from tastemaker.errors import TastemakerError
from tastemaker.validation.plain import plain_text

COMMANDS = {
    "db": "tastemaker.cli.db:db",
    "demo": "tastemaker.cli.demo:demo",
    "evaluate": "tastemaker.cli.evaluate:evaluate",
    "exploration": "tastemaker.cli.exploration:exploration",
    "export": "tastemaker.cli.export:export",
    "health": "tastemaker.cli.health:health",
    "import": "tastemaker.cli.import_:import_",
    "init": "tastemaker.cli.init:init",
    "inspect": "tastemaker.cli.inspect:inspect",
    "items": "tastemaker.cli.items:items",
    "keys": "tastemaker.cli.keys:keys",
    "kinds": "tastemaker.cli.kinds:kinds",
    "plugins": "tastemaker.cli.plugins:plugins",
    "recommend": "tastemaker.cli.recommend:recommend",
    "release": "tastemaker.cli.train:release",
    "similar": "tastemaker.cli.similar:similar",
    "support": "tastemaker.cli.support:support",
    "surfaces": "tastemaker.cli.surfaces:surfaces",
    "sync": "tastemaker.cli.sync:sync",
    "together": "tastemaker.cli.similar:together",
    "train": "tastemaker.cli.train:train",
    "tune": "tastemaker.cli.tune:tune",
    "users": "tastemaker.cli.users:users",
}
"""For each command, the module and the function that it is."""


class Commands(click.Group):
    """A click group whose commands end in a plain message where the engine refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; what the engine raises on purpose goes to standard error, exit 1."""
        try:
            return super().invoke(ctx)
        except TastemakerError as error:
            raise click.ClickException(plain_text(str(error))) from None
        except click.NoSuchOption as error:
            raise with_hint(error) from None


def with_hint(error: click.NoSuchOption) -> click.UsageError:
    """The same error; where an argument may stand, it says how one that begins with - is given."""
    command = error.ctx.command if error.ctx else None
    if command is None or not any(isinstance(one, click.Argument) for one in command.params):
        return error
    text = error.format_message().rstrip(".")
    hint = f"For an argument that begins with -, put -- before it: -- {error.option_name}"
    return click.UsageError(f"{text}. {hint}", error.ctx)


class AllCommands(Commands):
    """Every command, each imported when it is run: what needs no recommender starts soon."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in order."""
        return sorted({*COMMANDS, *plugin_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, Tastemaker's own before those of plugins, or None."""
        place = COMMANDS.get(cmd_name)
        return plugin_commands().get(cmd_name) if place is None else resolve_name(place)


@click.group(cls=AllCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tastemaker")
@click.option("-v", "--verbose", count=True, help="Show the engine's log; -vv in every detail.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar and no notes: errors only.")
@click.pass_context
def main(ctx: click.Context, verbose: int, quiet: bool) -> None:
    """Recommendations inside your application: one SQL database, no other service.

    \b
    A first session:
      tastemaker init
      tastemaker import items items.csv
      tastemaker import interactions interactions.csv
      tastemaker train
      tastemaker recommend alice --explain

    Every command takes --database URL (or TASTEMAKER_DATABASE; sqlite:///tastemaker.db otherwise).
    """
    ctx.with_resource(logging_to_stderr(verbose, quiet))
