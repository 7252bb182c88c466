"""The engine's own re-rankers, on lists whose right order is known by thought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tastemaker.data import Float32Array, Items
from tastemaker.errors import InputError
from tastemaker.reranker import RankedItems, Reranker
from tastemaker.reranking import Boosts, CappedValues, Diversity, attribute_vectors
from tastemaker.reranking.at_most import late_places
from tastemaker.testing import people_of, ranked_items

ART, BIO, COOK = ("art",), ("bio",), ("cook",)


def one_list(
    scores: Sequence[float],
    vectors: Sequence[Sequence[float]] | None = None,
    values: Sequence[tuple[str, ...]] | None = None,
) -> RankedItems:
    """One person's list of the items 0, 1 and so on."""
    n = len(scores)
    texts = ("",) * n
    attributes = {} if values is None else {"subject": tuple(values)}
    own = None if vectors is None else np.array([vectors], dtype=np.float32)
    return RankedItems(
        people_of([[]], n),
        np.arange(n, dtype=np.int64)[np.newaxis],
        np.ones((1, n), dtype=np.bool_),
        np.array([scores], dtype=np.float32),
        Items(tuple(map(str, range(n))), texts, texts, attributes),
        n,
        own,
    )


def order(reranker: Reranker, lists: RankedItems) -> list[int]:
    totals = np.where(lists.valid, lists.scores + reranker.adjust(lists), -np.inf)[0]
    places = np.argsort(-totals, kind="stable")
    return [int(lists.items[0, place]) for place in places if lists.valid[0, place]]


def test_the_second_of_two_alike_gives_way_to_what_is_different() -> None:
    lists = one_list([3.0, 2.9, 2.5], [[1, 0], [1, 0], [0, 1]])
    assert order(Diversity(0), lists) == [0, 1, 2]
    assert order(Diversity(0.9), lists) == [0, 2, 1]


def test_what_likeness_costs_is_the_strength_times_the_spread() -> None:
    lists = one_list([4.0, 2.0], [[1, 0], [0.6, 0.8]])
    # a standard deviation of 1, and at a strength of one half a factor of 1
    assert Diversity(0.5).adjust(lists) == pytest.approx(np.array([[0.0, -0.6]]))


def test_nothing_is_alike_without_vectors_and_opposites_are_no_gain() -> None:
    assert not Diversity(0.5).adjust(one_list([2.0, 1.0])).any()
    opposite = one_list([2.0, 1.0], [[1, 0], [-1, 0]])
    assert not Diversity(0.5).adjust(opposite).any()


