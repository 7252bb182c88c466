from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import pytest

from tastemaker import Progress, Recommender, State, TrainingData
from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.data import BoolArray, Float32Array, Histories, People
from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.answers import Answer
from tastemaker.serving.exploration import (
    MOST_DRAWN_FROM,
    PROTECTED_PLACES,
    TEMPERATURE,
    Exploration,
    Seeds,
    daily_seeds,
    find_new_items,
    sampled_items,
    uniform_draws,
)
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.ranker import Ranker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

Described = Callable[[str, str], dict[str, object]]

K = 10
N_ITEMS = 60
NEW = np.arange(40, N_ITEMS)


def seeds(n: int) -> Seeds:
    return np.random.default_rng(1).integers(0, 2**63, n).astype(np.uint64)


class Numbered(Recommender):
    """Scores the person with number p by row p of a table; see `numbered`."""

    family = "collaborative"

    def __init__(self, name: str, scores: Float32Array) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.scores = scores

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Float32Array:
        numbers = people.histories.values[people.histories.indptr[:-1]].astype(np.int64)
        return np.asarray(self.scores[numbers])

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        raise NotImplementedError


def numbered(n: int) -> People:
    """People who have one interaction each, whose value is their number."""
    histories = Histories(
        np.arange(n + 1), np.zeros(n, dtype=np.int32), np.arange(n, dtype=np.float32), N_ITEMS
    )
    ones = np.ones(n, dtype=np.float32)
    return People(histories, np.zeros(n), np.zeros(n, dtype=np.int16), ones)


def ranker(scores: list[Float32Array], exploration: Exploration) -> Ranker:
    names = ("a", "b")[: len(scores)]
    members = tuple(
        GuardedRecommender(Numbered(name, own), N_ITEMS)
        for name, own in zip(names, scores, strict=True)
    )
    curve = WeightCurve(names, (0,), np.array([[0.6, 0.4]])) if len(names) == 2 else None
    counts = np.ones(N_ITEMS, dtype=np.float32)
    return Ranker(members, curve or uniform_weights(names), Fallback(counts), exploration)


def member_scores(n: int) -> list[Float32Array]:
    """One member that scores the 40 old items only, and one that scores the new ones lower."""
    rng = np.random.default_rng(2)
    known = rng.random((n, N_ITEMS)).astype(np.float32)
    known[:, NEW] = np.nan
    by_content = rng.random((n, N_ITEMS)).astype(np.float32)
    by_content[:, NEW] -= 2
    return [known, by_content]


def nothing_excluded(n: int) -> BoolArray:
    return np.zeros((n, N_ITEMS), dtype=np.bool_)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_the_share_of_places_holds_over_many_people(share: float) -> None:
    n = 4000
    serving = ranker(member_scores(n), Exploration(share, NEW))
    ranking = serving.rank(numbered(n), nothing_excluded(n), K, seeds(n))
    best, inserted = ranking.best, ranking.explored
    assert not inserted[:, :PROTECTED_PLACES].any()
    assert inserted[:, PROTECTED_PLACES:].mean() == pytest.approx(share, rel=0.1)
    assert (best.items[inserted] >= 40).all()
    assert (best.items[~inserted] < 40).all()
    # all new items are seen, by about as many
    seen = np.bincount(best.items[inserted], minlength=N_ITEMS)[NEW]
    assert (seen > 0).all()


def test_the_rest_of_the_list_stays_as_it_would_be() -> None:
    n = 300
    excluded, people = nothing_excluded(n), numbered(n)
    excluded[::2, ::3] = True
    serving = ranker(member_scores(n), Exploration(0.3, NEW))
    plain = serving.rank(people, excluded, K).best
    ranking = serving.rank(people, excluded, K, seeds(n))
    best, inserted = ranking.best, ranking.explored
    assert inserted.any()
    parts = best.contributions.sum(axis=0)
    assert parts == pytest.approx(best.totals, abs=1e-5)
    for row in range(n):
        items, own = best.items[row], ~inserted[row]
        assert len(set(items.tolist())) == K
        assert not excluded[row, items].any()
        assert items[own].tolist() == plain.items[row, : own.sum()].tolist()
        assert best.totals[row, own] == pytest.approx(plain.totals[row, : own.sum()], abs=1e-5)


def test_the_same_seeds_give_the_same_list() -> None:
    serving = ranker(member_scores(50), Exploration(0.5, NEW))
    people, excluded = numbered(50), nothing_excluded(50)
    first = serving.rank(people, excluded, K, seeds(50)).best.items
    again = serving.rank(people, excluded, K, seeds(50)).best.items
    other = serving.rank(people, excluded, K, seeds(50) + np.uint64(1)).best.items
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
    # and one person alone gets what the same person gets among others
    alone = serving.rank(people.select(np.array([7])), excluded[7:8], K, seeds(50)[7:8])
    assert alone.best.items[0].tolist() == first[7].tolist()


def test_a_higher_score_is_drawn_more_often() -> None:
    n = 2000
    scores = member_scores(n)
    scores[1][:, NEW] = np.where(NEW < 50, -3, -2)
    serving = ranker(scores, Exploration(0.3, NEW))
    ranking = serving.rank(numbered(n), nothing_excluded(n), K, seeds(n))
    better = (ranking.best.items[ranking.explored] >= 50).mean()
    # ten items one deviation above the mean against ten one below it
    odds = np.exp(2 / TEMPERATURE)
    assert better == pytest.approx(odds / (odds + 1), abs=0.03)


def test_new_items_are_seen_where_no_member_can_score_them() -> None:
    n = 2000
    serving = ranker(member_scores(n)[:1], Exploration(0.3, NEW))
    ranking = serving.rank(numbered(n), nothing_excluded(n), K, seeds(n))
    seen = np.bincount(ranking.best.items[ranking.explored], minlength=N_ITEMS)[NEW]
    assert seen.min() > 0.5 * seen.mean()
    assert not ranking.best.contributions[:, ranking.explored].any()


