"""`tastemaker export`: items, users and interactions into files."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, open_engine, safe_option
from tastemaker.cli.verbosity import shows_progress
from tastemaker.io.importing import REQUIRED
from tastemaker.io.source import FORMATS, STANDARD, FileFormat


@click.command()
@click.argument("what", type=click.Choice(list(REQUIRED)))
@click.argument("file", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How to write the rows; by the file's name otherwise, CSV for standard output.",
)
@safe_option
@database_option
def export(what: str, file: str, form: FileFormat | None, safe: bool, database_url: str) -> None:
    """Export items, users or interactions into FILE ("-" for standard output).

    CSV, JSON lines or Parquet by the name's ending, packed where .gz follows. An import of the
    file gives the same again. CSV and Parquet hold attributes as text; JSON lines keep numbers,
    lists and mappings as they are.

    The file is in clear, users' ids and attributes too; only you may read it. Values stand as
    they are, so a field that begins with = + - or @ is a formula to a spreadsheet: open a CSV
    file of untrusted data in one only if it was written with --safe. An import reads the
    apostrophes of --safe as they stand there.

    \b
    Examples:
      tastemaker export interactions backup.csv.gz
      tastemaker export items - --format jsonl | jq .title
    """
    with open_engine(database_url) as engine:
        count = engine.export_file(what, file, form=form, safe=safe, progress=shows_progress())
    if file != STANDARD:
        echo(f"{count:,} {what} written to {file}.")
