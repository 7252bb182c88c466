"""One request: for whom, by which rules, in which order, and which page of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from tastemaker.errors import InputError
from tastemaker.request.cursor import decode_cursor
from tastemaker.request.preferences import (
    BoostLike,
    DiversityLike,
    read_boosts,
    read_diversity,
)
from tastemaker.request.recent import RecentLike, read_all_recent
from tastemaker.request.where import RuleLike, read_rule
from tastemaker.validation import (
    Id,
    Json,
    check_attributes,
    check_count,
    check_id,
    check_several,
    check_share,
)

Seen: TypeAlias = Literal["exclude", "include", "only"]
"""What becomes of items that the person has had to do with."""

MOST_RECOMMENDED = 10_000
"""The largest k. Chosen, not measured: far more than anybody looks at."""

DEFAULT_COUNT = 10


@dataclass(frozen=True)
class Request:
    """What an application may request. Everything that is not given has a default.

    The same as keywords of `Tastemaker.recommend`, as JSON (`from_json`, `as_json`), and, without
    the person, kept in the database as a surface.

    Attributes:
        user_id: the application's id of the user; None for somebody who is not known.
        recent: what just happened and is not recorded: item ids, the newest last, or mappings with
            `item_id` and optionally `kind`, `value` and `at`. It counts as if it were recorded.
        features: declared features of somebody who is not known, or other ones for this request.
        k: how many items, 10 unless given; fewer come only where fewer may be shown.
        where: only items that a rule matches: `F.price < 20`, or the same as text.
        exclude: ids of items that must not come.
        seen: "exclude" leaves out the items of the person's history, "include" lets them come
            again, "only" lets nothing else come. Unless given, those may come again that the
            person has had to do with by repeatable kinds of interaction alone.
        boost: rules and by which factor the items that match them count as better, or worse.
        diversity: from 0 to 1, how much variety counts against the score; or `AtMost(2, "brand")`.
        explore: the share of places that goes to new items; as configured unless given.
        after: `after` of the answer before, for the next page.
        explain: whether each recommendation says why.
        exact: whether every item is scored, instead of the candidates that retrievers find.

    Raises:
        InputError: something of it is refused.
    """

    user_id: Id | None = field(default=None, repr=False)
    recent: Iterable[RecentLike] | None = None
    features: Mapping[str, Json] | None = field(default=None, repr=False)
    k: int | None = None
    where: RuleLike | None = None
    exclude: Iterable[Id] | None = None
    seen: Seen | None = None
    boost: BoostLike | None = None
    diversity: DiversityLike | None = None
    explore: float | None = None
    after: str | None = None
    explain: bool | None = None
    exact: bool | None = None

    def __post_init__(self) -> None:
        for name, read in _READERS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read(value))

    def over(self, surface: Request) -> Request:
        """This request, with what the surface says where this one says nothing.

        Args:
            surface: a request as it is kept in the database.
        """
        given = {name: value for name in FIELDS if (value := getattr(self, name)) is not None}
        return dataclasses.replace(surface, **given)


def _read_seen(value: object) -> object:
    if value not in get_args(Seen):
        raise InputError(f"seen is {value!r}; give one of {', '.join(get_args(Seen))}.")
    return value


def _read_count(value: object) -> int:
    k = check_count(value)
    if k > MOST_RECOMMENDED:
        raise InputError(
            f"k is {k}; the most is {MOST_RECOMMENDED}. Ask for fewer, and for the next page by "
            "`after`."
        )
    return k


def _read_excluded(value: Iterable[Id]) -> tuple[str, ...]:
    return tuple(check_id(one, "item_id of exclude") for one in check_several(value, "exclude"))


def _read_flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; give true or false.")
    return value


def _read_cursor(value: object) -> object:
    decode_cursor(value)
    return value


_READERS: dict[str, Callable[[Any], object]] = {
    "user_id": lambda value: check_id(value, "user_id"),
    "recent": read_all_recent,
    "features": lambda value: check_attributes(value, "user feature"),
    "k": _read_count,
    "where": read_rule,
    "exclude": _read_excluded,
    "seen": _read_seen,
    "boost": read_boosts,
    "diversity": read_diversity,
    "explore": lambda value: check_share(value, "explore"),
    "after": _read_cursor,
    "explain": lambda value: _read_flag(value, "explain"),
    "exact": lambda value: _read_flag(value, "exact"),
}
"""What reads each field of a request, and refuses what is none."""

FIELDS = tuple(_READERS)
