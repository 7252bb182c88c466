"""The command line: `tastemaker`. Thin: every command calls the engine and prints what it says."""

from __future__ import annotations

import click

from tastemaker.cli.db import db
from tastemaker.cli.demo import demo
from tastemaker.cli.export import export
from tastemaker.cli.import_ import import_
from tastemaker.cli.init import init
from tastemaker.cli.plugins import plugins
from tastemaker.cli.recommend import recommend, similar
from tastemaker.cli.train import release, train
from tastemaker.cli.users import users
from tastemaker.errors import TastemakerError


class Commands(click.Group):
    """A click group whose commands end in a plain message where the engine refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; what the engine raises on purpose goes to standard error, exit 1."""
        try:
            return super().invoke(ctx)
        except TastemakerError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tastemaker")
def main() -> None:
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


for _command in (
    init,
    db,
    import_,
    export,
    plugins,
    train,
    release,
    recommend,
    similar,
    users,
    demo,
):
    main.add_command(_command)
