from __future__ import annotations

from typing import Self

import numpy as np
import pytest

from tastemaker import Histories, People, Progress, Recommender, State, TrainingData
from tastemaker.blend import WeightCurve
from tastemaker.data import Float32Array
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.seen import excluded_items

N_ITEMS = 4
NAN = float("nan")
COUNTS = np.array([1, 9, 3, 0], dtype=np.float32)


class Fixed(Recommender):
    """Scores everybody alike, or raises."""

    family = "collaborative"

    def __init__(self, name: str, scores: list[float] | None) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.scores = scores

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Float32Array:
        if self.scores is None:
            raise ValueError("out of order")
        return np.tile(np.array(self.scores, dtype=np.float32), (len(people), 1))

    def similar(self, item_index: int) -> Float32Array:
        if self.scores is None:
            raise ValueError("out of order")
        return np.array(self.scores, dtype=np.float32)

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        raise NotImplementedError


def people(*histories: list[int]) -> People:
    lengths = [len(own) for own in histories]
    items = np.array([item for own in histories for item in own], dtype=np.int32)
    ones = np.ones(len(items), dtype=np.float32)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    rows = Histories(indptr, items, ones, N_ITEMS)
    return People(rows, np.zeros(len(items)), np.zeros(len(items), dtype=np.int16), ones)


def ranker(**members: list[float] | None) -> Ranker:
    """The first member has three quarters of the weight, the others share the rest."""
    guarded = tuple(GuardedRecommender(Fixed(name, own), N_ITEMS) for name, own in members.items())
    weights = [3.0] + [1.0 / max(len(members) - 1, 1)] * (len(members) - 1)
    curve = WeightCurve(tuple(members), (0,), np.array([weights]) / sum(weights))
    return Ranker(guarded, curve, Fallback(COUNTS))


def free(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.zeros((n, N_ITEMS), dtype=np.bool_)


def test_everybody_gets_the_best_by_all_members() -> None:
    ranking = ranker(a=[4, 3, 2, 1], b=[0, 0, 0, 1]).rank(people([], []), free(2), 2)
    assert ranking.best.items.tolist() == [[0, 1], [0, 1]]
    assert ranking.members == ("a", "b")
    assert ranking.weights == pytest.approx(np.array([[0.75, 0.25]] * 2))
    assert ranking.problems == ()


def test_a_member_that_raises_leaves_its_weight_to_the_others_and_is_named() -> None:
    ranking = ranker(a=None, b=[1, 2, 3, 4], c=[1, 2, 3, 4]).rank(people([]), free(1), 4)
    assert ranking.best.items[0].tolist() == [3, 2, 1, 0]
    assert ranking.members == ("b", "c")
    assert ranking.weights.tolist() == [[0.5, 0.5]]
    (problem,) = ranking.problems
    assert problem.startswith("a ValueError (line ")


def test_popularity_serves_where_no_member_can() -> None:
    ranking = ranker(a=None, b=None).rank(people([]), free(1), 3)
    assert ranking.best.items[0].tolist() == [1, 2, 0]
    assert ranking.members == ("fallback",)
    assert ranking.weights.tolist() == [[1.0]]
    assert len(ranking.problems) == 2


def test_popularity_serves_where_there_is_no_member() -> None:
    nobody = Ranker((), WeightCurve(("gone",), (0,), np.ones((1, 1))), Fallback(COUNTS))
    assert nobody.rank(people([]), free(1), 1).best.items[0].tolist() == [1]
    assert nobody.rank(people(), free(0), 1).best.items.shape[0] == 0


def test_excluded_items_are_not_shown() -> None:
    someone = people([0, 0, 2], [])
    excluded = excluded_items(someone, (), np.array([False, False, False, True]))
    assert excluded.tolist() == [[True, False, True, True], [False, False, False, True]]
    ranking = ranker(a=[4, 3, 2, 1]).rank(someone, excluded, 4)
    shown = [
        items[valid].tolist()
        for items, valid in zip(ranking.best.items, ranking.best.valid, strict=True)
    ]
    assert shown == [[1], [0, 1, 2]]


@pytest.mark.parametrize("broken", [None, [NAN] * N_ITEMS])
def test_similar_items_come_from_the_members_that_can_tell(broken: list[float] | None) -> None:
    excluded = free(1)
    excluded[0, 1] = True
    ranking = ranker(a=broken, b=[0, 9, 2, 1]).rank_similar([1], excluded, 2)
    assert ranking.best.items[0].tolist() == [2, 3]
    assert len(ranking.problems) == (broken is None)


@pytest.mark.parametrize("members", [{}, {"a": None}, {"a": [NAN] * N_ITEMS}])
def test_nothing_is_similar_where_no_member_can_tell(
    members: dict[str, list[float] | None],
) -> None:
    names = tuple(members) or ("gone",)
    curve = WeightCurve(names, (0,), np.full((1, len(names)), 1 / len(names)))
    loaded = tuple(GuardedRecommender(Fixed(name, own), N_ITEMS) for name, own in members.items())
    serving = Ranker(loaded, curve, Fallback(COUNTS))
    assert not serving.rank_similar([1], free(1), 3).best.valid.any()


def test_what_no_member_can_compare_is_not_similar() -> None:
    best = ranker(a=[NAN, 1, 3, NAN], b=[NAN, 1, NAN, 2]).rank_similar([1], free(1), 4).best
    assert set(best.items[best.valid].tolist()) == {1, 2, 3}


class Personal(Fixed):
    """Scores only who has a history."""

    def score(self, people: People) -> Float32Array:
        scores = super().score(people)
        scores[people.histories.lengths == 0] = NAN
        return scores


def test_popularity_serves_those_for_whom_every_member_abstains() -> None:
    member = GuardedRecommender(Personal("a", [4, 3, 2, 1]), N_ITEMS)
    curve = WeightCurve(("a",), (0,), np.ones((1, 1)))
    serving = Ranker((member,), curve, Fallback(COUNTS))
    both = serving.rank(people([3], []), free(2), 2)
    assert both.best.items.tolist() == [[0, 1], [1, 2]]
    assert both.members == ("a", "fallback")
    assert both.best.totals == pytest.approx(both.best.contributions.sum(axis=0))
    # nobody's list depends on who else is in the batch
    alone = serving.rank(people([3]), free(1), 2)
    assert alone.best.totals[0].tolist() == both.best.totals[0].tolist()


def test_a_member_that_the_curve_does_not_know_has_no_weight_wherever_it_stands() -> None:
    scores = {"x": [4.0, 0.0, 0.0, 0.0], "a": [0.0, 2.0, 3.0, 1.0], "y": [9.0, 0.0, 0.0, 0.0]}
    members = tuple(GuardedRecommender(Fixed(name, own), N_ITEMS) for name, own in scores.items())
    curve = WeightCurve(("a", "gone"), (0,), np.array([[0.5, 0.5]]))
    ranking = Ranker(members, curve, Fallback(COUNTS)).rank(people([]), free(1), 4)
    assert ranking.members == ("x", "a", "y")
    assert ranking.weights.tolist() == [[0, 1, 0]]
    assert ranking.best.items[0].tolist() == [2, 1, 3, 0]
    assert not ranking.best.contributions[[0, 2]].any()
