"""Printing rows on standard output: as a table, JSON or CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from tastemaker.cli.echo import plain_line, print_json
from tastemaker.cli.options import Format
from tastemaker.io.writers import without_formula
from tastemaker.validation.plain import plain_text

Row = Mapping[str, object]
Justify: TypeAlias = Literal["left", "right"]

GAP = 3
"""How many columns of the screen lie between two columns of a table at most."""


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
    """Prints rows as a table, numbers to the right; as a block each where it is too wide for that.

    Nothing is cut: texts go on in the next line, and words stay whole.
    """
    screen, cells = console(), [[cell(row.get(name)) for name in columns] for row in rows]
    titles = [name.replace("_", " ") for name in columns]
    widths = [longest_word((title, *own)) for title, *own in zip(titles, *cells, strict=True)]
    if sum(widths) + GAP * (len(widths) - 1) > screen.width:
        print_blocks(screen, titles, cells, title)
        return
    shown = None if title is None else plain_line(title)
    table = Table(title=shown, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for place, name in enumerate(columns):
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        whole = not any(" " in own[place] for own in cells)
        justify: Justify = "right" if numeric else "left"
        table.add_column(titles[place], justify=justify, no_wrap=whole, overflow="fold")
    for own in cells:
        table.add_row(*own)
    screen.print(table)


def longest_word(texts: Iterable[str]) -> int:
    """How many columns of the screen the longest word of some texts takes."""
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def print_blocks(
    screen: Console, titles: Sequence[str], cells: Iterable[Sequence[str]], title: str | None
) -> None:
    """Prints a block of lines for each row: what is not empty, by the names of the columns."""
    if title is not None:
        screen.print(plain_line(title))
    for own in cells:
        grid = Table.grid(padding=(0, GAP, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, text in zip(titles, own, strict=True):
            if text:
                grid.add_row(f"{name}:", text)
        screen.print()
        screen.print(grid)


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
