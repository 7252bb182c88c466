from __future__ import annotations

import numpy as np
import pytest

from tastemaker.metrics.accuracy import METRICS, discounts, hit_rate, measures, mrr, ndcg, recall

HITS = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)
RELEVANT = np.array([2, 1, 3, 4])


def test_ndcg_by_hand() -> None:
    ideal = 1 + 1 / np.log2(3)
    expected = [(1 + 1 / 2) / ideal, 0, 0, 1]
    assert ndcg(HITS, RELEVANT, 3) == pytest.approx(expected)
    assert ndcg(HITS, RELEVANT, 4)[1] == pytest.approx(1 / np.log2(5))


def test_recall_hit_rate_and_mrr_by_hand() -> None:
    assert recall(HITS, RELEVANT, 3) == pytest.approx([1, 0, 0, 3 / 4])
    assert hit_rate(HITS, RELEVANT, 3) == pytest.approx([1, 0, 0, 1])
    assert mrr(HITS, RELEVANT, 3) == pytest.approx([1, 0, 0, 1])
    assert mrr(HITS, RELEVANT, 4)[1] == pytest.approx(1 / 4)


@pytest.mark.parametrize("name", METRICS)
def test_a_list_shorter_than_the_cutoff_counts_as_followed_by_misses(name: str) -> None:
    longer = np.pad(HITS, ((0, 0), (0, 6)))
    metric = METRICS[name]
    assert metric(HITS, RELEVANT, 10) == pytest.approx(metric(longer, RELEVANT, 10))


@pytest.mark.parametrize("name", METRICS)
def test_nothing_relevant_and_nothing_listed_are_worth_nothing(name: str) -> None:
    assert METRICS[name](np.zeros((1, 5), dtype=bool), np.array([0]), 3) == pytest.approx([0])
    assert METRICS[name](np.zeros((1, 0), dtype=bool), np.array([2]), 3) == pytest.approx([0])


def test_the_first_place_discounts_nothing() -> None:
    assert discounts(3) == pytest.approx([1, 1 / np.log2(3), 1 / 2])


def test_every_metric_at_every_cutoff() -> None:
    figures = measures(HITS, RELEVANT, (1, 3))
    assert set(figures) == {f"{name}@{k}" for name in METRICS for k in (1, 3)}
    assert figures["recall@3"].tolist() == recall(HITS, RELEVANT, 3).tolist()
