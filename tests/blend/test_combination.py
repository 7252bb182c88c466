from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.blend import (
    WeightCurve,
    blend_candidates,
    blend_scores,
    calibrate,
    combine,
    select_candidates,
    stack_people,
    uniform_weights,
)
from tastemaker.blend.combination import SCORES_AT_ONCE, active_weights, candidates_at
from tastemaker.data import Float32Array

NAN = float("nan")
FREE = np.zeros((1, 4), dtype=bool)
NO_HISTORY = np.zeros(1, dtype=np.int64)


def weighted(*weights: float, carry: float = 0.0) -> WeightCurve:
    names = tuple(f"m{place}" for place in range(len(weights)))
    return WeightCurve(names, (0,), np.array([weights]), carry)


def scored(*members: list[float]) -> list[Float32Array]:
    return list(np.array(members, dtype=np.float32)[:, None, :])


def test_the_weighted_sum_by_hand() -> None:
    blended = blend_scores(
        scored([1, 1, 3, 3], [3, 1, 1, 3]), FREE, weighted(0.75, 0.25), NO_HISTORY, 4
    )
    assert blended.items[0].tolist() == [3, 2, 0, 1]
    assert blended.totals[0] == pytest.approx([1, 0.5, -0.5, -1])
    parts = [[0.75, 0.75, -0.75, -0.75], [0.25, -0.25, 0.25, -0.25]]
    assert blended.contributions[:, 0] == pytest.approx(np.array(parts))


def test_equal_totals_are_ordered_by_item() -> None:
    blended = blend_scores(scored([1, 5, 1, 5]), FREE, uniform_weights(["a"]), NO_HISTORY, 3)
    assert blended.items[0].tolist() == [1, 3, 0]


def test_an_abstaining_member_leaves_its_weight_to_the_others() -> None:
    scores = scored([NAN] * 4, [1, 1, 3, 3], [7, 7, 7, 7])
    blended = blend_scores(scores, FREE, weighted(0.5, 0.2, 0.3), NO_HISTORY, 2)
    assert blended.totals[0].tolist() == [1, 1]
    assert blended.contributions[:, 0].tolist() == [[0, 0], [1, 1], [0, 0]]


def test_members_without_weight_score_where_nobody_else_does() -> None:
    weights, informative = np.array([[1.0, 0.0, 0.0]]), np.array([[False], [True], [True]])
    assert active_weights(weights, informative)[:, 0].tolist() == [0, 0.5, 0.5]
    assert not active_weights(weights, np.zeros((3, 1), dtype=bool)).any()


@pytest.mark.parametrize(("carry", "total"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_how_much_of_a_missing_score_the_others_carry(carry: float, total: float) -> None:
    scores = scored([1, NAN, 3, NAN], [1, 1, 3, 3])
    blended = blend_scores(scores, FREE, weighted(0.5, 0.5, carry=carry), NO_HISTORY, 4)
    ranked = dict(zip(blended.items[0].tolist(), blended.totals[0].tolist(), strict=True))
    assert ranked == pytest.approx({0: -1, 1: -total, 2: 1, 3: total})


def test_a_list_shorter_than_wanted_tells_so() -> None:
    blended = blend_scores(
        scored([1, 2, 3, 4]),
        np.array([[True, True, True, False]]),
        uniform_weights(["a"]),
        NO_HISTORY,
        9,
    )
    assert blended.items[0, 0] == 3
    assert blended.valid.sum() == 1


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 12))
def test_the_parts_sum_to_the_total_and_the_best_are_the_best(
    seed: int, missing: float, carry: float, k: int
) -> None:
    rng = np.random.default_rng(seed)
    scores = (rng.standard_normal((4, 5, 40)) * 10.0 ** rng.integers(-6, 7, (4, 1, 1))).astype("f4")
    scores[rng.random(scores.shape) < missing] = NAN
    scores[rng.random((4, 5)) < missing] = NAN
    excluded = rng.random((5, 40)) < rng.random()
    curve = WeightCurve(tuple("abcd"), (0, 10), rng.dirichlet(np.ones(4), 2), carry, depth=8)
    lengths = rng.integers(0, 30, 5)
    blended = blend_scores(list(scores), excluded, curve, lengths, k)
    parts = blended.contributions.sum(axis=0)
    assert parts[blended.valid] == pytest.approx(blended.totals[blended.valid], abs=1e-5)
    assert (blended.totals[:, 1:] <= blended.totals[:, :-1]).all()
    candidates = select_candidates(scores, excluded, 8, least=min(k, 8))
    calibrated, weights = calibrate(candidates), curve.at(lengths)
    scored_by_any = ~np.isnan(scores).all(axis=0) & ~excluded
    counted = scored_by_any.copy()
    rows = np.arange(5)[:, np.newaxis]
    counted[
        np.broadcast_to(rows, candidates.items.shape)[candidates.valid],
        candidates.items[candidates.valid],
    ] = True
    few = np.count_nonzero(counted, axis=1) < k
    counted |= few[:, np.newaxis] & ~excluded
    everything = candidates_at(scores, np.where(counted, np.arange(40), -1))
    whole = combine(everything, calibrated.apply_to(everything), weights, carry)
    for person in range(5):
        ranked = np.sort(whole.totals[person])[::-1][:k]
        real = ranked > -np.inf
        assert blended.valid[person].sum() == real.sum()
        assert blended.totals[person][: real.sum()] == pytest.approx(ranked[real], abs=1e-5)
    # among the candidates alone, the best of them are the best
    best = blend_candidates(candidates, curve, lengths, k)
    part = combine(candidates, calibrated, weights, carry)
    assert best.items.tolist() == part.best(k).items.tolist()


