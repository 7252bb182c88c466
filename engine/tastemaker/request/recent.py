"""What just happened and is not recorded: the items of a session or a basket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from tastemaker.errors import InputError
from tastemaker.validation import (
    DEFAULT_KIND,
    DEFAULT_VALUE,
    Id,
    Json,
    check_id,
    check_kind,
    check_time,
    check_value,
)

MOST_RECENT = 10_000
"""How many recent interactions one request may bring. Chosen, not measured."""


class Recent(NamedTuple):
    """One interaction that counts for this request alone.

    Attributes:
        item_id: the application's id of the item.
        kind: "view", "purchase", …
        value: a rating, a quantity.
        time: microseconds since 1970 UTC; None for just now, after all that is known.
    """

    item_id: str
    kind: str = DEFAULT_KIND
    value: float = DEFAULT_VALUE
    time: int | None = None

    def as_json(self) -> Json:
        """The id alone where there is nothing else to say, a mapping otherwise."""
        if self == Recent(self.item_id):
            return self.item_id
        row: dict[str, Json] = {"item_id": self.item_id, "kind": self.kind, "value": self.value}
        return row if self.time is None else {**row, "at": self.time / 1e6}


RecentLike: TypeAlias = Id | Mapping[str, object] | Recent
"""An item's id, or a mapping with `item_id` and optionally `kind`, `value` and `at`."""

_FIELDS = ("item_id", "kind", "value", "at")


def read_all_recent(given: Iterable[RecentLike]) -> tuple[Recent, ...]:
    """Recent interactions, the oldest first where no time is given.

    Raises:
        InputError: one of them is refused, or there are too many.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InputError(
            f"recent is a {type(given).__name__}; give a list of item ids, the newest last."
        )
    rows = tuple(map(_read_recent, given))
    if len(rows) > MOST_RECENT:
        raise InputError(
            f"recent holds {len(rows)} interactions; give the newest {MOST_RECENT} at most."
        )
    return rows


def _read_recent(given: RecentLike) -> Recent:
    if isinstance(given, Recent):
        return given
    if not isinstance(given, Mapping):
        return Recent(check_id(given, "item_id of recent"))
    unknown = [str(name) for name in given if name not in _FIELDS]
    if unknown or "item_id" not in given:
        problem = f"has the unknown field {unknown[0]!r}" if unknown else "has no item_id"
        raise InputError(
            f"An interaction of recent {problem}; it must have item_id and may have kind, value "
            "and at."
        )
    at = given.get("at")
    return Recent(
        check_id(given["item_id"], "item_id of recent"),
        check_kind(given.get("kind", DEFAULT_KIND)),
        check_value(given.get("value", DEFAULT_VALUE)),
        None if at is None else check_time(at),
    )
