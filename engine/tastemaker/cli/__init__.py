"""The command line: `tastemaker`. Thin: a command calls the public API and prints the result."""

from __future__ import annotations

from pkgutil import resolve_name

import click
from click.shell_completion import CompletionItem

from tastemaker.cli.command_list import COMMANDS
from tastemaker.cli.plugin_commands import plugin_commands
from tastemaker.cli.verbosity import logging_to_stderr
from tastemaker.errors import TastemakerError
from tastemaker.validation.plain import plain_text


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
    context = error.ctx
    if context is None or not any(
        isinstance(one, click.Argument) for one in context.command.params
    ):
        return error
    text = error.format_message().rstrip(".")
    hint = f"For an argument that begins with -, put -- before it: {context.command_path} -- -…"
    return click.UsageError(f"{text}. {hint}", context)


class AllCommands(Commands):
    """Every command, each imported when it is run: what needs no recommender starts soon."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in order."""
        return sorted({*COMMANDS, *plugin_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, Tastemaker's own before those of plugins, or None."""
        own = COMMANDS.get(cmd_name)
        return plugin_commands().get(cmd_name) if own is None else resolve_name(own.place)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes what each command does, in full, without loading the engine's own."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(summaries().items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that the tab key offers, likewise."""
        found = [
            CompletionItem(name, help=summary)
            for name, summary in sorted(summaries().items())
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def summaries() -> dict[str, str]:
    """What each command does, by name."""
    brought = {name: one.get_short_help_str() for name, one in plugin_commands().items()}
    return brought | {name: own.summary for name, own in COMMANDS.items()}


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
