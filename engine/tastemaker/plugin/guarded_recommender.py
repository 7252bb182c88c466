"""A trained recommender behind a guard: whatever it does, its caller gets a result or a reason."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tastemaker.data import NAN, Float32Array, Int64Array, Items, People
from tastemaker.plugin.guard import (
    guarded_extension,
    guarded_retrieve,
    guarded_score,
    guarded_score_items,
)
from tastemaker.plugin.guarded_calls import GuardedCalls, Note
from tastemaker.plugin.observer import Observer
from tastemaker.plugin.telling import (
    Texts,
    guarded_item_vectors,
    guarded_reasons,
    guarded_similar,
    guarded_words,
)
from tastemaker.recommender import Recommender


class GuardedRecommender:
    """A trained recommender behind a guard and breakers of its own.

    It serves any number of items from `n_items` on: those that the recommender does not know
    score NaN.

    Attributes:
        recommender: the trained recommender.
        n_items: how many items it scores.
        calls: makes the calls for scores and candidates.
        telling: makes those for reasons, words and likeness, whose failures cost no score.
        observer: is told how long each call took, and how it failed; nobody is while training.
    """

    def __init__(
        self,
        recommender: Recommender,
        n_items: int,
        calls: GuardedCalls | None = None,
        telling: GuardedCalls | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.recommender = recommender
        self.n_items = n_items
        self.calls = GuardedCalls() if calls is None else calls
        self.telling = self.calls.apart() if telling is None else telling
        self.observer = observer

    @property
    def name(self) -> str:
        """The recommender's name."""
        return self.recommender.name

    @property
    def problem(self) -> str:
        """Why it is out of service now; empty while it is not."""
        return self.calls.breaker.problem or self.telling.breaker.problem

    def _note(self, stage: str, count: int) -> Note | None:
        """What is told of one call: a part of a stage, for so many people."""
        observer = self.observer
        if observer is None:
            return None
        return lambda seconds, problem: observer.note(stage, self.name, seconds, count, problem)

    def score(self, people: People) -> tuple[Float32Array | None, str]:
        """(len(people), people.n_items) float32 scores, or None and the problem."""
        known, problem = self._known(people)
        if known is None:
            return None, problem
        scores, problem = self.calls.call(
            lambda: guarded_score(self.recommender, known), self._note("score", len(people))
        )
        if scores is None or self.n_items == people.n_items:
            return scores, problem
        return _padded(scores, people.n_items), ""

    def score_items(self, people: People, items: Int64Array) -> tuple[Float32Array | None, str]:
        """(n, width) float32 scores of some items of each person, or None and the problem.

        Args:
            people: whose histories may hold any item.
            items: (n, width) int64 indexes.
        """
        known, problem = self._known(people)
        if known is None:
            return None, problem
        if not items.size or not self.n_items:
            return np.full(items.shape, NAN), ""
        if self.n_items == people.n_items:
            return self.calls.call(
                lambda: guarded_score_items(self.recommender, known, items),
                self._note("score", len(people)),
            )
        inside = items < self.n_items
        requested = np.where(inside, items, 0)
        scores, problem = self.calls.call(
            lambda: guarded_score_items(self.recommender, known, requested),
            self._note("score", len(people)),
        )
        return (None, problem) if scores is None else (np.where(inside, scores, NAN), "")

    def retrieve(self, people: People, k: int) -> tuple[Int64Array | None, str]:
        """(n, k) int64 its best items of each person, -1 for none, or None and the problem."""
        known, problem = self._known(people)
        if known is None:
            return None, problem
        return self.calls.call(
            lambda: guarded_retrieve(self.recommender, known, k),
            self._note("retrieve", len(people)),
        )

    def reasons(self, people: People, items: Int64Array) -> tuple[Float32Array | None, str]:
        """(n_interactions, width) float32 shares of the items' scores, or None and the problem.

        Args:
            people: whose histories may hold any item.
            items: (n, width) int64 indexes.
        """
        known, problem = self._known(people)
        if known is None:
            return None, problem
        shape = (len(people.histories.items), items.shape[1])
        if 0 in shape or not self.n_items:
            return np.zeros(shape, dtype=np.float32), ""
        inside = items < self.n_items
        requested = np.where(inside, items, 0)
        part, problem = self.telling.call(
            lambda: guarded_reasons(self.recommender, known, requested),
            self._note("explain", len(people)),
        )
        if part is None or self.n_items == people.n_items:
            return part, problem
        shares = np.zeros(shape, dtype=np.float32)
        mine = people.histories.items < self.n_items
        shares[mine] = part * inside[people.histories.rows[mine]]
        return shares, ""

    def words(self, people: People, items: Int64Array) -> tuple[Texts | None, str]:
        """A text for each of some items of each person; none where it has none, or a problem.

        Args:
            people: whose histories may hold any item.
            items: (n, width) int64 indexes.
        """
        if type(self.recommender).words is Recommender.words or not items.size or not self.n_items:
            return (), ""
        known, problem = self._known(people)
        if known is None:
            return None, problem
        inside = items < self.n_items
        requested = np.where(inside, items, 0)
        texts, problem = self.telling.call(
            lambda: guarded_words(self.recommender, known, requested),
            self._note("explain", len(people)),
        )
        if not texts or inside.all():
            return texts, problem
        rows = zip(texts, inside.tolist(), strict=True)
        said = (
            tuple(text * own for text, own in zip(row, own_row, strict=True))
            for row, own_row in rows
        )
        return tuple(said), ""

    def similar(self, item_index: int, n_items: int) -> tuple[Float32Array | None, str]:
        """(n_items,) float32 likeness to one item, NaN where unknown, or None and the problem."""
        if item_index >= self.n_items:
            return np.full(n_items, np.nan, dtype=np.float32), ""
        likeness, problem = self.telling.call(
            lambda: guarded_similar(self.recommender, item_index, self.n_items),
            self._note("similar", 1),
        )
        return (None, problem) if likeness is None else (_padded(likeness, n_items), "")

    def item_vectors(self, items: Int64Array) -> tuple[Float32Array | None, str]:
        """(len(items), size) float32, zeros for items that it does not know; None for none.

        Args:
            items: (n,) int64 indexes, of any items.
        """
        inside = items < self.n_items
        if not items.size or not self.n_items:
            return None, ""
        requested = np.where(inside, items, 0)
        vectors, problem = self.telling.call(
            lambda: guarded_item_vectors(self.recommender, requested), self._note("rank", 1)
        )
        if vectors is None or inside.all():
            return vectors, problem
        return np.where(inside[:, np.newaxis], vectors, np.float32(0)), ""

    def extended(self, items: Items) -> tuple[GuardedRecommender, str]:
        """The same with the items added since training, or itself as it is and the problem."""
        if type(self.recommender).extend is Recommender.extend or not len(items):
            return self, ""
        longer, problem = self.calls.once(lambda: guarded_extension(self.recommender, items))
        if longer is None:
            return self, problem
        n_items = self.n_items + len(items)
        return GuardedRecommender(longer, n_items, self.calls, self.telling, self.observer), ""

    def _known(self, people: People) -> tuple[People | None, str]:
        """The people with the interactions of the items that it knows; None where it knows more."""
        if self.n_items > people.n_items:
            return None, f"was trained on {self.n_items} items, more than the {people.n_items} here"
        return people.among(self.n_items), ""


def _padded(scores: npt.NDArray[np.float32], n_items: int) -> Float32Array:
    longer = np.full((*scores.shape[:-1], n_items), np.nan, dtype=np.float32)
    longer[..., : scores.shape[-1]] = scores
    return longer
