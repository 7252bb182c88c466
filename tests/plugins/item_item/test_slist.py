from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.slist import Slist, SlistSettings, solved, window_of

FOREVER = 1000.0
NAN = float("nan")


def ordered(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[float(at) for at in range(len(history))] for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def test_the_links_are_those_of_the_closed_form() -> None:
    settings = SlistSettings(distance_decay=2.0, regularization=1.5, time_decay=FOREVER)
    slist = Slist(settings).fit(ordered([[0, 1, 2], [0, 2]], 3), no_progress)
    near, far = 1.0, np.exp(-1 / 2)
    follows = np.array([[0, near, far + near], [0, 0, near], [0, 0, 0]])
    pairs = follows * np.exp(-1 / 2)
    beside = pairs + pairs.T + np.diag([2.0, 1.0, 2.0])
    ridge = 1.5 * beside.diagonal().mean()
    expected = np.linalg.solve(beside + ridge * np.eye(3), follows)
    np.fill_diagonal(expected, 0.0)
    for item in range(3):
        assert slist.similar(item) == pytest.approx(expected[item], abs=2e-3)


def test_what_follows_is_recommended_not_what_comes_before() -> None:
    data = ordered([[0, 1, 2]] * 5 + [[3, 1, 4]] * 5, 5)
    scores = Slist().fit(data, no_progress).score(people_of([[0, 1], [3, 1]], 5))
    assert scores[0].argmax() == 2
    assert scores[1].argmax() == 4
    after = Slist().fit(data, no_progress).score(people_of([[2]], 5))[0]
    assert after.max() < scores[0, 2] / 2  # nothing ever followed it


def test_items_of_the_same_moment_follow_each_other_both_ways() -> None:
    basket = people_of([[0, 1], [2, 3]], 4, times=[[5.0, 5.0], [5.0, 6.0]])
    slist = Slist().fit(TrainingData(items_of(4), basket), no_progress)
    assert slist.similar(1)[0] == pytest.approx(slist.similar(0)[1])
    assert slist.similar(3)[2] < slist.similar(2)[3]


def test_without_times_and_beyond_the_limit_everything_abstains() -> None:
    histories = [[0, 1], [0, 1], [0, 2]]
    untimed = people_of(histories, 3, times=[[NAN, NAN]] * 3)
    silent = Slist().fit(TrainingData(items_of(3), untimed), no_progress)
    assert np.isnan(silent.score(people_of([[0, 1]], 3))).all()
    few = Slist(SlistSettings(max_items=2)).fit(ordered(histories, 3), no_progress)
    assert np.isfinite(few.score(people_of([[0]], 3))[0]).tolist() == [True, True, False]


@pytest.mark.parametrize("distance_decay", [0.5, 10.0, 50.0])
def test_the_matrix_can_be_solved_whatever_the_decay(distance_decay: float) -> None:
    rng = np.random.default_rng(0)
    histories = [rng.integers(0, 8, rng.integers(2, 300)).tolist() for _ in range(40)]
    settings = SlistSettings(distance_decay=distance_decay, regularization=0.1)
    slist = Slist(settings).fit(ordered(histories, 8), no_progress)
    assert np.isfinite(slist.score(people_of([[0]], 8))).all()
    assert window_of(distance_decay) == 4 * distance_decay


def test_pairs_are_added_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    histories = np.random.default_rng(0).integers(0, 6, (20, 12)).tolist()
    whole = Slist().fit(ordered(histories, 6), no_progress).similar(0)
    monkeypatch.setattr("tastemaker_plugins.item_item.slist.ADDED_PAIRS", 50)
    assert Slist().fit(ordered(histories, 6), no_progress).similar(0) == pytest.approx(whole)


def test_fitting_takes_no_more_memory_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.slist.ADDED_PAIRS", 1000)
    n_items = 1200
    data = ordered(np.random.default_rng(0).integers(0, n_items, (100, 20)).tolist(), n_items)
    slist = Slist()
    tracemalloc.start()
    slist.fit(data, no_progress)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 8 * n_items**2 < peak <= slist.memory(data)


def test_equations_without_items_have_no_solution_to_find() -> None:
    nothing = np.zeros((0, 0), dtype=np.float32)
    assert solved(nothing, nothing, 1.0).shape == (0, 0)
