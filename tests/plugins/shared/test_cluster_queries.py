"""The numbers that go into queries, and the arrays that come of what they bring back."""

from __future__ import annotations

import numpy as np

from tastemaker import Histories, People
from tastemaker_plugins.shared.cluster_queries import (
    decay_query,
    number,
    padded,
    strengths_query,
    summed,
)


def people(times: list[float]) -> People:
    """One person who chose the same item at some times, by a kind of weight 2."""
    count = len(times)
    items, values = np.zeros(count, dtype=np.int32), np.ones(count, dtype=np.float32)
    histories = Histories(np.array([0, count], dtype=np.int64), items, values, 1)
    kinds = np.zeros(count, dtype=np.int16)
    return People(histories, np.array(times), kinds, np.full(count, 2, dtype=np.float32))


def test_numbers_are_doubles() -> None:
    assert number(1) == "1.0D"
    assert number(np.float64(1.6e9)) == "1600000000.0D"
    assert number(1e-7) == "1e-07D"


def test_what_is_of_the_median_age_decays_to_half() -> None:
    # ages 0, 10 and 30: the median is 10
    query = decay_query(people([100.0, 90.0, 70.0, np.nan]), 1.0)
    assert query == "power(2, -coalesce((100.0D - time) / 10.0D, 1.0D))"


def test_without_times_nothing_decays() -> None:
    assert decay_query(people([np.nan, np.nan]), 1.0) == "1.0D"
    assert decay_query(people([5.0, 5.0]), 1.0) == "1.0D"


def test_strengths_are_shares_of_the_strongest_kind() -> None:
    query = strengths_query(people([np.nan]), 1.0)
    assert "least(sum(greatest(weight, 0) * 1.0D) / 2.0D, 1.0D) AS rating" in query


def test_links_are_padded_with_nothing() -> None:
    links = {
        "source": np.array([2, 0, 2]),
        "target": np.array([1, 2, 0]),
        "place": np.array([1, 1, 2]),
        "weight": np.array([0.5, 0.25, 0.125], dtype=np.float32),
    }
    items, weights = padded(links, 3, 5)
    assert items.tolist() == [[2, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert weights.tolist() == [[0.25, 0, 0], [0, 0, 0], [0.5, 0.125, 0]]


def test_sums_of_items() -> None:
    sums = {"item": np.array([2, 0]), "total": np.array([1.5, 2.5])}
    assert summed(sums, 4).tolist() == [2.5, 0, 1.5, 0]
