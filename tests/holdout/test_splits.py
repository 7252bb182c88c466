from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import Histories, People
from tastemaker.errors import InputError
from tastemaker.holdout.splits import (
    at_random,
    by_time,
    global_time,
    last_out,
    make_folds,
    newcomers,
    newest_part,
    some,
    timed,
)

NAN = float("nan")


def people(*histories: list[tuple[int, float]]) -> People:
    """Histories as (item, time), oldest first."""
    flat = [entry for history in histories for entry in history]
    indptr = np.cumsum([0, *(len(history) for history in histories)])
    n = len(flat)
    return People(
        Histories(
            indptr.astype(np.int64),
            np.array([item for item, _ in flat], dtype=np.int32),
            np.ones(n, dtype=np.float32),
            100,
        ),
        np.array([time for _, time in flat], dtype=np.float64),
        np.zeros(n, dtype=np.int16),
        np.ones(n, dtype=np.float32),
    )


TEN = people([(0, 1), (1, 4), (2, 9)], [(3, 2), (4, 3), (5, 10)], [(6, 5), (7, 6), (8, 7), (9, 8)])


def test_time_is_everybodys_time() -> None:
    split = by_time(TEN, 0.5, 0.8)
    assert TEN.times[split.known].tolist() == [1, 4, 2, 3, 5]
    assert TEN.times[split.held_out].tolist() == [6, 7, 8]


def test_the_usual_three_parts() -> None:
    validation, test = global_time(TEN)
    assert TEN.times[validation.held_out].tolist() == [9]
    assert TEN.times[test.held_out].tolist() == [10]
    assert (test.known == (validation.known | validation.held_out)).all()


def test_one_moment_is_never_torn_apart() -> None:
    basket = people([(item, 5.0) for item in range(6)], [(0, 1.0), (1, 2.0), (2, 9.0), (3, 9.5)])
    for share in np.linspace(0, 1, 21):
        split = by_time(basket, share, 1.0)
        assert split.held_out[:6].all() or split.known[:6].all()


def test_what_has_no_time_counts_as_old() -> None:
    some = people([(0, NAN), (1, 5.0)], [(2, 1.0), (3, 9.0)])
    split = by_time(some, 0.75, 1.0)
    assert split.known.tolist() == [True, True, True, False]


def test_hold_outs_ask_only_for_what_follows_and_go_back_in_time() -> None:
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
def test_without_times_the_cuts_are_made_at_random(time: float) -> None:
    many = people(*[[(item, time) for item in range(20)] for _ in range(5)])
    assert not timed(many)
    splits = make_folds(many)
    assert len({split.held_out.tobytes() for split in splits}) == 3
    for split in splits:
        assert (split.known ^ split.held_out).all()
        assert np.bincount(many.histories.rows[split.held_out]).tolist() == [2] * 5


@pytest.mark.parametrize("histories", [[], [[]], [[(0, 1.0)]], [[(0, NAN)], []]])
def test_too_little_data_gives_no_cut(histories: list[list[tuple[int, float]]]) -> None:
    assert make_folds(people(*histories)) == ()


def test_holding_the_last_ones_out_goes_back_one_interaction_at_a_time() -> None:
    some = people([(0, 1.0), (1, 2.0), (2, 3.0)], [(3, 4.0), (4, 5.0)])
    newest, before = make_folds(some, "last")
    assert newest.held_out.tolist() == [False, False, True, False, True]
    assert newest.known.tolist() == [True, True, False, True, False]
    assert before.held_out.tolist() == [False, True, False, False, False]
    assert before.known.tolist() == [True, False, False, False, False]


def test_a_hold_out_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError, match="'tomorrow'.*time, last, random"):
        make_folds(people([(0, 1.0)]), "tomorrow")


def test_the_last_of_everyone_who_has_two() -> None:
    split = last_out(people([(0, 1.0), (1, 2.0)], [], [(2, 3.0)], [(3, 4.0), (4, 5.0), (5, 6.0)]))
    assert split.held_out.tolist() == [False, True, False, False, False, True]
    assert (split.known ^ split.held_out).all()


def test_at_random_everyone_gives_a_share_and_keeps_something() -> None:
    split = at_random(people([(0, NAN)], [(1, NAN)] * 2, [(2, NAN)] * 10, []), 0.2)
    asked = np.bincount(np.repeat([0, 1, 2], [1, 2, 10])[split.held_out], minlength=3)
    assert asked.tolist() == [0, 1, 2]


def test_newcomers_are_those_of_whom_nothing_is_known() -> None:
    some = people([(0, 1.0), (1, 9.0)], [(2, 8.0)], [(3, 2.0)])
    assert newcomers(some, by_time(some, 0.5, 1.0)).tolist() == [1]


@pytest.mark.parametrize(("n", "chosen"), [(0, 0), (1, 0), (2, 1), (5, 1), (100, 10)])
def test_some_of_several(n: int, chosen: int) -> None:
    assert some(n, 0.1, 0).sum() == chosen
    assert (some(n, 0.1, 3) == some(n, 0.1, 3)).all()


def test_the_newest_part_of_everyone() -> None:
    part = newest_part(people([(0, 1.0)], [(1, 2.0)] * 2, [(2, NAN)] * 10, []), 0.2)
    assert part.tolist() == [False] + [False, True] + [False] * 8 + [True] * 2