def reference(lists: RankedItems, strength: float) -> list[int]:
    """Marginal relevance by the sum of likenesses, one choice after the other."""
    assert lists.vectors is not None
    scores, vectors = lists.scores[0].astype(float), lists.vectors[0].astype(float)
    price = strength / (1 - strength) * scores.std()
    chosen: list[int] = []
    while len(chosen) < len(scores):
        best, highest = -1, -math.inf
        for place in sorted(set(range(len(scores))).difference(chosen)):
            likenesses = (float(vectors[place] @ vectors[other]) for other in chosen)
            alike = sum(max(0.0, likeness) for likeness in likenesses)
            if scores[place] - price * alike > highest + 1e-5:
                best, highest = place, scores[place] - price * alike
        chosen.append(best)
    return [int(lists.items[0, place]) for place in chosen]


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.3, 0.5, 0.8]))
def test_it_is_maximal_marginal_relevance(seed: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(9, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = one_list((-np.sort(-rng.normal(size=9))).tolist(), vectors.tolist())
    assert order(Diversity(strength), lists) == reference(lists, strength)


@settings(deadline=None)
@given(st.integers(1, 8), st.sampled_from([0.2, 0.6, 1.0]))
def test_the_first_places_do_not_depend_on_how_many_follow(k: int, strength: float) -> None:
    lists = ranked_items()
    whole = order(Diversity(strength), lists)
    assert order(Diversity(strength), replace(lists, k=k))[:k] == whole[:k]


@pytest.mark.parametrize("strength", [-0.1, 1.1, True, "much", float("nan")])
def test_a_strength_that_is_none_is_refused(strength: Any) -> None:
    with pytest.raises(InputError, match="strength of diversity"):
        Diversity(strength)


def test_those_beyond_n_of_a_value_come_last_in_their_order() -> None:
    values = [ART, ART, ART, BIO, ART, COOK]
    lists = one_list([9, 8, 7, 3, 2, 1], values=values)
    assert order(CappedValues(2, "subject"), lists) == [0, 1, 3, 5, 2, 4]
    assert order(CappedValues(9, "subject"), lists) == [0, 1, 2, 3, 4, 5]


def test_all_late_items_are_lowered_by_the_same_amount() -> None:
    lists = one_list([9, 8, 7, -3], values=[ART, ART, ART, BIO])
    added = CappedValues(1, "subject").adjust(lists)[0]
    assert added[[0, 3]].tolist() == [0, 0]
    assert added[1] == added[2] < -12


def test_an_item_of_several_values_counts_for_each_and_one_without_for_none() -> None:
    listed = [("art", "bio"), ("bio",), (), ("art",), (), ("cook", "cook")]
    assert late_places(listed, 1).tolist() == [False, True, False, True, False, False]


@settings(deadline=None)
@given(st.lists(st.sampled_from([ART, BIO, COOK, ()]), min_size=1, max_size=12), st.integers(1, 3))
def test_no_value_stands_more_than_n_times_before_the_late_ones(
    values: list[tuple[str, ...]], n: int
) -> None:
    lists = one_list([-float(place) for place in range(len(values))], values=values)
    ranked = order(CappedValues(n, "subject"), lists)
    assert sorted(ranked) == list(range(len(values)))
    head = [values[item] for item in ranked[: int((~late_places(values, n)).sum())]]
    assert all(head.count(value) <= n for value in (ART, BIO, COOK))


def test_an_attribute_that_no_item_has_is_an_error() -> None:
    with pytest.raises(InputError, match="'colour'. Known are: subject"):
        CappedValues(1, "colour").adjust(one_list([1.0], values=[ART]))
    with pytest.raises(InputError, match="At most 0"):
        CappedValues(0, "subject")


def test_a_boost_multiplies_the_height_above_the_lowest_score() -> None:
    lists = one_list([5.0, 3.0, 1.0, -1.0])
    conditions = np.array([[False, True, True, True], [False, False, True, True]])
    added = Boosts(conditions, [2.0, 0.5]).adjust(lists)
    assert added == pytest.approx(np.array([[0.0, 4.0, 0.0, 0.0]]))
    assert order(Boosts(conditions, [2.0, 0.5]), lists) == [1, 0, 2, 3]
    assert order(Boosts(~conditions[:1], [0.1]), lists) == [1, 2, 0, 3]


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=9), st.floats(0.01, 100))
def test_a_boost_of_everything_changes_no_order(scores: list[float], factor: float) -> None:
    lists = one_list(sorted(scores, reverse=True))
    everything = np.ones((1, len(scores)), dtype=np.bool_)
    totals = (lists.scores + Boosts(everything, [factor]).adjust(lists))[0]
    assert (np.diff(totals) <= 1e-4 * np.abs(totals).max()).all()


def unit(vectors: Float32Array) -> Float32Array:
    return np.asarray(vectors @ vectors.T)


def test_items_of_the_same_attributes_are_alike() -> None:
    texts = ("",) * 4
    both = {"subject": (ART, ART, BIO, ()), "year": (("1",), ("1",), ("2",), ())}
    vectors = attribute_vectors(Items(("a", "b", "c", "d"), texts, texts, both))
    assert vectors is not None
    likeness = unit(vectors)
    assert likeness[0, 1] == pytest.approx(1.0)
    assert abs(likeness[0, 2]) < 0.5
    assert not vectors[3].any()


def test_without_attributes_there_are_no_vectors() -> None:
    texts = ("", "")
    assert attribute_vectors(Items(("a", "b"), texts, texts)) is None
    assert attribute_vectors(Items(("a", "b"), texts, texts, {"subject": ((), ())})) is None


def test_any_number_of_boosts_stays_finite() -> None:
    holds = np.ones((200, 1), dtype=np.bool_)
    for factor, most in ((1000.0, 1e6), (0.001, 1e-6)):
        assert Boosts(holds, [factor] * 200).factors.tolist() == pytest.approx([most])
