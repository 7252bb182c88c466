"""What serves at one moment: a release over the catalogue as it is then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tastemaker.blend import WeightCurve
from tastemaker.data import NO_PAIRS, Int64Array, ItemPairs, Items, StoredAttributes, TextColumn
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.request.surfaces import Surfaces
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.exploration import Exploration, find_new_items
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.item_likeness import ItemLikeness
from tastemaker.serving.loading import LoadedRelease
from tastemaker.serving.nearest import NearestItems
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.reranking import NO_RERANKERS, NO_RERANKING, LoadedRerankers, Reranking
from tastemaker.serving.told import reach_of
from tastemaker.store.attribute_columns import attribute_columns
from tastemaker.store.configuration import UNDECLARED_PEOPLE
from tastemaker.store.items import StoredItems, is_among
from tastemaker.store.kinds import TOLD_KINDS, Kind
from tastemaker.validation import UNTIMED


@dataclass(frozen=True)
class ServingState:
    """Everything that a response needs, of one moment.

    Attributes:
        release: the number of the release that serves; None where popularity does.
        catalogue: the items, the release's first.
        kinds: the kinds of interaction and what each weighs.
        ranker: the members, ready to score the catalogue.
        features: the declared features; none where no member and no re-ranker looks at them.
        problems: what kept members, re-rankers, or a release, out.
        surfaces: requests kept in the database.
        repeat_ranker: the members and weights of a release for where items may come again; None
            where it has none of its own.
        reranking: the re-rankers that take part in every answer.
        missing: the members that are not in it, or not as they should be, and why, by name.
        pairs: by how many people items were chosen together.
    """

    release: int | None
    catalogue: Catalogue
    kinds: Sequence[Kind]
    ranker: Ranker
    features: tuple[str, ...]
    problems: tuple[str, ...]
    surfaces: Surfaces = field(default_factory=lambda: Surfaces({}))
    repeat_ranker: Ranker | None = None
    reranking: Reranking = NO_RERANKING
    missing: Mapping[str, str] = field(default_factory=dict)
    pairs: ItemPairs = NO_PAIRS

    def ranker_for(self, repeats: bool) -> Ranker:
        """What ranks where items may come again (then they are candidates), or where they may not.

        Args:
            repeats: whether some items of the histories may be shown.
        """
        if not repeats:
            return self.ranker
        return self.repeat_ranker or self._ranker_of_own_items

    @cached_property
    def _ranker_of_own_items(self) -> Ranker:
        """The members and weights that rank otherwise, where there are none for repeats."""
        return replace(self.ranker, own_items=True)

    @cached_property
    def has_repeatable_kinds(self) -> bool:
        """Whether a kind by which people choose items is repeatable."""
        return any(kind.repeatable and kind.name not in TOLD_KINDS for kind in self.kinds)

    @cached_property
    def members(self) -> tuple[GuardedRecommender, ...]:
        """All members of the release."""
        again = self.repeat_ranker.members if self.repeat_ranker else ()
        return tuple(dict.fromkeys((*self.ranker.members, *again)))

    @cached_property
    def nearest(self) -> NearestItems:
        """The available items most like one: as many as lose something with it."""
        return NearestItems(self._find_nearest)

    def _find_nearest(self, item: int) -> tuple[Int64Array, bool]:
        excluded = ~self.catalogue.available[np.newaxis]
        excluded[0, item] = True
        ranking = self.ranker.rank_similar([item], excluded, reach_of(len(self.catalogue)))
        found: Int64Array = ranking.best.items[0, ranking.best.valid[0]]
        return found, not ranking.problems


def assemble_state(
    loaded: LoadedRelease,
    stored: StoredItems,
    kinds: Sequence[Kind],
    exploration: float = 0.0,
    before: ServingState | None = None,
    surfaces: Surfaces | None = None,
    rerankers: LoadedRerankers = NO_RERANKERS,
    undeclared: int = UNDECLARED_PEOPLE,
    features: tuple[str, ...] = (),
    observer: Observer = UNOBSERVED,
) -> ServingState:
    """A release over the catalogue of this moment; members are extended by the items since then.

    Args:
        loaded: the release.
        stored: the items.
        kinds: the kinds of interaction.
        exploration: the share of places that goes to new items.
        before: what served before, of the same release: its members keep what they were extended
            by.
        surfaces: requests kept in the database.
        rerankers: those of plugins.
        undeclared: by how many people an item that was not declared must have been chosen to be
            recommended.
        features: the declared ones.
        observer: is told what happens.
    """
    catalogue = order_catalogue(stored, loaded.item_keys)
    members: list[GuardedRecommender] = []
    problems = [*loaded.problems, *stored.problems, *rerankers.problems]
    missing = dict(loaded.missing)
    for member in members_so_far(loaded, catalogue, before):
        extended, problem = member.extended(catalogue.items[member.n_items :])
        members.append(extended)
        if problem:
            problems.append(f"{member.name} {problem}")
            missing[member.name] = problem
    counts = np.pad(loaded.counts, (0, len(catalogue) - len(loaded.counts)))
    catalogue = catalogue.supported(counts, undeclared)
    likeness = ItemLikeness.of(members, loaded.curve, catalogue.items)
    exploring = Exploration(exploration, find_new_items(counts))
    ranker = Ranker(tuple(members), loaded.curve, Fallback(counts), exploring, observer=observer)
    rankers = _for_repeats(ranker, loaded.repeat_curve)
    looked_at = [member.recommender.uses_features for member in members]
    looked_at += [one.reranker.uses_features for one in rerankers.rerankers]
    return ServingState(
        loaded.number,
        catalogue,
        kinds,
        rankers[0],
        features if any(looked_at) else (),
        tuple(problems),
        Surfaces({}) if surfaces is None else surfaces,
        rankers[1],
        Reranking(rerankers.rerankers, catalogue.items, likeness),
        missing,
        loaded.pairs,
    )


def _for_repeats(ranker: Ranker, curve: WeightCurve | None) -> tuple[Ranker, Ranker | None]:
    """The ranker without members that are there for repeats alone, and the one for repeats."""
    if curve is None:
        return ranker, None
    known = set(ranker.curve.members)
    first = tuple(one for one in ranker.members if one.name in known)
    again = tuple(one for one in ranker.members if one.name in curve.members)
    return (
        replace(ranker, members=first),
        replace(ranker, members=again, curve=curve, own_items=True),
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
    return before.members


def order_catalogue(stored: StoredItems, first: Int64Array) -> Catalogue:
    """The stored items with those of the given keys first, in their order.

    A release keeps the order it was trained in; an item of a smaller key may become visible later.
    One that was deleted since leaves a gap: an item without id or text that is not available.
    """
    stored = with_gaps(stored, first)
    place = np.full(len(stored.keys), len(first), dtype=np.int64)
    place[np.searchsorted(stored.keys, first)] = np.arange(len(first))
    order = np.argsort(place, kind="stable")
    times = (stored.created, stored.updated)
    if np.array_equal(order, np.arange(len(order))):
        return Catalogue(stored.items, stored.keys, stored.available, *times, stored.declared)
    created, updated = (own[order] if len(own) else own for own in times)
    return Catalogue(
        stored.items.taken(order),
        stored.keys[order],
        stored.available[order],
        created,
        updated,
        stored.declared[order] if len(stored.declared) else stored.declared,
    )


def with_gaps(stored: StoredItems, keys: Int64Array) -> StoredItems:
    """The stored items, and gaps for the keys that no item has any more."""
    gone = np.sort(keys[~is_among(keys, stored.keys)])
    if not len(gone):
        return stored
    texts = TextColumn.of([""] * len(gone))
    attributes = StoredAttributes(TextColumn.of(["{}"] * len(gone)), attribute_columns)
    keys = np.concatenate((stored.keys, gone))
    order = np.argsort(keys)
    created, updated = (
        np.concatenate((times, np.full(len(gone), UNTIMED)))[order] if len(times) else times
        for times in (stored.created, stored.updated)
    )
    declared = stored.declared
    if len(declared):
        declared = np.concatenate((declared, np.zeros(len(gone), dtype=np.bool_)))[order]
    return StoredItems(
        keys[order],
        stored.items.merged(Items(texts, texts, texts, attributes), order),
        np.concatenate((stored.available, np.zeros(len(gone), dtype=np.bool_)))[order],
        created=created,
        updated=updated,
        declared=declared,
    )
