"""`tastemaker health`."""

from __future__ import annotations

import click

from tastemaker.cli.echo import print_json
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.errors import TastemakerError
from tastemaker.serving.health import Health, health_unopened
from tastemaker.store.sql.opening import parsed, shown_url
from tastemaker.training.turn import as_duration

HEALTH_COLUMNS = ("what", "state", "problem")
REACHED = {True: "", False: " (not reachable)", None: " (not tried)"}


@click.command()
@format_option
@database_option
@click.pass_context
def health(ctx: click.Context, output_format: Format, database_url: str) -> None:
    """Tell whether the database, its key, and what serves from it are as they should be.

    Exit status 0 if all is well, 1 if not. What is wrong stands in the output, also where the
    database cannot be reached at all. The active release is loaded to see that it can serve.

    \b
    Examples:
      tastemaker health || mail -s "shop" ops@example.com < /dev/null
      tastemaker health --format json
    """
    found = health_at(database_url)
    if output_format == "json":
        print_json(found.as_dict())
    else:
        print_rows(looked_at(found), HEALTH_COLUMNS, output_format)
    ctx.exit(0 if found.healthy else 1)


def health_at(url: str) -> Health:
    """The health of the database of a URL, whatever is wrong with it."""
    try:
        with open_engine(url) as engine:
            return engine.health()
    except TastemakerError as error:
        readable = parsed(url)
        name = "a URL that cannot be read" if readable is None else shown_url(readable)
        return health_unopened(name, error)


def looked_at(found: Health) -> list[dict[str, object]]:
    """A row for each thing that was looked at, and for each problem."""
    schema, release = found.schema or "none", "none: popularity serves"
    if found.schema != found.schema_needed:
        schema = f"{schema} (needed: {found.schema_needed})"
    if found.release is not None and found.release_age is not None:
        release = f"{found.release}, {as_duration(found.release_age)} old"
    if not found.reachable or found.key != "right":
        release = "not known"
    looked = {
        "all": "healthy" if found.healthy else "not healthy",
        "database": f"{found.database}{REACHED[found.reachable]}",
        "schema": schema if found.schema or found.reachable else "not known",
        "key": found.key,
        "release": release,
    }
    listed: list[dict[str, object]] = [
        {"what": what, "state": state} for what, state in looked.items()
    ]
    listed += [{"what": "problem", "problem": problem} for problem in found.problems]
    return listed
