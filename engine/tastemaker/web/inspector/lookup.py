"""What the form of a person's page says, and the requests that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qs

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.request.recent import read_all_recent
from tastemaker.request.request import Request
from tastemaker.validation import DEFAULT_KIND

FormFields: TypeAlias = Mapping[str, Sequence[str]]
"""The values of each field of a form."""

MOST_ON_PAGE = 100
"""How many recommendations a page shows at most. Chosen, not measured."""

MOST_FIELDS = 200
"""How many values a form may have. Chosen, not measured."""


class Lift(NamedTuple):
    """A part of a request that may be lifted.

    Attributes:
        label: what it is called on the page.
        field: the field of `Request` that says it.
        value: what the field says when it is lifted.
    """

    label: str
    field: str
    value: str | float | None


LIFTS: dict[str, Lift] = {
    "where": Lift("the rule", "where", None),
    "exclude": Lift("the excluded items", "exclude", None),
    "seen": Lift("that seen items are left out", "seen", "include"),
    "boost": Lift("the boosts", "boost", None),
    "diversity": Lift("the diversity", "diversity", None),
    "explore": Lift("the places for new items", "explore", 0.0),
}
"""What may be lifted, by the name of the checkbox."""


@dataclass(frozen=True)
class Lookup:
    """Who is looked up, by which request, and what would be changed.

    Attributes:
        user_id: empty for somebody who is not known.
        recent: items that just happened, one a line.
        where: a rule as text; empty for none.
        surface: the name of a request kept in the database; empty for none.
        seen: what becomes of the items of the history; empty for what the kinds decide.
        count: how many recommendations, as text.
        added: the item of an interaction that is added; empty for none.
        kind: the kind of that interaction.
        lifted: names of `LIFTS`.
    """

    user_id: str = ""
    recent: str = ""
    where: str = ""
    surface: str = ""
    seen: str = ""
    count: str = "10"
    added: str = ""
    kind: str = DEFAULT_KIND
    lifted: tuple[str, ...] = ()

    @classmethod
    def from_fields(cls, fields: FormFields) -> Lookup:
        """What a form says; fields that it does not have are passed over."""
        one = {name: values[-1] for name, values in fields.items() if name in _TEXTS and values}
        lifted = tuple(name for name in fields.get("lifted", ()) if name in LIFTS)
        return cls(**one, lifted=lifted)

    @property
    def is_what_if(self) -> bool:
        """Whether something would be changed."""
        return bool(self.added or self.lifted)

    def request(self, shop: Tastemaker) -> Request:
        """The request as it is, over its surface.

        Raises:
            InputError: something of it is refused.
            NotFoundError: there is no such surface.
        """
        given = Request(
            user_id=self.user_id or None,
            recent=_lines(self.recent) or None,
            where=self.where.strip() or None,
            seen=self.seen or None,  # type: ignore[arg-type]  # it is checked
            k=_count(self.count),
            explain=True,
        )
        return given.over(shop.surface(self.surface)) if self.surface else given

    def changed(self, request: Request) -> Request:
        """The same request with what would be changed.

        Raises:
            InputError: the interaction is refused.
        """
        lifted = {LIFTS[name].field: LIFTS[name].value for name in self.lifted}
        changed = replace(request, **lifted)  # type: ignore[arg-type]  # each by its field
        if not self.added:
            return changed
        added = {"item_id": self.added, "kind": self.kind}
        return replace(changed, recent=(*read_all_recent(request.recent or ()), added))


_TEXTS = ("user_id", "recent", "where", "surface", "seen", "count", "added", "kind")


def fields_of(body: bytes) -> FormFields:
    """The fields of a form, as browsers send it.

    Raises:
        InputError: it is no form.
    """
    try:
        text = body.decode("ascii")
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # what Python says of it may show a part of it
        raise InputError("The body is no form.") from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_ON_PAGE):
        raise InputError(f"How many must be a whole number from 1 to {MOST_ON_PAGE}.")
    return int(text)


def _lines(text: str) -> list[str]:
    """The lines of a field, which browsers send with either end of line."""
    return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
