from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Items
from tastemaker.testing import stored
from tastemaker_plugins.shared.term_vectors import TermVectors
from tastemaker_plugins.shared.terms import term_hash


def titled(*titles: str) -> Items:
    return Items(tuple(titles), titles, ("",) * len(titles))


def test_terms_of_too_few_items_are_left_out_and_the_most_frequent_come_first() -> None:
    items = titled("red lamp", "red frog", "red shade", "old frog", "green")
    terms, _ = TermVectors.fitted(items, 10, min_items=2)
    assert set(terms.vocabulary) == {term_hash("red"), term_hash("frog")}
    few, _ = TermVectors.fitted(items, 1)
    assert few.vocabulary.tolist() == [term_hash("red")]
    assert terms.rarity[terms.vocabulary == term_hash("frog")] > few.rarity[0]


def test_a_term_of_all_items_has_the_rarity_of_the_floor() -> None:
    terms, matrix = TermVectors.fitted(titled("red frog", "red"), 1, floor=0.25)
    assert terms.rarity == pytest.approx([0.25])
    assert matrix.toarray() == pytest.approx(np.ones((2, 1)))


def test_rows_have_the_length_one_or_nothing() -> None:
    items = titled("red frog", "red frog", "blue", "")
    _, matrix = TermVectors.fitted(items, 10, min_items=2)
    assert np.linalg.norm(matrix.toarray(), axis=1) == pytest.approx([1, 1, 0, 0])


def test_items_seen_later_get_the_vectors_of_the_terms_that_are_known() -> None:
    terms, matrix = TermVectors.fitted(titled("red", "red", "blue", "blue"), 10)
    later = TermVectors.restored(stored(terms.state())).of(titled("blue frog", "unknown words"))
    assert later.toarray()[0] == pytest.approx(matrix.toarray()[2])
    assert not later.toarray()[1].any()


def test_without_terms_the_vectors_are_empty() -> None:
    terms, matrix = TermVectors.fitted(titled("", ""), 10)
    assert matrix.shape == (2, 0)
    assert terms.of(titled("red")).shape == (1, 0)
    assert TermVectors.fitted(titled(), 10)[1].shape == (0, 0)
