from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest

from tastemaker import Items, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.content.terms import bags, number_edges, term_hash
from tastemaker_plugins.content.tfidf import Tfidf


def titled(*titles: str, **attributes: Sequence[tuple[str, ...]]) -> Items:
    columns = {name: tuple(values) for name, values in attributes.items()}
    ids = tuple(f"item-{index}" for index in range(len(titles)))
    return Items(ids, titles, ("",) * len(titles), columns)


def fitted(items: Items) -> Tfidf:
    return Tfidf().fit(TrainingData(items, people_of([[]], len(items))), no_progress)


def test_terms_are_words_pairs_of_words_and_attributes() -> None:
    items = titled("Red red Lamp", colour=[("Red",)])
    expected = {"red": 2, "lamp": 1, "red red": 1, "red lamp": 1, "colour=red": 1}
    assert bags(items, {})[0] == {term_hash(term): count for term, count in expected.items()}


def test_numbers_are_cut_into_steps_of_equal_size() -> None:
    items = titled(*["x"] * 100, price=[(str(value),) for value in range(100)])
    edges = number_edges(items)
    assert len(edges["price"]) == 9
    counts = [bag[term_hash("price#0")] for bag in bags(items, edges)]
    assert sum(counts) == 10
    assert counts[:10] == [1] * 10


def test_attributes_that_are_mostly_words_or_few_numbers_are_not_cut() -> None:
    items = titled(*"abcd", size=[("1",), ("2",), ("1",), ("2",)], shape=[("round",)] * 4)
    assert number_edges(items) == {}


def test_some_odd_values_do_not_keep_numbers_from_being_cut() -> None:
    years = [(str(1900 + year),) for year in range(60)] + [("unknown",), ("",)]
    assert "year" in number_edges(titled(*["x"] * 62, year=years))


def test_alike_titles_are_similar_and_rare_words_count_more() -> None:
    items = titled("blue lamp", "blue shade", "blue lamp", "old shade", "green frog", "blue frog")
    likeness = fitted(items).similar(0)
    assert likeness[0] == pytest.approx(1.0)
    assert likeness[2] == pytest.approx(1.0)
    assert 0 < likeness[1] < likeness[0]
    assert likeness[3] == likeness[4] == 0


def test_a_score_is_the_mean_likeness_to_the_history() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue frog", "lamp"))
    scores = tfidf.score(people_of([[0], [1, 1]], 4))
    assert scores[0] == pytest.approx(tfidf.similar(0))
    assert scores[1] == pytest.approx(tfidf.similar(1))


def test_an_item_that_says_nothing_abstains() -> None:
    tfidf = fitted(titled("blue lamp", "", "blue frog"))
    scores = tfidf.score(people_of([[0], [1], []], 3))
    assert np.isnan(scores[:, 1]).all()
    assert np.isnan(scores[1:]).all()
    assert np.isfinite(scores[0, [0, 2]]).all()


def test_items_added_later_are_scored_and_speak_for_others() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue shade"))
    longer = copy.copy(tfidf)
    longer.extend(titled("green lamp", "never heard words"))
    scores = longer.score(people_of([[1], [3]], 5))
    assert scores[0, 3] > 0
    assert scores[1, 1] > 0
    assert np.isnan(scores[:, 4]).all()
    assert tfidf.score(people_of([[1]], 3)).shape == (1, 3)
