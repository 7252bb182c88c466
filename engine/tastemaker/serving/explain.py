"""Explaining an answer: which recommenders, and which items of the person's own history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from tastemaker.data import NO_PAIRS, Float32Array, Float64Array, Int32Array, Int64Array, ItemPairs
from tastemaker.recommender import Recommender
from tastemaker.serving.answers import Reason, Recommendation
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.reason_texts import (
    LESS_TEXT,
    NEW_ITEM_TEXT,
    NO_TEXT,
    Backing,
    backed_text,
)
from tastemaker.serving.told import TOLD

LEAST_TOLD = 0.005
"""The share of a score's positive part below which a member is not spoken of: 0 % when rounded."""

MAX_NAMED = 2
"""How many items of the history, and how many recommenders, one explanation names at most."""


@dataclass(frozen=True)
class ReasonAmounts:
    """What of the scores of one answer is owed to each item of the person's history.

    Attributes:
        items: (n_own,) int64 the items of the history, each once, ascending.
        by_member: (n_members, n_own, k) float64 each member's amounts for each recommended item;
            all 0 where a member names none.
    """

    items: Int64Array
    by_member: Float64Array

    @cached_property
    def totals(self) -> Float64Array:
        """(n_own, k) the amounts of all members together."""
        return np.asarray(self.by_member.sum(axis=0))

    def strongest(self) -> list[list[int]]:
        """For each recommended item, the places in `items` of amounts above 0, largest first."""
        order = np.argsort(-self.totals, axis=0, kind="stable").T.tolist()
        counts = np.count_nonzero(self.totals > 0, axis=0).tolist()
        return [own[:count] for own, count in zip(order, counts, strict=True)]

    @cached_property
    def named(self) -> list[list[list[int]]]:
        """For each member and recommended item, the places of the `MAX_NAMED` largest amounts.

        Only of those above 0, the largest first.
        """
        left, found = self.by_member.copy(), []
        for _ in range(MAX_NAMED if len(self.items) else 0):
            places = left.argmax(axis=1)[:, np.newaxis]
            there = np.take_along_axis(left, places, axis=1) > 0
            found.append(np.where(there, places, -1))
            np.put_along_axis(left, places, 0, axis=1)
        if not found:
            return [[[] for _ in range(left.shape[2])] for _ in range(left.shape[0])]
        every = np.concatenate(found, axis=1).transpose(0, 2, 1).tolist()
        return [[[place for place in own if place >= 0] for own in row] for row in every]


def reason_amounts(
    parts: Sequence[Float32Array], contributions: Float32Array, history: Int32Array
) -> ReasonAmounts:
    """Members' parts of their scores as amounts of the blended scores, by item of the history.

    Args:
        parts: for each member (n_interactions, k), what `reasons` gave for one person.
        contributions: (n_members, k) what each member contributes to each blended score.
        history: (n_interactions,) the items of the person's history.
    """
    order = np.argsort(history, kind="stable")
    ordered = history[order]
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    own = np.zeros((len(parts), len(starts), contributions.shape[1]))
    # most of the members name nothing, and what they contribute is not looked at
    naming = [member for member, part in enumerate(parts) if part.any()]
    if naming:
        given = np.array([parts[member] for member in naming], dtype=np.float64)
        scaled = scale_parts(given, contributions[naming])
        own[naming] = np.add.reduceat(scaled[:, order], starts, axis=1)
    return ReasonAmounts(ordered[starts].astype(np.int64), own)


def scale_parts(parts: Float64Array, contributions: Float32Array) -> Float64Array:
    """(n_members, n_interactions, k) parts of scores, scaled to sum to the contributions.

    All zeros where the parts cancel out or name nothing.

    Args:
        parts: (n_members, n_interactions, k).
        contributions: (n_members, k).
    """
    sums = parts.sum(axis=1)
    usable = np.isfinite(sums) & (np.abs(sums) > 1e-12 * np.abs(parts).sum(axis=1))
    scales = np.divide(contributions, sums, where=usable, out=np.zeros_like(sums))
    if not usable.all():
        parts = np.where(usable[:, np.newaxis], parts, 0)
    scaled: Float64Array = parts * scales[:, np.newaxis]
    return scaled


