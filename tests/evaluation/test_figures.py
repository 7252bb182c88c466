from __future__ import annotations

import math

import numpy as np
import pytest

from tastemaker.data import Histories, People
from tastemaker.evaluation.figures import figures_of, measure_lists
from tastemaker.evaluation.ranked_lists import RankedLists
from tastemaker.metrics.accuracy import METRICS
from tastemaker.metrics.beyond_accuracy import Past

N_ITEMS = 5


def people(*histories: list[int]) -> People:
    items = [item for history in histories for item in history]
    ones = np.ones(len(items), dtype=np.float32)
    indptr = np.cumsum([0, *map(len, histories)]).astype(np.int64)
    return People(
        Histories(indptr, np.array(items, dtype=np.int32), ones, N_ITEMS),
        np.zeros(len(items)),
        np.zeros(len(items), dtype=np.int16),
        ones.copy(),
    )


EVERYONE = people([0, 1], [0, 2])
PAST = Past.of(EVERYONE, N_ITEMS)
ALL = np.ones(N_ITEMS, dtype=np.bool_)


def lists(items: list[list[int]], hits: list[list[bool]]) -> RankedLists:
    return RankedLists(EVERYONE, np.array(items), np.array(hits), np.array([1, 1]))


GOOD = lists([[2, 3], [1, 4]], [[True, False], [True, False]])
BAD = lists([[3, 2], [3, -1]], [[False, True], [False, False]])


def test_the_blend_is_compared_person_by_person() -> None:
    found = measure_lists({"bad": BAD, "blend": GOOD}, PAST, ALL, (1, 2), 2)
    assert found["blend"].gains == {}
    assert found["bad"].gains["ndcg@1"].mean == 1
    assert found["bad"].gains["recall@2"].mean == 0.5
    assert set(found["bad"].gains) == {f"{name}@{k}" for name in METRICS for k in (1, 2)}
    assert found["blend"].measures["mrr@2"].low == 1


def test_coverage_and_reach_are_of_everybodys_lists() -> None:
    found = measure_lists({"bad": BAD, "blend": GOOD}, PAST, ALL, (1, 2), 1)
    assert found["bad"].coverage == {"coverage@1": 1 / 5, "coverage@2": 2 / 5}
    assert found["blend"].coverage == {"coverage@1": 2 / 5, "coverage@2": 4 / 5}
    assert found["blend"].reach == (0, 1, 1, 0, 0)


def test_people_without_a_figure_do_not_count() -> None:
    figures = figures_of(BAD, PAST, (2,))
    assert np.isnan(figures["diversity@2"]).tolist() == [False, True]
    found = measure_lists({"blend": BAD}, PAST, ALL, (1, 2), 2)["blend"].measures
    assert found["diversity@2"].mean == pytest.approx(1)
    assert math.isnan(found["diversity@1"].mean)
    assert {"novelty@2", "diversity@2", "popularity_gap@2"} <= set(found)
