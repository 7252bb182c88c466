from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker.blend import uniform_weights
from tastemaker.data import BoolArray, Float32Array, Histories, Items, People, TrainingData
from tastemaker.evaluation import ranked_lists
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import Progress, Recommender, State
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.state import ServingState

N_ITEMS = 40
ALL = np.ones(N_ITEMS, dtype=np.bool_)


class LowFirst(Recommender):
    """Likes items the more the lower their index."""

    name = "low-first"
    family = "popularity"

    def fit(self, data: TrainingData, progress: Progress) -> LowFirst:
        return self

    def score(self, people: People) -> Float32Array:
        return np.tile(-np.arange(people.n_items, dtype=np.float32), (len(people), 1))

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> LowFirst:
        return cls()


class Failing(LowFirst):
    """Fails whenever it is called."""

    name = "failing"

    def score(self, people: People) -> Float32Array:
        raise RuntimeError("out of order")


def serving(member: Recommender, available: BoolArray = ALL) -> ServingState:
    ids = tuple(f"item-{index}" for index in range(N_ITEMS))
    catalogue = Catalogue(Items(ids, ids, ids), np.arange(1, N_ITEMS + 1), available)
    popularity = Fallback(np.arange(N_ITEMS, dtype=np.float32))
    ranker = Ranker(
        (GuardedRecommender(member, N_ITEMS),), uniform_weights([member.name]), popularity
    )
    return ServingState(None, catalogue, (), ranker, (), ())


def held_out(
    histories: list[list[int]], seen: list[list[int]], chosen: list[list[int]]
) -> HeldOutCases:
    items = [item for history in histories for item in history]
    n = len(items)
    indptr = np.cumsum([0, *map(len, histories)]).astype(np.int64)
    ones = np.ones(n, dtype=np.float32)
    people = People(
        Histories(indptr, np.array(items, dtype=np.int32), ones, N_ITEMS),
        np.zeros(n),
        np.zeros(n, dtype=np.int16),
        ones.copy(),
    )
    return HeldOutCases(people, marks(seen), marks(chosen))


def marks(rows: list[list[int]]) -> csr_array:
    marked = np.zeros((len(rows), N_ITEMS), dtype=np.bool_)
    for row, items in enumerate(rows):
        marked[row, items] = True
    return csr_array(marked)


def test_what_was_seen_is_not_shown_even_where_the_history_is_truncated() -> None:
    cases = held_out([[1]], [[0, 1]], [[3]])
    lists = recommend_to(serving(LowFirst()), cases, ALL, 3)
    assert lists.items.tolist() == [[2, 3, 4]]
    assert lists.hits.tolist() == [[False, True, False]]
    assert lists.n_relevant.tolist() == [1]


def test_what_is_not_available_or_not_a_candidate_is_neither_shown_nor_right() -> None:
    available, candidates = np.arange(N_ITEMS) != 2, np.arange(N_ITEMS) != 4
    cases = held_out([[]], [[]], [[2, 3, 4]])
    lists = recommend_to(serving(LowFirst(), available), cases, candidates, 4)
    assert lists.items.tolist() == [[0, 1, 3, 5]]
    assert lists.n_relevant.tolist() == [1]


def test_lists_end_early_where_little_may_be_shown() -> None:
    candidates = np.arange(N_ITEMS) < 2
    lists = recommend_to(serving(LowFirst()), held_out([[0]], [[0]], [[1]]), candidates, 5)
    assert lists.items.tolist() == [[1, -1, -1, -1, -1]]
    assert lists.hits.tolist() == [[True, False, False, False, False]]


def test_where_the_members_fail_the_fallback_recommends_as_it_would_serve() -> None:
    lists = recommend_to(serving(Failing()), held_out([[39]], [[39]], [[38]]), ALL, 2)
    assert lists.items.tolist() == [[38, 37]]


def test_many_people_are_recommended_to_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows = [sorted(rng.choice(N_ITEMS, 3, replace=False).tolist()) for _ in range(23)]
    cases = held_out(rows, rows, [[0, 1, 2]] * 23)
    together = recommend_to(serving(LowFirst()), cases, ALL, 10)
    monkeypatch.setattr(ranked_lists, "MOST_SCORES", 5 * 2 * N_ITEMS)
    in_parts = recommend_to(serving(LowFirst()), cases, ALL, 10)
    assert (in_parts.items == together.items).all()
    assert (in_parts.hits == together.hits).all()
    assert (in_parts.n_relevant == together.n_relevant).all()
    for shown, seen in zip(together.items.tolist(), rows, strict=True):
        assert not set(shown) & set(seen)


def test_without_people_there_are_no_lists() -> None:
    assert len(recommend_to(serving(LowFirst()), held_out([], [], []), ALL, 10)) == 0
