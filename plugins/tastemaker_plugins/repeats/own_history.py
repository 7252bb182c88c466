"""The base of recommenders that score what a person chose before."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tastemaker import Float32Array, Float64Array, Int64Array, People, Recommender
from tastemaker_plugins.repeats.own_items import OwnItems
from tastemaker_plugins.repeats.own_words import own_words


class OwnScores(NamedTuple):
    """The scores of people's own items, and what each interaction counts in them.

    Attributes:
        own: the items.
        scores: (n_pairs,) float32 of each, above 0.
        amounts: (n_counting,) float64 above 0: the score is shared out in proportion to these.
    """

    own: OwnItems
    scores: Float32Array
    amounts: Float64Array


class OwnHistory(Recommender):
    """Scores the items of a person's own history above 0, all others 0; NaN without a history."""

    retrieve_cost = 0.5

    @abstractmethod
    def own_scores(self, people: People) -> OwnScores:
        """The scores of the people's own items."""

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; 0 for what was never chosen, NaN without a history."""
        own, scores, _ = self.own_scores(people)
        return own.all_scores(scores)

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: the same for some items of each person."""
        own, scores, _ = self.own_scores(people)
        return own.some_scores(scores, items)

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the person's own items, the best first."""
        own, scores, _ = self.own_scores(people)
        return own.best(scores, k)

    def words(self, people: People, items: Int64Array) -> Sequence[Sequence[str]]:
        """How often and how regularly the person chose each item; empty for what they never did."""
        own = OwnItems.of(people)
        texts = dict(zip(own.keys.tolist(), own_words(own, people), strict=True))
        starts = np.arange(len(people))[:, np.newaxis] * people.n_items
        return [[texts.get(key, "") for key in row] for row in (items + starts).tolist()]

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) each interaction's share of its own item's score."""
        own, scores, amounts = self.own_scores(people)
        return own.shares(people, amounts, scores, items)
