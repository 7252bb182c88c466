"""Explaining an answer: which recommenders, and which items of the person's own history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tastemaker.data import Float32Array, Float64Array, Int32Array, Int64Array
from tastemaker.recommender import Recommender
from tastemaker.serving.answers import Reason, Recommendation
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

    def strongest(self, amounts: Float64Array, most: int | None = None) -> list[int]:
        """The places in `items` of the amounts (n_own,) above 0, the largest first."""
        order = np.argsort(-amounts, kind="stable")[:most]
        return [int(place) for place in order[amounts[order] > 0]]


def reason_amounts(
    parts: Sequence[Float32Array], contributions: Float32Array, history: Int32Array
) -> ReasonAmounts:
    """Members' parts of their scores as amounts of the blended scores, by item of the history.

    Args:
        parts: for each member (n_interactions, k), what `reasons` gave for one person.
        contributions: (n_members, k) what each member contributes to each blended score.
        history: (n_interactions,) the items of the person's history.
    """
    items, places = np.unique(history, return_inverse=True)
    own = np.zeros((len(parts), len(items), contributions.shape[1]))
    if len(items):
        order = np.argsort(places, kind="stable")
        starts = np.searchsorted(places[order], np.arange(len(items)))
        scaled = scale_parts(np.stack(parts).astype(np.float64), contributions)
        np.add.reduceat(scaled[:, order], starts, axis=1, out=own)
    return ReasonAmounts(items.astype(np.int64), own)


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
    scaled: Float64Array = np.where(usable[:, np.newaxis], parts, 0) * scales[:, np.newaxis]
    return scaled


@dataclass(frozen=True)
class Explainer:
    """Puts the amounts of one answer into reasons and words.

    Attributes:
        members: the names of the members, and of the re-rankers, in the order of the contributions.
        classes: their classes, by name; one that is not there is taken for popularity.
        catalogue: names the items.
        rerankers: why each re-ranker puts an item first, by its name; empty where it does not say.
    """

    members: Sequence[str]
    classes: Mapping[str, type[Recommender]]
    catalogue: Catalogue
    rerankers: Mapping[str, str] = field(default_factory=dict)

    def explained(
        self,
        recommended: Sequence[Recommendation],
        contributions: Float32Array,
        amounts: ReasonAmounts,
    ) -> list[Recommendation]:
        """The recommendations of one answer with contributions, reasons and words.

        Args:
            recommended: the plain ones.
            contributions: (n_members, k) what each member contributes to each.
            amounts: what of it is owed to the history.
        """
        indexes = amounts.items.tolist()
        ids = [self.catalogue.items.ids[index] for index in indexes]
        names = [self.catalogue.name(index) for index in indexes]
        result = []
        for place, (one, parts) in enumerate(
            zip(recommended, contributions.T.tolist(), strict=False)
        ):
            total = amounts.totals[:, place]
            strongest = amounts.strongest(total)
            columns = (map(own.__getitem__, strongest) for own in (ids, names, total.tolist()))
            result.append(
                one._replace(
                    contributions=dict(zip(self.members, parts, strict=True)),
                    reasons=tuple(map(Reason, *columns)),
                    why=self.text(parts, amounts, place, names, one.explored),
                )
            )
        return result

    def text(
        self,
        contributions: Sequence[float],
        amounts: ReasonAmounts,
        place: int,
        names: Sequence[str],
        explored: bool = False,
    ) -> str:
        """Why an item is recommended, in one sentence: the strongest recommenders' reasons.

        Args:
            contributions: each member's part of the score.
            amounts: what of the answer is owed to the history.
            place: the item's place in the answer.
            names: what the items of the history are called.
            explored: whether exploration inserted the item.
        """
        texts = [NEW_ITEM_TEXT] if explored else []
        for member in sorted(range(len(contributions)), key=lambda own: -contributions[own]):
            if contributions[member] <= 0 or len(texts) == MAX_NAMED + explored:
                break
            named = amounts.strongest(amounts.by_member[member, :, place], MAX_NAMED)
            text = self._reason(self.members[member], [names[own] for own in named])
            if text and text not in texts:
                texts.append(text)
        return "; ".join(texts)

    def _reason(self, name: str, items: Sequence[str]) -> str:
        """The reason of one part of a score."""
        if name in self.rerankers:
            return self.rerankers[name]
        return recommender_text(self.classes.get(name), items)


def recommender_text(recommender: type[Recommender] | None, names: Sequence[str]) -> str:
    """One recommender's reason, with the items it names; empty where it needs some and has none."""
    family = recommender.family if recommender else "popularity"
    template = (recommender.because if recommender else "") or FAMILY_TEXTS[family]
    if "{items}" not in template:
        return template
    return template.format(items=" and ".join(names)) if names else ""
