"""A crude peer for repeats: how often a person chose each item, and what everybody chose lately."""

from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, Float64Array, Int64Array, People
from tastemaker.data.top_k import top_k_places
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.evaluation_split import EvaluationSplit

DAY = 86_400.0
OWN_DAYS = 90.0
"""After so many days a choice of one's own counts half."""

RECENT_DAYS = 7.0
"""Of so many days is what everybody chose lately."""

BLOCK = 256


def habit_lists(split: EvaluationSplit, cases: HeldOutCases, k: int) -> dict[str, Int64Array]:
    """(n, k) items, best first, by own frequency, by recent popularity, and by the sum of both.

    Both as shares of their highest, for each person; half-life and window are those of the first
    measurements, tuned for nothing.

    Args:
        split: what may be learnt from; times are known.
        cases: whom to recommend to.
        k: how many items each.
    """
    known = split.data.people
    end = float(np.nanmax(known.times))
    late = known.times > end - RECENT_DAYS * DAY
    counts = np.bincount(known.histories.items[late], minlength=cases.people.n_items)
    recent = (counts / max(counts.max(), 1)).astype(np.float32)
    weights = np.exp2((cases.people.times - end) / (OWN_DAYS * DAY))
    lists: dict[str, list[Int64Array]] = {"own frequency": [], "recent": [], "both": []}
    for first in range(0, len(cases), BLOCK):
        rows = np.arange(first, min(first + BLOCK, len(cases)))
        own = _own_shares(cases.people, weights, rows)
        for name, scores in zip(
            lists, (own, np.zeros_like(own) + recent, own + recent), strict=True
        ):
            lists[name].append(top_k_places(scores, k))
    return {f"peer: {name}": np.concatenate(parts) for name, parts in lists.items()}


def _own_shares(people: People, weights: Float64Array, rows: Int64Array) -> Float32Array:
    """(n, n_items) float32 the own choices of some people, as shares of each one's highest."""
    own: Float32Array = people.matrix(weights.astype(np.float32))[rows].toarray()
    own /= np.maximum(own.max(axis=1, keepdims=True), np.float32(1e-9))
    return own
