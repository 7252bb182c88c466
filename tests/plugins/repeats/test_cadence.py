from __future__ import annotations

import numpy as np
import pytest

from tastemaker import People, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.repeats.cadence import Cadence

DAY = 86_400.0
MILK, BOOK, ODD = 0, 1, 2


def shop() -> People:
    """Sixty people who choose milk every ten days, and books once, whenever they come."""
    days = [10.0 * visit for visit in range(1, 31)]
    histories, times = [], []
    for person in range(60):
        rows = [(day + person % 10, MILK) for day in days] + [(3.0 + person % 200, BOOK)]
        rows.sort()
        times.append([day * DAY for day, _ in rows])
        histories.append([item for _, item in rows])
    return people_of(histories, 3, times=times)


@pytest.fixture(scope="module")
def cadence() -> Cadence:
    return Cadence().fit(TrainingData(items_of(3), shop()), no_progress)


def test_the_items_gaps_are_learnt(cadence: Cadence) -> None:
    assert cadence.gaps[MILK] / DAY == pytest.approx(10, rel=0.01)


def test_what_comes_again_scores_above_what_does_not(cadence: Cadence) -> None:
    now = 309 * DAY
    people = people_of([[BOOK, MILK]], 3, times=[[now - 10 * DAY, now - 10 * DAY]])
    scores = cadence.score(people)[0]
    assert scores[MILK] > scores[BOOK] > scores[ODD] == 0


def test_who_is_due_scores_above_who_is_long_gone() -> None:
    # half choose milk every ten days until now, the others stopped and come for books alone
    histories, times = [], []
    for person in range(200):
        last = 40 if person % 2 else 20
        milk = [10.0 * visit for visit in range(1, last + 1)]
        books = [10.0 * visit + 5 for visit in range(1, 41)]
        rows = sorted([(day, MILK) for day in milk] + [(day, BOOK) for day in books])
        times.append([day * DAY for day, _ in rows])
        histories.append([item for _, item in rows])
    people = people_of(histories, 3, times=times)
    model = Cadence().fit(TrainingData(items_of(3), people), no_progress)
    assert model.score(people)[1, MILK] > 2 * model.score(people)[0, MILK] > 0


def test_without_times_it_abstains(cadence: Cadence) -> None:
    nan = float("nan")
    assert np.isnan(cadence.score(people_of([[MILK]], 3, times=[[nan]]))).all()


def test_items_added_since_count_as_average_ones(cadence: Cadence) -> None:
    model = Cadence.restore(cadence.state())
    model.extend(items_of(1, first=3))
    assert model.factors[3] == 1
    assert model.score(people_of([[3]], 4, times=[[300 * DAY]]))[0, 3] > 0
    assert len(cadence.factors) == 3
