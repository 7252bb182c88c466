from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.blend import (
    WeightCurve,
    blend,
    calibrate,
    combine,
    select_candidates,
    uniform_weights,
)
from tastemaker.blend.combination import CELLS, active_weights, highest
from tastemaker.data import Float32Array

NAN = float("nan")
FREE = np.zeros((1, 4), dtype=bool)
NEW = np.zeros(1, dtype=np.int64)


def weighted(*weights: float, carry: float = 0.0) -> WeightCurve:
    names = tuple(f"m{place}" for place in range(len(weights)))
    return WeightCurve(names, (0,), np.array([weights]), carry)


def scored(*members: list[float]) -> list[Float32Array]:
    return list(np.array(members, dtype=np.float32)[:, None, :])


def test_the_weighted_sum_by_hand() -> None:
    answer = blend(scored([1, 1, 3, 3], [3, 1, 1, 3]), FREE, weighted(0.75, 0.25), NEW, 4)
    assert answer.items[0].tolist() == [3, 2, 0, 1]
    assert answer.totals[0] == pytest.approx([1, 0.5, -0.5, -1])
    parts = [[0.75, 0.75, -0.75, -0.75], [0.25, -0.25, 0.25, -0.25]]
    assert answer.contributions[:, 0] == pytest.approx(np.array(parts))


def test_equal_totals_are_ordered_by_item() -> None:
    answer = blend(scored([1, 5, 1, 5]), FREE, uniform_weights(["a"]), NEW, 3)
    assert answer.items[0].tolist() == [1, 3, 0]


def test_a_silent_member_leaves_its_weight_to_the_others() -> None:
    scores = scored([NAN] * 4, [1, 1, 3, 3], [7, 7, 7, 7])
    answer = blend(scores, FREE, weighted(0.5, 0.2, 0.3), NEW, 2)
    assert answer.totals[0].tolist() == [1, 1]
    assert answer.contributions[:, 0].tolist() == [[0, 0], [1, 1], [0, 0]]


def test_members_without_weight_speak_where_nobody_else_does() -> None:
    weights, informative = np.array([[1.0, 0.0, 0.0]]), np.array([[False], [True], [True]])
    assert active_weights(weights, informative)[:, 0].tolist() == [0, 0.5, 0.5]
    assert not active_weights(weights, np.zeros((3, 1), dtype=bool)).any()


@pytest.mark.parametrize(("carry", "total"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_how_much_of_a_missing_opinion_the_others_carry(carry: float, total: float) -> None:
    scores = scored([1, NAN, 3, NAN], [1, 1, 3, 3])
    answer = blend(scores, FREE, weighted(0.5, 0.5, carry=carry), NEW, 4)
    ranked = dict(zip(answer.items[0].tolist(), answer.totals[0].tolist(), strict=True))
    assert ranked == pytest.approx({0: -1, 1: -total, 2: 1, 3: total})


def test_a_list_shorter_than_asked_says_so() -> None:
    answer = blend(
        scored([1, 2, 3, 4]), np.array([[True, True, True, False]]), uniform_weights(["a"]), NEW, 9
    )
    assert answer.items[0, 0] == 3
    assert answer.valid.sum() == 1


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
    answer = blend(list(scores), excluded, curve, lengths, k)
    parts = answer.contributions.sum(axis=0)
    assert parts[answer.valid] == pytest.approx(answer.totals[answer.valid], abs=1e-5)
    assert (answer.totals[:, 1:] <= answer.totals[:, :-1]).all()
    candidates = select_candidates(scores, excluded, 8, least=k)
    whole = combine(candidates, calibrate(candidates), curve.at(lengths), carry)
    for person in range(5):
        order = np.argsort(-whole.totals[person], kind="stable")[:k]
        real = whole.valid[person, order]
        expected = whole.items[person, order][real].tolist()
        assert answer.items[person][answer.valid[person]].tolist() == expected


def test_many_people_are_answered_in_blocks_as_they_are_together() -> None:
    rng = np.random.default_rng(5)
    scores = rng.standard_normal((2, 600, 500)).astype(np.float32)
    assert scores.size > CELLS
    excluded = rng.random((600, 500)) < 0.5
    excluded[:590, 3:] = True  # the lists of the first block are shorter than those of the last
    curve, lengths = weighted(0.7, 0.3), rng.integers(0, 30, 600)
    answer = blend(list(scores), excluded, curve, lengths, 10)
    candidates = select_candidates(scores, excluded, curve.depth, least=10)
    whole = combine(candidates, calibrate(candidates), curve.at(lengths), curve.carry).best(10)
    assert answer.items[answer.valid].tolist() == whole.items[whole.valid].tolist()
    assert answer.valid.tolist() == whole.valid.tolist()
    assert answer.totals[answer.valid] == pytest.approx(whole.totals[whole.valid], abs=1e-5)
    parts = answer.contributions.sum(axis=0)
    assert parts[answer.valid] == pytest.approx(answer.totals[answer.valid], abs=1e-5)
    assert not answer.contributions[:, ~answer.valid].any()
    assert np.isneginf(answer.totals[~answer.valid]).all()


def test_guests_are_scored_like_candidates_and_move_nobody() -> None:
    rng = np.random.default_rng(3)
    scores = rng.standard_normal((2, 6, 40)).astype(np.float32)
    excluded, lengths, curve = (
        np.zeros((6, 40), dtype=bool),
        np.zeros(6, dtype=int),
        weighted(0.7, 0.3),
    )
    plain = blend(list(scores), excluded, curve, lengths, 5)
    inserted = np.tile([-1, 0, 39], (6, 1))
    inserted[:, 1] = plain.items[:, 2]  # one that is a candidate too
    answer = blend(list(scores), excluded, curve, lengths, 5, inserted)
    assert answer.items[:, :5].tolist() == plain.items.tolist()
    assert answer.totals[:, :5].tolist() == plain.totals.tolist()
    assert answer.valid[:, 5:].tolist() == [[False, True, True]] * 6
    assert np.isneginf(answer.totals[:, 5]).all()
    assert answer.totals[:, 6] == pytest.approx(plain.totals[:, 2], abs=1e-6)
    parts = answer.contributions.sum(axis=0)
    assert parts[answer.valid] == pytest.approx(answer.totals[answer.valid], abs=1e-5)


def test_a_guest_whom_one_member_does_not_know_is_carried_by_the_other() -> None:
    scores = scored([1, NAN, 3, 1], [1, 3, 3, 1])
    curve, guest = weighted(0.5, 0.5, carry=0.5), np.array([[1]])
    excluded = np.array([[False, True, False, False]])
    answer = blend(scores, excluded, curve, NEW, 1, guest)
    assert answer.items[0].tolist() == [2, 1]
    share = answer.totals[0, 0] / 2  # what the second member says of item 2, and of item 1
    assert answer.contributions[:, 0, 1].tolist() == pytest.approx([0, 1.5 * share])


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_highest_is_a_stable_sort_cut_short(seed: int, k: int) -> None:
    totals = np.random.default_rng(seed).integers(0, 5, (6, 20)).astype(np.float32)
    totals[0, 3:] = -np.inf
    expected = np.argsort(-totals, axis=1, kind="stable")[:, :k]
    assert highest(totals, k).tolist() == expected.tolist()
