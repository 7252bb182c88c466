"""Texts that hold data, without what a terminal or a browser would obey.

A title, an attribute or a plugin's error may hold what moves the cursor, renames the window, or
turns the direction of writing around.
"""

from __future__ import annotations

import re

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""C0 but tab and new line, DEL, C1, ends of lines and what changes the direction of writing."""


def plain_text(text: str) -> str:
    """A text without anything that a terminal would obey."""
    return UNPRINTABLE.sub("", text)
