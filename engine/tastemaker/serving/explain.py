"""Explaining one recommendation: which recommender, and which items of the person's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tastemaker.data import Float64Array, People
from tastemaker.recommender import Recommender
from tastemaker.serving.answers import Reason
from tastemaker.serving.catalogue import Catalogue

BECAUSE = {
    "popularity": "popular with many people",
    "collaborative": "often chosen together with {items}",
    "content": "similar to {items}",
    "hybrid": "fits well with {items}",
}
NEW = "new, and known to few yet"
NAMED = 2
"""How many items of the history, and how many recommenders, one sentence names."""


def spread(parts: Float64Array, contribution: float) -> Float64Array:
    """Spreads a recommender's contribution over the interactions, in proportion to their parts.

    The result sums to `contribution`, or is all zeros where the parts cancel out or name nothing.
    """
    total = float(parts.sum())
    if not np.isfinite(total) or abs(total) <= 1e-12 * float(np.abs(parts).sum()):
        return np.zeros_like(parts)
    return parts * (contribution / total)


def by_item(amounts: Float64Array, person: People) -> list[tuple[int, float]]:
    """The items of one person's history with their amounts, those that speak for, largest first."""
    items, rows = np.unique(person.histories.items, return_inverse=True)
    sums = np.bincount(rows, weights=amounts, minlength=len(items))
    order = np.argsort(-sums, kind="stable")
    return [(int(items[at]), float(sums[at])) for at in order if sums[at] > 0]


def reasons(amounts: Float64Array, person: People, catalogue: Catalogue) -> tuple[Reason, ...]:
    """The reasons that the amounts of a person's interactions amount to, the strongest first."""
    return tuple(
        Reason(catalogue.items.ids[index], catalogue.name(index), amount)
        for index, amount in by_item(amounts, person)
    )


def words(
    contributions: Mapping[str, float],
    amounts: Mapping[str, Float64Array],
    recommenders: Mapping[str, type[Recommender]],
    person: People,
    catalogue: Catalogue,
    explored: bool = False,
) -> str:
    """Why, in a sentence: what the strongest recommenders say, naming items of the history."""
    sayings = [NEW] if explored else []
    for name in sorted(contributions, key=lambda name: -contributions[name]):
        if contributions[name] <= 0 or len(sayings) == NAMED + explored:
            break
        named = [index for index, _ in by_item(amounts[name], person)[:NAMED]]
        saying = sentence(recommenders.get(name), [catalogue.name(index) for index in named])
        if saying and saying not in sayings:
            sayings.append(saying)
    return "; ".join(sayings)


def sentence(recommender: type[Recommender] | None, names: Sequence[str]) -> str:
    """What one recommender says about the items it names; empty where it has nothing to say."""
    family = recommender.family if recommender else "popularity"
    template = (recommender.because if recommender else "") or BECAUSE[family]
    if "{items}" not in template:
        return template
    return template.format(items=" and ".join(names)) if names else ""