def test_many_people_in_blocks_get_what_they_get_together() -> None:
    rng = np.random.default_rng(5)
    scores = rng.standard_normal((2, 600, 500)).astype(np.float32)
    assert scores.size > SCORES_AT_ONCE
    excluded = rng.random((600, 500)) < 0.5
    excluded[:590, 3:] = True  # the lists of the first block are shorter than those of the last
    curve, lengths = weighted(0.7, 0.3), rng.integers(0, 30, 600)
    blended = blend_scores(list(scores), excluded, curve, lengths, 10)
    halves = [slice(0, 300), slice(300, 600)]
    parts = [
        blend_scores([own[half] for own in scores], excluded[half], curve, lengths[half], 10)
        for half in halves
    ]
    whole = stack_people(parts)
    assert blended.items[blended.valid].tolist() == whole.items[whole.valid].tolist()
    assert blended.valid.tolist() == whole.valid.tolist()
    assert blended.totals[blended.valid] == pytest.approx(whole.totals[whole.valid], abs=1e-5)
    parts = blended.contributions.sum(axis=0)
    assert parts[blended.valid] == pytest.approx(blended.totals[blended.valid], abs=1e-5)
    assert not blended.contributions[:, ~blended.valid].any()
    assert np.isneginf(blended.totals[~blended.valid]).all()


def test_inserted_items_are_scored_like_candidates_and_change_nothing() -> None:
    rng = np.random.default_rng(3)
    scores = rng.standard_normal((2, 6, 40)).astype(np.float32)
    excluded, lengths, curve = (
        np.zeros((6, 40), dtype=bool),
        np.zeros(6, dtype=int),
        weighted(0.7, 0.3),
    )
    plain = blend_scores(list(scores), excluded, curve, lengths, 5)
    inserted = np.tile([-1, 0, 39], (6, 1))
    inserted[:, 1] = plain.items[:, 2]  # one that is a candidate too
    blended = blend_scores(list(scores), excluded, curve, lengths, 5, inserted)
    assert blended.items[:, :5].tolist() == plain.items.tolist()
    assert blended.totals[:, :5].tolist() == plain.totals.tolist()
    assert blended.valid[:, 5:].tolist() == [[False, True, True]] * 6
    assert np.isneginf(blended.totals[:, 5]).all()
    assert blended.totals[:, 6] == pytest.approx(plain.totals[:, 2], abs=1e-6)
    parts = blended.contributions.sum(axis=0)
    assert parts[blended.valid] == pytest.approx(blended.totals[blended.valid], abs=1e-5)


def test_an_inserted_item_that_one_member_does_not_score_is_carried_by_the_other() -> None:
    scores = scored([1, NAN, 3, 1], [1, 3, 3, 1])
    curve, inserted = weighted(0.5, 0.5, carry=0.5), np.array([[1]])
    excluded = np.array([[False, True, False, False]])
    blended = blend_scores(scores, excluded, curve, NO_HISTORY, 1, inserted)
    assert blended.items[0].tolist() == [2, 1]
    share = blended.totals[0, 0] / 2  # the second member's of item 2, and of item 1
    assert blended.contributions[:, 0, 1].tolist() == pytest.approx([0, 1.5 * share])


def test_an_item_beyond_the_candidates_comes_first_if_its_score_is_the_highest() -> None:
    """Only the first member retrieves, two items; the second one lifts what it did not bring."""
    curve = WeightCurve(("a", "b"), (0,), np.array([[0.5, 0.5]]), 0.0, 2, ("a",))
    scores = scored([4, 3, 2, 1], [1, 2, 1, 20])
    best = blend_scores(scores, FREE, curve, NO_HISTORY, 2)
    assert best.items[0, 0] == 3
    candidates = select_candidates(np.stack(scores), FREE, 2, 1, curve.retriever_places)
    assert candidates.items[0].tolist() == [0, 1]
    shortlist = blend_candidates(candidates, curve, NO_HISTORY, 2)
    assert sorted(shortlist.items[0].tolist()) == [0, 1]


def test_further_items_follow_on_the_same_scale() -> None:
    curve = WeightCurve(("a",), (0,), np.ones((1, 1)), 0.0, 2)
    scores = np.array([[[9, 7, 6, 5]]], dtype=np.float32)
    candidates = candidates_at(scores, np.array([[0, 1]]))
    further = candidates_at(scores, np.array([[2, -1]]))
    blended = blend_candidates(candidates, curve, NO_HISTORY, 4, further)
    assert blended.items[0][blended.valid[0]].tolist() == [0, 1, 2]
    assert blended.totals[0, :3].tolist() == [1, -1, -2]


def test_what_nobody_scores_comes_last_and_only_where_there_is_too_little_else() -> None:
    scores = scored([1, NAN, 3, NAN])
    curve = uniform_weights(["a"])
    two = blend_scores(scores, FREE, curve, NO_HISTORY, 2)
    assert two.items[0].tolist() == [2, 0]
    three = blend_scores(scores, FREE, curve, NO_HISTORY, 3)
    assert set(three.items[0].tolist()) >= {2, 0}
    assert three.valid.all()
