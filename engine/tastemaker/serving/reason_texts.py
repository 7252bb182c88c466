"""Reasons in words, which speak of other people only where enough of them stand behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tastemaker.recommender import Recommender

FAMILY_TEXTS = {
    "popularity": "popular with many people",
    "collaborative": "often chosen together with {items}",
    "content": "similar to {items}",
    "hybrid": "fits well with {items}",
}
"""The reason given for a recommender that has no `because` of its own."""

FEWEST_PEOPLE = 5
"""Nothing is said of other people that fewer than so many did: whoever knows some of them could
learn what the others chose. A choice of anonymity, not measured."""

FEWEST_WITH_FEATURES = 20
"""The same for recommenders that look at what people declared of themselves."""

FEW_TEXT = "because of {items}"
"""What is said in place of what too few people did, of the person's own items."""

NO_TEXT = "picked for you"
"""What is said where nothing else may be."""

LESS_TEXT = "although you wanted less like {items}"
"""What is said of an item that lost rank by what the person told."""

NEW_ITEM_TEXT = "new, and known to few yet"
"""The reason given for an item that exploration inserted."""


class Backing(NamedTuple):
    """How many people stand behind one recommended item.

    Attributes:
        chosen: how many chose it.
        together: gives, for the place of an item of the person's history, how many chose both.
    """

    chosen: int
    together: Callable[[int], int]


def backed_text(
    recommender: type[Recommender] | None,
    own: Sequence[int],
    names: Sequence[str],
    backing: Backing,
) -> str:
    """One recommender's reason for an item; empty where it has none that may be told.

    Args:
        recommender: whose; None for the engine's own popularity.
        own: the places of the items of the history that it names.
        names: what the items of the history are called.
        backing: how many people stand behind the item.
    """
    titles = [names[place] for place in own]
    if recommender is not None and (recommender.family == "content" or recommender.private):
        # of a private one: how many people stand behind it would tell what its noise hides
        return recommender_text(recommender, titles)
    features = recommender is not None and recommender.uses_features
    least = FEWEST_WITH_FEATURES if features else FEWEST_PEOPLE
    if "{items}" not in template_of(recommender):
        return recommender_text(recommender, ()) if backing.chosen >= least else ""
    backed = [names[place] for place in own if backing.together(place) >= least]
    if backed:
        return recommender_text(recommender, backed)
    return FEW_TEXT.format(items=" and ".join(titles)) if titles else ""


def template_of(recommender: type[Recommender] | None) -> str:
    """One recommender's reason, in which `{items}` stands for what it names."""
    family = recommender.family if recommender else "popularity"
    return (recommender.because if recommender else "") or FAMILY_TEXTS[family]


def recommender_text(recommender: type[Recommender] | None, names: Sequence[str]) -> str:
    """One recommender's reason, with the items it names; empty where it needs some and has none."""
    template = template_of(recommender)
    if "{items}" not in template:
        return template
    return template.format(items=" and ".join(names)) if names else ""
