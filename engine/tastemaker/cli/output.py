"""Printing rows on standard output: as a table, JSON or CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tastemaker.cli.echo import plain_line, plain_text, print_json
from tastemaker.cli.options import Format
from tastemaker.io.writers import without_formula

Row = Mapping[str, object]


def print_rows(
    rows: Sequence[Row], columns: Sequence[str], output_format: Format, safe: bool = False
) -> None:
    """Prints rows: as a table for people, a JSON list of objects, or CSV with a header.

    Args:
        rows: mappings from column name to value.
        columns: which columns, in which order.
        output_format: "table", "json" or "csv".
        safe: whether no field of CSV may be a formula to a spreadsheet.
    """
    if output_format == "json":
        chosen = [{name: row.get(name) for name in columns} for row in rows]
        print_json(chosen)
    elif output_format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([csv_field(row.get(name), safe) for name in columns] for row in rows)
    else:
        print_table(rows, columns)


def csv_field(value: object, safe: bool) -> object:
    """A value as CSV has it: on a terminal without what that would obey, as it is in a pipe."""
    if not isinstance(value, str):
        return value
    text = plain_text(value) if sys.stdout.isatty() else value
    return without_formula(text) if safe else text


def print_table(rows: Sequence[Row], columns: Sequence[str], title: str | None = None) -> None:
    """Prints rows as a table; numbers to the right."""
    shown = None if title is None else plain_line(title)
    table = Table(title=shown, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
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
    return f"{value:,}" if isinstance(value, int) else plain_line(str(value))


def print_text(text: str) -> None:
    """Prints a text as wide as the terminal, without anything that it would obey."""
    console().print(plain_text(text))


def console() -> Console:
    """Standard output; in a pipe as wide as the rows need, without colour."""
    return Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False)