@dataclass(frozen=True)
class Explainer:
    """Puts the amounts of one answer into reasons and words.

    Attributes:
        members: the names of the members, and of the re-rankers, in the order of the contributions.
        classes: their classes, by name; one that is not there is taken for popularity.
        catalogue: names the items.
        rerankers: why each re-ranker puts an item first, by its name; empty where it does not say.
        counts: (n_items,) how many people chose each item.
        pairs: by how many people items were chosen together.
    """

    members: Sequence[str]
    classes: Mapping[str, type[Recommender]]
    catalogue: Catalogue
    rerankers: Mapping[str, str] = field(default_factory=dict)
    counts: Float32Array = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    pairs: ItemPairs = NO_PAIRS

    def explained(
        self,
        recommended: Sequence[Recommendation],
        items: Sequence[int],
        contributions: Float32Array,
        amounts: ReasonAmounts,
        words: Sequence[Sequence[str]] = (),
    ) -> list[Recommendation]:
        """The recommendations of one answer with contributions, reasons and words.

        Args:
            recommended: the plain ones.
            items: the index of each.
            contributions: (n_members, k) what each member contributes to each.
            amounts: what of it is owed to the history.
            words: each member's own words for each item, if it has any; nothing where none has.
        """
        indexes = amounts.items.tolist()
        ids, titles = self.catalogue.texts(amounts.items)
        names = [title or item_id for title, item_id in zip(titles, ids, strict=True)]
        rows = (contributions.T.tolist(), amounts.totals.T.tolist(), amounts.strongest())
        result = []
        for place, (one, parts, totals, strongest) in enumerate(
            zip(recommended, *rows, strict=False)
        ):
            columns = (map(own.__getitem__, strongest) for own in (ids, names, totals))
            # some hundred reasons an answer: by the tuple's own constructor in a third of the time
            reasons = tuple(map(partial(tuple.__new__, Reason), zip(*columns, strict=True)))
            named = [own[place] for own in amounts.named]
            own_words = [own[place] if own else "" for own in words]
            backing = self._backing(items[place], indexes)
            why = self.text(parts, named, names, backing, one.explored, own_words)
            less = self._told(parts, amounts, place, names)
            result.append(
                Recommendation(
                    one.item_id,
                    one.score,
                    one.title,
                    dict(zip(self.members, parts, strict=True)),
                    reasons,
                    "; ".join(filter(None, (why, less))),
                    one.explored,
                )
            )
        return result

    def text(
        self,
        contributions: Sequence[float],
        named: Sequence[Sequence[int]],
        names: Sequence[str],
        backing: Backing,
        explored: bool = False,
        words: Sequence[str] = (),
    ) -> str:
        """Why an item is recommended, in one sentence: the strongest recommenders' reasons.

        Args:
            contributions: each member's part of the score.
            named: for each member, the places of the items of the history that it names.
            names: what the items of the history are called.
            backing: how many people stand behind it.
            explored: whether exploration inserted the item.
            words: each member's own words for the item; empty where it has none.
        """
        texts = [NEW_ITEM_TEXT] if explored else []
        least = LEAST_TOLD * sum(part for part in contributions if part > 0)
        for member in sorted(range(len(contributions)), key=lambda own: -contributions[own]):
            if not contributions[member] > least or len(texts) == MAX_NAMED + explored:
                break
            own_words = words[member] if member < len(words) else ""
            text = own_words or self._reason(self.members[member], named[member], names, backing)
            if text and text not in texts:
                texts.append(text)
        if not texts and any(own > 0 for own in contributions):
            return NO_TEXT
        return "; ".join(texts)

    def _backing(self, item: int, history: Sequence[int]) -> Backing:
        """How many people stand behind an item; pairs are looked up where they are spoken of."""
        chosen = int(self.counts[item]) if item < len(self.counts) else 0
        return Backing(chosen, lambda place: self.pairs.together(history[place], item))

    def _told(
        self,
        contributions: Sequence[float],
        amounts: ReasonAmounts,
        place: int,
        names: Sequence[str],
    ) -> str:
        """What the person told that kept an item from ranking higher; empty for nothing."""
        if TOLD not in self.members:
            return ""
        row = self.members.index(TOLD)
        if contributions[row] >= 0:
            return ""
        own = int(amounts.by_member[row, :, place].argmin())
        return LESS_TEXT.format(items=names[own])

    def _reason(self, name: str, own: Sequence[int], names: Sequence[str], backing: Backing) -> str:
        """The reason of one part of a score."""
        if name in self.rerankers:
            return self.rerankers[name]
        return backed_text(self.classes.get(name), own, names, backing)
