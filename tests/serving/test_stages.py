"""Two stages and a scan of everything recommend the same, where the retrievers find the best."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import pytest

from tastemaker import Float32Array, Int64Array, People, Progress, Recommender, State, TrainingData
from tastemaker.blend import WeightCurve
from tastemaker.blend.step_functions import StepFunctions
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.seen import excluded_items
from tastemaker.serving.stage_scores import SCANNED_ITEMS
from tastemaker.testing import people_of

N_ITEMS = 3 * SCANNED_ITEMS
VECTORS = np.random.default_rng(1).standard_normal((N_ITEMS, 8)).astype(np.float32)


class Products(Recommender):
    """Scores by the products of vectors; counts how many scores it gave."""

    family = "collaborative"

    def __init__(self, name: str, vectors: Float32Array) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.vectors = vectors
        self.cells = 0

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def profiles(self, people: People) -> Float32Array:
        return np.asarray(people.presence() @ self.vectors, dtype=np.float32)

    def score(self, people: People) -> Float32Array:
        scores: Float32Array = self.profiles(people) @ self.vectors.T
        self.cells += scores.size
        scores[people.histories.lengths == 0] = np.nan
        return scores

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        scores = np.einsum("nk,nwk->nw", self.profiles(people), self.vectors[items])
        self.cells += scores.size
        scores[people.histories.lengths == 0] = np.nan
        return np.asarray(scores, dtype=np.float32)

    def similar(self, item_index: int) -> Float32Array:
        return np.asarray(self.vectors @ self.vectors[item_index], dtype=np.float32)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        own = self.vectors[people.histories.items]
        requested = self.vectors[items[people.histories.rows]]
        return np.asarray(np.einsum("ik,iwk->iw", own, requested), dtype=np.float32)

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        raise NotImplementedError


STEPS = StepFunctions(
    np.array([0, 1]),
    np.array([1.234, 0.321], dtype=np.float32),
    np.array([0.5, -0.75], dtype=np.float32),
    shortest=2,
)


def ranker(*retrievers: str, steps: StepFunctions | None = None) -> Ranker:
    """Two members; the second one has little weight."""
    given = (Products("a", VECTORS), Products("b", VECTORS[:, ::-1].copy()))
    members = tuple(GuardedRecommender(one, N_ITEMS) for one in given)
    weights = np.array([[0.9, 0.1]])
    curve = WeightCurve(("a", "b"), (0,), weights, retrievers=retrievers, steps=steps)
    return Ranker(members, curve, Fallback(np.arange(N_ITEMS, dtype=np.float32)))


def sample_people() -> People:
    rng = np.random.default_rng(2)
    lengths = (0, 1, 2, 5, 40, 300)
    return people_of(
        [rng.choice(N_ITEMS, length, replace=False).tolist() for length in lengths], N_ITEMS
    )


@pytest.mark.parametrize("retrievers", [(), ("a",), ("a", "b")])
@pytest.mark.parametrize("k", [1, 10, 250])
@pytest.mark.parametrize("steps", [None, STEPS])
def test_two_stages_recommend_what_a_scan_recommends(
    retrievers: tuple[str, ...], k: int, steps: StepFunctions | None
) -> None:
    people, serving = sample_people(), ranker(*retrievers, steps=steps)
    excluded = excluded_items(people, (), np.zeros(N_ITEMS, dtype=np.bool_))
    quick = serving.rank(people, excluded, k).best
    exact = serving.rank(people, excluded, k, exact=True).best
    assert quick.valid.all()
    for row in range(len(people)):
        shared = np.intersect1d(quick.items[row], exact.items[row])
        assert len(shared) >= 0.9 * k
        both = np.isin(quick.items[row], shared), np.isin(exact.items[row], shared)
        totals = [own.totals[row, which] for own, which in zip((quick, exact), both, strict=True)]
        assert totals[0] == pytest.approx(totals[1], abs=1e-4)


@pytest.mark.parametrize("steps", [None, STEPS])
def test_nobody_gets_another_list_for_being_among_others(steps: StepFunctions | None) -> None:
    people, serving = sample_people(), ranker("a", steps=steps)
    ineligible = np.random.default_rng(3).random(N_ITEMS) < 0.5
    excluded = excluded_items(people, (), ineligible)
    excluded[2, 50:] = True  # few items are left for one of them
    together = serving.rank(people, excluded, 10).best
    for row in range(len(people)):
        alone = serving.rank(people.select(np.array([row])), excluded[row : row + 1], 10).best
        assert alone.items[0].tolist() == together.items[row].tolist()
        assert alone.totals[0] == pytest.approx(together.totals[row], abs=1e-5)
        assert not excluded[row, together.items[row][together.valid[row]]].any()


def test_steps_move_lists_from_their_shortest_history_on_and_are_part_of_the_contributions() -> (
    None
):
    people = sample_people()
    excluded = excluded_items(people, (), np.zeros(N_ITEMS, dtype=np.bool_))
    plain = ranker("a").rank(people, excluded, 10).best
    for exact in (False, True):
        best = ranker("a", steps=STEPS).rank(people, excluded, 10, exact=exact).best
        assert best.contributions.sum(axis=0) == pytest.approx(best.totals, abs=1e-5)
        moved = np.abs(best.totals - plain.totals).max(axis=1) > 0.1
        assert moved.tolist() == [False, False, True, True, True, True]


def test_what_is_similar_is_told_by_the_weights_alone() -> None:
    excluded = np.zeros((1, N_ITEMS), dtype=np.bool_)
    plain, stepped = ranker("a"), ranker("a", steps=replace(STEPS, shortest=0))
    best = [one.rank_similar([7], excluded, 10).best for one in (plain, stepped)]
    assert best[0].items.tolist() == best[1].items.tolist()
    assert best[0].totals.tolist() == best[1].totals.tolist()


def test_members_that_do_not_retrieve_score_the_candidates_alone() -> None:
    people, serving = people_of([[1, 2, 3]], N_ITEMS), ranker("a")
    serving.rank(people, excluded_items(people, (), np.zeros(N_ITEMS, dtype=np.bool_)), 10)
    second = serving.members[1].recommender
    assert isinstance(second, Products)
    assert second.cells == serving.curve.depth


@pytest.mark.parametrize("left", [0, 3, 9, 10, 200, SCANNED_ITEMS, SCANNED_ITEMS + 1])
def test_k_items_come_whenever_k_may_be_shown(left: int) -> None:
    """Those that may be shown are the ones the first member puts last."""
    people, serving = people_of([[7]], N_ITEMS), ranker("a")
    last = np.argsort(VECTORS @ VECTORS[7])[:left]
    ineligible = np.ones(N_ITEMS, dtype=np.bool_)
    ineligible[last] = False
    excluded = excluded_items(people, (), ineligible)
    best = serving.rank(people, excluded, 10).best
    assert best.valid.sum() == min(10, left)
    exact = serving.rank(people, excluded, 10, exact=True).best
    assert best.items[best.valid].tolist() == exact.items[exact.valid].tolist()


def test_popularity_serves_those_for_whom_nobody_retrieves_or_scores() -> None:
    people, serving = people_of([[], [5]], N_ITEMS), ranker("a")
    ranking = serving.rank(people, excluded_items(people, (), np.zeros(N_ITEMS, dtype=np.bool_)), 3)
    assert ranking.best.items[0].tolist() == [N_ITEMS - 1, N_ITEMS - 2, N_ITEMS - 3]
    assert ranking.members == ("a", "b", "fallback")
    assert ranking.problems == ()


class Silent(Products):
    """Says nothing of every third item."""

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        scores = super().score_items(people, items)
        scores[items % 3 == 0] = np.nan
        return scores


def with_a_weightless_member(first: type[Products]) -> Ranker:
    """Two members with all the weight, and a third that has none."""
    given = (first("a", VECTORS), first("b", VECTORS[:, ::-1].copy()), Products("c", VECTORS[::-1]))
    members = tuple(GuardedRecommender(one, N_ITEMS) for one in given)
    curve = WeightCurve(("a", "b", "c"), (0,), np.array([[0.6, 0.4, 0.0]]), retrievers=("a",))
    return Ranker(members, curve, Fallback(np.ones(N_ITEMS, dtype=np.float32)))


@pytest.mark.parametrize(("first", "scores"), [(Products, False), (Silent, True)])
def test_a_member_without_weight_scores_only_where_the_others_leave_a_gap(
    first: type[Products], scores: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = people_of([[1, 2, 3], [5]], N_ITEMS)
    excluded = excluded_items(people, (), np.zeros(N_ITEMS, dtype=np.bool_))
    serving = with_a_weightless_member(first)
    ranking = serving.rank(people, excluded, 10)
    third = serving.members[2].recommender
    assert isinstance(third, Products)
    assert bool(third.cells) is scores
    monkeypatch.setattr("tastemaker.blend.curve.NEGLIGIBLE", -1.0)
    everybody = with_a_weightless_member(first).rank(people, excluded, 10)
    assert ranking.members == everybody.members == ("a", "b", "c")
    assert ranking.weights.tolist() == everybody.weights.tolist()
    assert ranking.best.items.tolist() == everybody.best.items.tolist()
    assert ranking.best.totals == pytest.approx(everybody.best.totals, abs=1e-5)
    assert ranking.best.contributions == pytest.approx(everybody.best.contributions, abs=1e-5)
