from __future__ import annotations

import numpy as np
import pytest

from tastemaker import People, TrainingData
from tastemaker.errors import TrainingError
from tastemaker.holdout.splits import by_time
from tastemaker.holdout.tuning_folds import make_tuning_folds
from tastemaker.testing import items_of, people_of

DAY = 86_400.0


def data(n_people: int = 20, length: int = 10) -> TrainingData:
    """Everybody chooses one item after the other, each a day later, and starts at another one."""
    histories = [[(person + turn) % 12 for turn in range(length)] for person in range(n_people)]
    times = [[DAY * turn + person for turn in range(length)] for person in range(n_people)]
    return TrainingData(items_of(12), people_of(histories, 12, times=times))


def test_no_cut_sees_the_newest_tenth() -> None:
    given = data()
    newest = given.people.times[by_time(given.people, 0.9, 1.0).held_out].min()
    folds = make_tuning_folds(given)
    assert len(folds) == 3
    for fold in folds:
        assert fold.data.people.times.max() < newest
        assert fold.question.people.times.max() <= fold.data.people.times.max()
        # what is chosen next is less than all that was kept back
        assert len(fold.question) and fold.question.chosen.sum() <= 20


def test_without_times_a_tenth_is_set_aside_at_random() -> None:
    given = data()
    untimed = np.full(len(given.people.times), np.nan)
    people = People(given.people.histories, untimed, given.people.kinds, given.people.weights)
    folds = make_tuning_folds(TrainingData(given.items, people))
    assert len(folds) == 3
    assert all("at random" in fold.basis for fold in folds)
    # one of ten is kept back, one of the nine is asked for
    assert {len(fold.data.people.times) for fold in folds} == {20 * 8}


def test_the_last_interactions_can_be_what_is_asked() -> None:
    folds = make_tuning_folds(data(), "last")
    assert [len(fold.data.people.times) for fold in folds] == [20 * 8, 20 * 7, 20 * 6]


def test_too_little_data() -> None:
    alone = TrainingData(items_of(1), people_of([[0]], 1))
    with pytest.raises(TrainingError, match="too little data"):
        make_tuning_folds(alone)
