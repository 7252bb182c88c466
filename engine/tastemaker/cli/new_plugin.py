"""`tastemaker plugins new`: the package of a new plugin."""

from __future__ import annotations

from pathlib import Path

import click

from tastemaker.cli.echo import echo
from tastemaker.testing.new_package import (
    DISTRIBUTION_PREFIX,
    NewPackage,
    plugin_name,
    write_package,
)

NEXT_COMMANDS = """\
Wrote {folder}: the {package.kind} {package.name}, with settings, tests and a README.

Next:
  cd {folder}
  pip install --editable . --group test
  python -m pytest
  tastemaker plugins check {package.distribution}

Then change src/{package.module}/{package.file}.py to what you have in mind."""


@click.command("new")
@click.argument("name")
@click.option("--reranker", is_flag=True, help="A re-ranker instead of a recommender.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help=f"Where to write it; not there yet, or empty.  [default: {DISTRIBUTION_PREFIX}NAME]",
)
def new_plugin(name: str, reranker: bool, directory: Path | None) -> None:
    """Write the package of a new plugin NAME, which works and passes its own tests.

    It has settings, reasons and new items, a test with the checks that Tastemaker's own pass, and
    all that pip needs.

    \b
    Example:
      tastemaker plugins new shared-words
    """
    package = NewPackage(plugin_name(name), "re-ranker" if reranker else "recommender")
    folder = directory or Path(package.distribution)
    write_package(package, folder)
    echo(NEXT_COMMANDS.format(folder=folder, package=package))
