"""`tastemaker import`: items, users and interactions from files."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import database_option, open_engine
from tastemaker.cli.verbosity import shows_progress
from tastemaker.io.importing import REQUIRED, ImportResult, OnError
from tastemaker.io.source import FORMATS, FileFormat
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.validation import DEFAULT_KIND


@click.command("import")
@click.argument("what", type=click.Choice(list(REQUIRED)))
@click.argument("file", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How the rows are written; by the file's name or first bytes otherwise.",
)
@click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="For a bad row: refuse the whole file, or set the row aside.",
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where --on-error skip sets bad rows aside; otherwise NAME.rejected.csv beside the file, "
    "or NAME.rejected-2.csv if that is there. Values stand there as they are, formulas too.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="NAME",
    help="An attribute of users that recommenders may use; repeatable.",
)
@click.option(
    "--kind",
    default=DEFAULT_KIND,
    show_default=True,
    help="The kind of interactions whose row names none; see `tastemaker kinds`.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="COLUMN=NAME",
    help="Read a column of another name as this one; repeatable: --map user=user_id.",
)
@database_option
def import_(
    what: str,
    file: str,
    form: FileFormat | None,
    on_error: OnError,
    rejects: Path | None,
    features: tuple[str, ...],
    kind: str,
    pairs: tuple[str, ...],
    database_url: str,
) -> None:
    """Import items, users or interactions from FILE ("-" for standard input).

    CSV with a header, JSON lines or Parquet, or a format that an installed plugin brings, by the
    ending of the file's name; .gz is unpacked. Importing the same rows again
    changes nothing, so an import that was cut off is simply started again.

    \b
    interactions  user_id,item_id and optionally kind,value,timestamp
                  (seconds since 1970 or ISO 8601; UTC where no zone is given)
    items         item_id and optionally title,text,available (true or false);
                  any other column becomes an attribute, | separates several values
    users         user_id; any other column becomes an attribute. All of it is sealed;
                  --feature NAME lets recommenders use an attribute.

    A row of the same user, item, kind and timestamp replaces the earlier one. A bad row refuses
    the whole file, with its line and the reason, and nothing of the file is kept; with --on-error
    skip bad rows go to a rejects file, which can be corrected and imported as it is.

    \b
    Examples:
      tastemaker import interactions orders.csv.gz --kind purchase
      tastemaker import users users.csv --feature country
      tastemaker import interactions orders.csv --map customer=user_id --map sku=item_id
      zcat views.jsonl.gz | tastemaker import interactions - --on-error skip
    """
    if rejects is not None and on_error != "skip":
        raise click.UsageError("--rejects goes with --on-error skip.")
    if features and what != "users":
        raise click.UsageError("--feature goes with users.")
    # What was loaded so far stays to the end: collecting garbage among it again and again, as a
    # million rows go by, took a fifth of the time.
    gc.freeze()
    with open_engine(database_url) as engine:
        result = engine.import_file(
            what,
            file,
            form=form,
            on_error=on_error,
            rejects=rejects,
            features=features,
            kind=kind,
            renamed=dict(map(as_pair, pairs)),
            progress=shows_progress(),
        )
    echo(summary(result))
    if result.unread:
        echo(unread(result), err=True)


def as_pair(text: str) -> tuple[str, str]:
    """COLUMN=NAME as two names.

    Raises:
        UsageError: it is not written like that.
    """
    column, equals, name = text.rpartition("=")
    if not equals or not column or not name:
        raise click.UsageError(f"--map takes COLUMN=NAME, such as user=user_id; not {text!r}.")
    return column, name


def summary(result: ImportResult) -> str:
    """What came of an import, in one sentence."""
    text = (
        f"{result.read:,} {result.what} read: {result.new:,} new, {result.updated:,} updated, "
        f"{result.rejected:,} rejected"
    )
    return f"{text} (see {result.rejects})." if result.rejects else f"{text}."


def unread(result: ImportResult) -> str:
    """Which columns of interactions were not read, and the names of those that are."""
    return (
        f"note: nothing was read from {', '.join(result.unread):.200}; the columns of interactions "
        f"are {', '.join(FILE_COLUMNS)}."
    )
