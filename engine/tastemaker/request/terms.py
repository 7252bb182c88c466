"""The terms of a request: every field in one form, with the defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tastemaker.data import Int64Array
from tastemaker.request.cursor import decode_cursor
from tastemaker.request.preferences import AtMost, Boost, read_boosts, read_diversity
from tastemaker.request.recent import Recent, read_all_recent
from tastemaker.request.request import DEFAULT_COUNT, Request, Seen
from tastemaker.request.where import read_rule
from tastemaker.rules import Rule
from tastemaker.validation import Json


@dataclass(frozen=True)
class Terms:
    """What is to be answered, but for whom by their id; see `Request`.

    Attributes:
        k: how many items.
        recent: what just happened, the oldest first.
        features: declared features that count instead of the stored ones.
        where: only items that match.
        exclude: ids of items that must not come.
        seen: what becomes of the items of the history; None for as their kinds say.
        boosts: which items count as better or worse.
        diversity: how much variety counts.
        explore: the share of places for new items; None for as configured.
        shown: (n_shown,) int64 the store's keys of the items that the pages before have shown.
        explain: whether each recommendation says why.
        exact: whether every item is scored.
    """

    k: int = DEFAULT_COUNT
    recent: tuple[Recent, ...] = ()
    features: Mapping[str, Json] | None = None
    where: Rule | None = None
    exclude: tuple[str, ...] = ()
    seen: Seen | None = None
    boosts: tuple[Boost, ...] = ()
    diversity: tuple[float | AtMost, ...] = ()
    explore: float | None = None
    shown: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    explain: bool = False
    exact: bool = False


PLAIN = Terms()
"""The terms of a request that gives nothing."""


def terms_of(request: Request) -> Terms:
    """The terms of a request."""
    return Terms(
        k=DEFAULT_COUNT if request.k is None else request.k,
        recent=() if request.recent is None else read_all_recent(request.recent),
        features=request.features,
        where=None if request.where is None else read_rule(request.where),
        exclude=() if request.exclude is None else tuple(map(str, request.exclude)),
        seen=request.seen,
        boosts=() if request.boost is None else read_boosts(request.boost),
        diversity=() if request.diversity is None else read_diversity(request.diversity),
        explore=request.explore,
        shown=_shown(request.after),
        explain=bool(request.explain),
        exact=bool(request.exact),
    )


def _shown(after: str | None) -> Int64Array:
    return np.zeros(0, dtype=np.int64) if after is None else decode_cursor(after)
