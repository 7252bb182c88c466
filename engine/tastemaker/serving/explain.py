"""Explaining one recommendation: which recommender, and which items of the person's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tastemaker.data import Float64Array, People
from tastemaker.recommender import Recommender
from tastemaker.serving.answers import Reason
from tastemaker.serving.catalogue import Catalogue

FAMILY_TEXTS = {
    "popularity": "popular with many people",
    "collaborative": "often chosen together with {items}",
    "content": "similar to {items}",
    "hybrid": "fits well with {items}",
}
"""The reason given for a recommender that has no `because` of its own."""

NEW_ITEM_TEXT = "new, and known to few yet"
"""The reason given for an item that exploration inserted."""

MAX_NAMED = 2
"""How many items of the history, and how many recommenders, one explanation names at most."""


def scale_parts(parts: Float64Array, contribution: float) -> Float64Array:
    """(n_interactions,) a recommender's parts of a score, scaled to sum to its contribution.

    All zeros where the parts cancel out or name nothing.
    """
    total = float(parts.sum())
    if not np.isfinite(total) or abs(total) <= 1e-12 * float(np.abs(parts).sum()):
        return np.zeros_like(parts)
    return parts * (contribution / total)


def sum_by_item(amounts: Float64Array, person: People) -> list[tuple[int, float]]:
    """The items of one person's history whose amounts sum to more than 0, the largest first."""
    items, rows = np.unique(person.histories.items, return_inverse=True)
    sums = np.bincount(rows, weights=amounts, minlength=len(items))
    order = np.argsort(-sums, kind="stable")
    return [(int(items[at]), float(sums[at])) for at in order if sums[at] > 0]


def make_reasons(amounts: Float64Array, person: People, catalogue: Catalogue) -> tuple[Reason, ...]:
    """The reasons for a recommendation, the strongest first.

    Args:
        amounts: (n_interactions,) the part of the score owed to each interaction of the person.
        person: one person.
        catalogue: names the items.
    """
    return tuple(
        Reason(catalogue.items.ids[index], catalogue.name(index), amount)
        for index, amount in sum_by_item(amounts, person)
    )


def explanation_text(
    contributions: Mapping[str, float],
    amounts: Mapping[str, Float64Array],
    recommenders: Mapping[str, type[Recommender]],
    person: People,
    catalogue: Catalogue,
    explored: bool = False,
) -> str:
    """Why an item is recommended, in one sentence: the strongest recommenders' reasons.

    Args:
        contributions: each recommender's part of the score.
        amounts: for each recommender, (n_interactions,) its part by interaction.
        recommenders: their classes; one that is not there is taken for popularity.
        person: one person.
        catalogue: names the items.
        explored: whether exploration inserted the item.
    """
    texts = [NEW_ITEM_TEXT] if explored else []
    for name in sorted(contributions, key=lambda name: -contributions[name]):
        if contributions[name] <= 0 or len(texts) == MAX_NAMED + explored:
            break
        named = [index for index, _ in sum_by_item(amounts[name], person)[:MAX_NAMED]]
        text = recommender_text(recommenders.get(name), [catalogue.name(index) for index in named])
        if text and text not in texts:
            texts.append(text)
    return "; ".join(texts)


def recommender_text(recommender: type[Recommender] | None, names: Sequence[str]) -> str:
    """One recommender's reason, with the items it names; empty where it needs some and has none."""
    family = recommender.family if recommender else "popularity"
    template = (recommender.because if recommender else "") or FAMILY_TEXTS[family]
    if "{items}" not in template:
        return template
    return template.format(items=" and ".join(names)) if names else ""
