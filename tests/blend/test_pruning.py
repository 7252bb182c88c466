from __future__ import annotations

import numpy as np

from tastemaker.blend import Candidates, ScoredCases, WeightCurve
from tastemaker.blend.pruning import prune_members
from tastemaker.blend.unseen_cases import UnseenCases, mean_ndcg, relative

PEOPLE, ITEMS = 40, 30


def unseen(weights: list[float]) -> UnseenCases:
    """Members: one that knows, the same once more, one that is wrong, and one that guesses."""
    rng = np.random.default_rng(0)
    relevant = rng.random((PEOPLE, ITEMS)) < 0.2
    relevant[:, 0] = True
    noise = rng.normal(size=(PEOPLE, ITEMS))
    knowing = relevant + 0.1 * noise
    values = np.array([knowing, knowing, -knowing, noise], dtype=np.float32)
    items = np.tile(np.arange(ITEMS, dtype=np.int64), (PEOPLE, 1))
    cases = ScoredCases(
        Candidates(items, np.ones(items.shape, dtype=np.bool_), values),
        relevant,
        relevant.sum(axis=1).astype(np.int64),
        np.full(PEOPLE, 5, dtype=np.int64),
    )
    return UnseenCases(WeightCurve(tuple("abcd"), (0,), np.array([weights])), (cases,))


def test_of_two_that_know_the_same_the_expensive_one_goes() -> None:
    tried = [unseen([0.45, 0.45, 0.0, 0.1])]
    assert prune_members(tried, [1.0, 5.0, 1.0, 1.0], ()) == [0]
    assert prune_members(tried, [5.0, 1.0, 1.0, 1.0], ()) == [1]


def test_protected_members_stay() -> None:
    tried = [unseen([0.45, 0.45, 0.0, 0.1])]
    assert prune_members(tried, [1.0] * 4, {1, 3}) == [1, 3]


def test_whoever_is_missed_stays() -> None:
    tried = [unseen([0.5, 0.0, 0.0, 0.5])]
    # without the one that knows, only guesses are left
    assert 0 in prune_members(tried, [100.0, 1.0, 1.0, 1.0], {3})


def test_leaving_members_out_is_judged_with_the_weights_of_the_others() -> None:
    tried = [unseen([0.5, 0.0, 0.5, 0.0])]
    everything, without_the_wrong = mean_ndcg(tried), mean_ndcg(tried, [0])
    assert without_the_wrong == 1.0
    assert (relative(without_the_wrong, everything) > 1.2).all()