@pytest.mark.parametrize(
    ("share", "new", "k"), [(0.0, NEW, K), (1.0, NEW[:0], K), (1.0, NEW, PROTECTED_PLACES)]
)
def test_nothing_is_inserted(
    share: float, new: np.ndarray[tuple[int], np.dtype[np.int64]], k: int
) -> None:
    serving = ranker(member_scores(20), Exploration(share, new))
    ranking = serving.rank(numbered(20), nothing_excluded(20), k, seeds(20))
    assert not ranking.explored.any()
    plain = serving.rank(numbered(20), nothing_excluded(20), k).best
    assert ranking.best.items.tolist() == plain.items.tolist()


def test_a_list_that_holds_everything_holds_each_item_once() -> None:
    serving = ranker(member_scores(5), Exploration(1.0, NEW))
    ranking = serving.rank(numbered(5), nothing_excluded(5), N_ITEMS, seeds(5))
    for items in ranking.best.items.tolist():
        assert sorted(items) == list(range(N_ITEMS))


def test_a_short_list_is_the_head_of_a_long_one() -> None:
    serving = ranker(member_scores(20), Exploration(0.3, NEW))
    long, short = (
        serving.rank(numbered(20), nothing_excluded(20), k, seeds(20)) for k in (2 * K, K)
    )
    assert short.best.items.tolist() == long.best.items[:, :K].tolist()
    assert short.explored.tolist() == long.explored[:, :K].tolist()


def test_many_new_items_are_drawn_from_a_sample_that_differs_by_person() -> None:
    new = np.arange(3, 5003)
    samples = [sampled_items(new, seed) for seed in (1, 2, 1)]
    assert [len(one) for one in samples] == [MOST_DRAWN_FROM] * 3
    assert samples[0].tolist() == samples[2].tolist() != samples[1].tolist()
    assert np.isin(samples[0], new).all()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([100, 4, 5, 0], [1, 3]),  # few, and far fewer than most
        ([2, 1, 3, 2], []),  # where everything is new, nothing is
        ([2, 1, 3, 0], [3]),
        ([0, 0], [0, 1]),
        ([], []),
    ],
)
def test_what_is_new(counts: list[float], expected: list[int]) -> None:
    assert find_new_items(np.array(counts, dtype=np.float32)).tolist() == expected


def test_draws_are_uniform() -> None:
    drawn = uniform_draws(seeds(5000), 8)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert drawn.mean(axis=0) == pytest.approx(np.full(8, 0.5), abs=0.02)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.05


def person(length: int) -> People:
    items = np.arange(length, dtype=np.int32)
    ones = np.ones(length, dtype=np.float32)
    histories = Histories(np.array([0, length]), items, ones, 9)
    return People(histories, np.zeros(length), np.zeros(length, dtype=np.int16), ones)


def test_draws_change_with_the_history_and_the_day() -> None:
    first = daily_seeds([b"a" * 16], person(3), 7).tolist()
    assert daily_seeds([b"b" * 16], person(3), 7).tolist() == first
    assert daily_seeds([b"a" * 16], person(4), 7).tolist() != first
    assert daily_seeds([b"a" * 16], person(3), 8).tolist() != first


def test_draws_of_people_without_a_history_are_their_own() -> None:
    one, other = (daily_seeds([ref * 16], person(0), 7).tolist() for ref in (b"a", b"b"))
    assert one != other


def explored_ids(answer: Answer) -> list[str]:
    return [one.item_id for one in answer if one.explored]


def test_new_items_are_inserted_and_marked(
    shop_database: Database, key: Key, described: Described
) -> None:
    everything = Tastemaker(shop_database, key=key, exploration=1)
    everything.put_items(described(f"new-{n}", ("even", "odd")[n % 2]) for n in range(30))
    answer = everything.recommend("person-0", k=6, explain=True)
    assert [one.explored for one in answer] == [False] * PROTECTED_PLACES + [True] * 3
    assert all(one.item_id.startswith("new-") for one in answer[PROTECTED_PLACES:])
    for one in answer:
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-5)
        assert one.why.startswith("new, ") is one.explored
    plain = everything.recommend("person-0", k=6)
    together = everything.recommend_many(["person-1", "person-0"], k=6)["person-0"]
    assert explored_ids(plain) == explored_ids(answer) == explored_ids(together)
    nothing = Tastemaker(shop_database, key=key, exploration=0)
    assert explored_ids(nothing.recommend("person-0", k=6)) == []


def test_the_configuration_sets_the_share(
    shop_database: Database, key: Key, described: Described
) -> None:
    one, other = (Tastemaker(shop_database, key=key) for _ in range(2))
    one.put_items(described(f"new-{n}", "even") for n in range(30))
    other.recommend("person-0")
    one.set_exploration(1.0)
    assert len(explored_ids(other.recommend("person-0", k=6))) == 3
    one.configure("popular", enabled=False)
    assert len(explored_ids(other.recommend("person-0", k=6))) == 3
    assert (one.exploration, Tastemaker(shop_database, key=key, exploration=0.5).exploration) == (
        1.0,
        0.5,
    )
    one.set_exploration(0)
    assert explored_ids(other.recommend("person-0", k=6)) == []


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan"), True, "0.1"])
def test_what_is_no_share_is_refused(shop_database: Database, key: Key, share: float) -> None:
    with pytest.raises(InputError, match="exploration share"):
        Tastemaker(shop_database, key=key, exploration=share)
    with pytest.raises(InputError, match="exploration share"):
        Tastemaker(shop_database, key=key).set_exploration(share)
