"""`tastemaker sync`: taking over an application's own tables, as a file says."""

from __future__ import annotations

from pathlib import Path

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.cli.sync_file import SyncEntry, read_sync_file
from tastemaker.cli.verbosity import shows_progress
from tastemaker.engine import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.io.syncing import SyncResult
from tastemaker.validation.plain import plain_text

SYNC_COLUMNS = ("sync", "into", "read", "new", "updated", "watermark")


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--only", multiple=True, metavar="NAME", help="Only this sync; repeatable.")
@click.option("--restart", is_flag=True, help="Begin anew, whatever was reached before.")
@format_option
@database_option
def sync(
    config: Path, only: tuple[str, ...], restart: bool, output_format: Format, database_url: str
) -> None:
    """Take over what is new or changed in your own tables, as CONFIG says: all of it at first.

    CONFIG is a TOML file with one or more [[sync]] tables:

    \b
      [[sync]]
      name = "orders"                # by which it remembers how far it has come
      source = "${ORDERS_DATABASE}"  # a URL; environment variables are put in
      into = "interactions"          # or "items", "users"
      watermark = "updated_at"       # a column that only grows, never NULL
      query = \"\"\"
        SELECT customer AS user_id, product AS item_id, bought AS timestamp, updated_at
        FROM orders\"\"\"

    Also: kind, features (a list), start, batch_rows. Without a source it is Tastemaker's own
    database. Columns are labelled as in files; see `tastemaker import`. A query may say itself
    where the watermark goes, as :watermark, and then needs a start.

    Rows and watermark are written together, batch by batch: a sync that was interrupted is simply
    started again. The first sync that fails ends the command with status 1; those before it are
    kept, and printed.
    """
    entries = read_sync_file(config, only)
    rows: list[dict[str, object]] = []
    with open_engine(database_url) as engine:
        try:
            for entry in entries:
                result = run_entry(engine, entry, restart)
                rows.append(as_row(result))
        finally:
            if rows:
                print_rows(rows, SYNC_COLUMNS, output_format)


def run_entry(engine: Tastemaker, entry: SyncEntry, restart: bool) -> SyncResult:
    """Runs one sync of a file.

    Raises:
        TastemakerError: it failed; the message names it.
    """
    try:
        result = engine.sync(
            entry.query,
            entry.into,
            name=entry.name,
            watermark=entry.watermark,
            source=entry.source,
            start=entry.start,
            kind=entry.kind,
            features=entry.features,
            restart=restart,
            batch_rows=entry.batch_rows,
            progress=shows_progress(),
        )
    except TastemakerError as error:
        raise click.ClickException(plain_text(f"sync {entry.name}: {error}")) from None
    if result.unread:
        unread = ", ".join(result.unread)
        echo(f"note: {entry.name}: nothing was read from {unread:.200}.", err=True)
    return result


def as_row(result: SyncResult) -> dict[str, object]:
    """A result as a row of a table."""
    watermark = None if result.watermark is None else str(result.watermark)
    own = (result.name, result.into, result.read, result.new, result.updated, watermark)
    return dict(zip(SYNC_COLUMNS, own, strict=True))
