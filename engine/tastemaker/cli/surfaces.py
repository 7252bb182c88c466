"""`tastemaker surfaces`: requests kept in the database by name."""

from __future__ import annotations

import json

import click

from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows
from tastemaker.cli.request_options import given_request, request_options
from tastemaker.request.json_form import request_as_json
from tastemaker.request.request import Seen
from tastemaker.request.surfaces import surface_as_json


@click.group()
def surfaces() -> None:
    """Keep requests by name: what "basket" or "home" shows, set in one place.

    An application names the surface, `recommend("alice", surface="basket")`, and its operator says
    here what that means. What a call gives itself comes before the surface.
    """


@surfaces.command("set")
@click.argument("name")
@request_options
@database_option
def set_surface(
    name: str,
    count: int | None,
    rules: tuple[str, ...],
    exclude: tuple[str, ...],
    seen: Seen | None,
    boosts: tuple[tuple[str, str], ...],
    strength: float | None,
    caps: tuple[tuple[int, str], ...],
    explore: float | None,
    whole: str | None,
    database_url: str,
) -> None:
    """Keep a request under NAME, in place of the one there is.

    \b
    Examples:
      tastemaker surfaces set home -k 20 --diversity 0.3
      tastemaker surfaces set basket --seen include --where "price < 20"
    """
    request = given_request(count, rules, exclude, seen, boosts, strength, caps, explore, whole)
    with open_engine(database_url) as engine:
        engine.set_surface(name, request)
    echo(
        f"{name} is kept: {json.dumps(surface_as_json(request), ensure_ascii=False)}. Use it with "
        f"`tastemaker recommend --surface {name}`."
    )


@surfaces.command("list")
@format_option
@database_option
def list_surfaces(output_format: Format, database_url: str) -> None:
    """List all surfaces with their requests."""
    with open_engine(database_url) as engine:
        rows = [
            {"surface": name, "request": json.dumps(request_as_json(kept), ensure_ascii=False)}
            for name, kept in engine.surfaces().items()
        ]
    print_rows(rows, ("surface", "request"), output_format)
    if not rows:
        echo("There are no surfaces yet; `tastemaker surfaces set` makes one.", err=True)


@surfaces.command("show")
@click.argument("name")
@database_option
def show_surface(name: str, database_url: str) -> None:
    """Show the request kept under NAME as JSON, as `recommend --request` takes it."""
    with open_engine(database_url) as engine:
        kept = engine.surface(name)
    print_json(request_as_json(kept))


@surfaces.command("remove")
@click.argument("name")
@database_option
def remove_surface(name: str, database_url: str) -> None:
    """Remove the request kept under NAME."""
    with open_engine(database_url) as engine:
        engine.remove_surface(name)
    echo(f"{name} is removed.")
