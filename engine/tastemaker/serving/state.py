"""What serves at one moment: a release over the catalogue as it is then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.data import Int64Array
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.exploration import Exploration, find_new_items
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.item_likeness import ItemLikeness
from tastemaker.serving.loading import LoadedRelease
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.reranking import NO_RERANKERS, NO_RERANKING, LoadedRerankers, Reranking
from tastemaker.store.items import StoredItems
from tastemaker.store.kinds import Kind


@dataclass(frozen=True)
class ServingState:
    """Everything that a response needs, of one moment.

    Attributes:
        release: the number of the release that serves; None where popularity does.
        catalogue: the items, the release's first.
        kinds: the kinds of interaction and what each weighs.
        ranker: the members, ready to score the catalogue.
        uses_features: whether a member or a re-ranker looks at people's declared features.
        problems: what kept members, re-rankers, or a release, out.
        reranking: the re-rankers that take part in every answer.
    """

    release: int | None
    catalogue: Catalogue
    kinds: Sequence[Kind]
    ranker: Ranker
    uses_features: bool
    problems: tuple[str, ...]
    reranking: Reranking = NO_RERANKING


def assemble_state(
    loaded: LoadedRelease,
    stored: StoredItems,
    kinds: Sequence[Kind],
    exploration: float = 0.0,
    before: ServingState | None = None,
    rerankers: LoadedRerankers = NO_RERANKERS,
) -> ServingState:
    """A release over the catalogue of this moment; members are extended by the items since then.

    Args:
        loaded: the release.
        stored: the items.
        kinds: the kinds of interaction.
        exploration: the share of places that goes to new items.
        before: what served before, of the same release: its members keep what they were extended
            by.
        rerankers: those of plugins.
    """
    catalogue = order_catalogue(stored, loaded.item_keys)
    members: list[GuardedRecommender] = []
    problems = [*loaded.problems, *rerankers.problems]
    for member in members_so_far(loaded, catalogue, before):
        extended, problem = member.extended(catalogue.items[member.n_items :])
        members.append(extended)
        problems.extend([f"{member.name} {problem}"] if problem else [])
    counts = np.pad(loaded.counts, (0, len(catalogue) - len(loaded.counts)))
    likeness = ItemLikeness.of(members, loaded.curve, catalogue.items)
    exploring = Exploration(exploration, find_new_items(counts))
    return ServingState(
        loaded.number,
        catalogue,
        kinds,
        Ranker(tuple(members), loaded.curve, Fallback(counts), exploring),
        any(member.recommender.uses_features for member in members)
        or any(one.reranker.uses_features for one in rerankers.rerankers),
        tuple(problems),
        Reranking(rerankers.rerankers, catalogue.items, likeness),
    )


def members_so_far(
    loaded: LoadedRelease, catalogue: Catalogue, before: ServingState | None
) -> Sequence[GuardedRecommender]:
    """The members as they served before; as trained if an item they were extended by changed."""
    if before is None:
        return loaded.members
    first, last = len(loaded.item_keys), len(before.catalogue)
    if before.catalogue.items[first:] != catalogue.items[first:last]:
        return loaded.members
    return before.ranker.members


def order_catalogue(stored: StoredItems, first: Int64Array) -> Catalogue:
    """The stored items with those of the given keys first, in their order.

    A release keeps the order it was trained in; an item of a smaller key may become visible later.
    """
    place = np.full(len(stored.keys), len(first), dtype=np.int64)
    place[np.searchsorted(stored.keys, first)] = np.arange(len(first))
    order = np.argsort(place, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return Catalogue(stored.items, stored.keys, stored.available)
    return Catalogue(stored.items.taken(order), stored.keys[order], stored.available[order])
