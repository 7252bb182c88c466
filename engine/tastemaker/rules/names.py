"""What rules are about: fields of items, and attributes, which have any name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from tastemaker.errors import InputError, RuleError
from tastemaker.validation import check_attribute_name

TIME_FIELDS = ("created", "updated")
"""When an item came into the database, and when it was last changed."""

TEXT_FIELDS = ("item_id", "title", "text")
ITEM_FIELDS = frozenset((*TIME_FIELDS, *TEXT_FIELDS))

RULE_WORDS = frozenset(
    ("and", "or", "not", "in", "one_of", "contains", "exists", "true", "false", "days")
)
"""What means something else in the text of a rule, in small or capital letters."""

PLAIN_NAME = re.compile(r"[^\W\d]\w*")

NAMES_SHOWN = 30
"""Names that a message lists at most; chosen."""


@dataclass(frozen=True)
class Name:
    """What a comparison looks at.

    Attributes:
        text: its name.
        is_field: whether it is a field of items and not an attribute.
    """

    text: str
    is_field: bool = False

    @property
    def is_time(self) -> bool:
        """Whether it is a field that holds times."""
        return self.is_field and self.text in TIME_FIELDS

    @property
    def is_text(self) -> bool:
        """Whether it is a field that holds one text."""
        return self.is_field and self.text in TEXT_FIELDS

    def __str__(self) -> str:
        plain = PLAIN_NAME.fullmatch(self.text) and self.text.lower() not in RULE_WORDS
        if self.is_field or (plain and self.text not in ITEM_FIELDS):
            return self.text
        return f"`{self.text.replace('`', '``')}`"


def plain_name(text: str) -> Name:
    """What a bare name means: the item field of that name, or else the attribute."""
    return Name(text, is_field=True) if text in ITEM_FIELDS else attribute_name(text)


def attribute_name(text: object) -> Name:
    """The attribute of that name, also where an item field is called the same.

    Raises:
        RuleError: no attribute can be called so.
    """
    try:
        return Name(check_attribute_name(text, "item attribute"))
    except InputError as error:
        raise RuleError(str(error), "Name an attribute.") from None


def unknown_attribute(name: str, known: Iterable[str]) -> RuleError:
    """Says that no item has an attribute, and which is nearest."""
    names = sorted(known)
    near = get_close_matches(name, (*names, *sorted(ITEM_FIELDS)), n=1)
    nearest = f"Did you mean {near[0]!r}? " if near else ""
    more = ", …" if len(names) > NAMES_SHOWN else ""
    listed = ", ".join(names[:NAMES_SHOWN]) or "none"
    return RuleError(
        f"No item has the attribute {name!r}.",
        f"{nearest}Known are: {listed}{more}. Fields of every item are: "
        f"{', '.join(sorted(ITEM_FIELDS))}.",
    )
