"""Printing texts that hold data: nothing in them reaches the terminal as a command to it.

A title, an attribute or a plugin's error may hold what moves the cursor, renames the window, or
turns the direction of writing around.
"""

from __future__ import annotations

import json

import click

from tastemaker.cli.verbosity import is_quiet
from tastemaker.validation.plain import UNPRINTABLE, plain_text


def plain_line(text: str) -> str:
    """The same as one line: tabs and new lines are spaces."""
    return plain_text(text.replace("\n", " ").replace("\t", " "))


def echo(text: str, err: bool = False) -> None:
    """Prints a text, on standard error if `err`, without anything that a terminal would obey.

    What goes to standard error is a note, which nobody reads who is quiet.
    """
    if err and is_quiet():
        return
    click.echo(plain_text(text), err=err)


def print_json(value: object) -> None:
    """Prints JSON; what a terminal would obey is escaped, so that nothing is lost."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    click.echo(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
