"""Printing rows on standard output: as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table

from tastemaker.cli.options import Format

Row = Mapping[str, object]


def print_rows(rows: Sequence[Row], columns: Sequence[str], output_format: Format) -> None:
    """Prints rows: as a table for people, a JSON list of objects, or CSV with a header.

    Args:
        rows: mappings from column name to value.
        columns: which columns, in which order.
        output_format: "table", "json" or "csv".
    """
    if output_format == "json":
        chosen = [{name: row.get(name) for name in columns} for row in rows]
        click.echo(json.dumps(chosen, indent=2, ensure_ascii=False, default=str))
    elif output_format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row.get(name) for name in columns] for row in rows)
    else:
        print_table(rows, columns)


def print_table(rows: Sequence[Row], columns: Sequence[str], title: str | None = None) -> None:
    """Prints rows as a table; numbers to the right."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in columns:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(cell(row.get(name)) for name in columns))
    console().print(table)


def cell(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def console() -> Console:
    """Standard output; in a pipe as wide as the rows need, without colour."""
    return Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False)
