"""Where in a text something is: the line, and a caret below the place."""

from __future__ import annotations

SHOWN_BEFORE, SHOWN_AFTER = 50, 30
"""How much of a long line is shown on either side of a place; chosen."""


def place_in(text: str, place: int) -> str:
    """A position in a text in words, from 1; with the line where there are several."""
    line, start = text.count("\n", 0, place) + 1, text.rfind("\n", 0, place) + 1
    column = f"column {place - start + 1}"
    return f"line {line}, {column}" if "\n" in text else column


def excerpt_of(text: str, place: int) -> str:
    """The line of a text that a place is in, shortened if it is long, and a caret below the place.

    Args:
        text: any text.
        place: a position in it, from 0; at its end where something is missing.
    """
    start = text.rfind("\n", 0, place) + 1
    stop = text.find("\n", place)
    stop = len(text) if stop < 0 else stop
    first, last = max(start, place - SHOWN_BEFORE), min(stop, place + SHOWN_AFTER)
    before = ("…" if first > start else "") + on_one_line(text[first:place])
    after = on_one_line(text[place:last]) + ("…" if last < stop else "")
    return f"  {before}{after}\n  {' ' * len(before)}^"


def on_one_line(text: str) -> str:
    """A text with a space for each letter that cannot be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
