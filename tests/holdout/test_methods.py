from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import People
from tastemaker.errors import InputError
from tastemaker.holdout.methods import HOLD_OUTS, SPLITS, default_method, make_folds
from tastemaker.holdout.splits import timed
from tastemaker.testing import people_of

NAN = float("nan")


def people(*histories: list[tuple[int, float]]) -> People:
    """Histories as (item, time), oldest first."""
    items = [[item for item, _ in history] for history in histories]
    return people_of(items, 100, times=[[time for _, time in history] for history in histories])


def test_every_split_names_folds_for_its_blend_to_learn_on() -> None:
    assert {method.hold_out for method in SPLITS.values()} == set(HOLD_OUTS)
    assert all(SPLITS[name].hold_out == name for name in HOLD_OUTS)


def test_by_time_where_times_are_known_and_else_at_random() -> None:
    assert default_method(people([(0, 1.0), (1, 2.0)])) == "time"
    assert default_method(people([(0, NAN), (1, 2.0)])) == "random"


def test_time_folds_hold_out_what_follows_and_go_back_in_time() -> None:
    rng = np.random.default_rng(0)
    many = people(*[[(0, time) for time in np.sort(rng.random(20))] for _ in range(50)])
    splits = make_folds(many)
    assert len(splits) == 3
    starts = []
    for split in splits:
        assert not (split.known & split.held_out).any()
        assert many.times[split.known].max() < many.times[split.held_out].min()
        assert split.held_out.sum() == 100
        starts.append(many.times[split.held_out].min())
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize("time", [NAN, 7.0])
def test_without_times_the_folds_are_drawn_at_random(time: float) -> None:
    many = people(*[[(item, time) for item in range(20)] for _ in range(5)])
    assert not timed(many)
    splits = make_folds(many)
    assert len({split.held_out.tobytes() for split in splits}) == 3
    for split in splits:
        assert (split.known ^ split.held_out).all()
        assert np.bincount(many.histories.rows[split.held_out]).tolist() == [2] * 5


@pytest.mark.parametrize("histories", [[], [[]], [[(0, 1.0)]], [[(0, NAN)], []]])
def test_too_little_data_gives_no_fold(histories: list[list[tuple[int, float]]]) -> None:
    assert make_folds(people(*histories)) == ()


def test_holding_the_last_ones_out_goes_back_one_interaction_at_a_time() -> None:
    two = people([(0, 1.0), (1, 2.0), (2, 3.0)], [(3, 4.0), (4, 5.0)])
    newest, before = make_folds(two, "last")
    assert newest.held_out.tolist() == [False, False, True, False, True]
    assert newest.known.tolist() == [True, True, False, True, False]
    assert before.held_out.tolist() == [False, True, False, False, False]
    assert before.known.tolist() == [True, False, False, False, False]


def test_a_hold_out_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError, match="'tomorrow'.*time, last, random"):
        make_folds(people([(0, 1.0)]), "tomorrow")
