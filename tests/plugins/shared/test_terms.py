from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tastemaker import Items
from tastemaker.testing import people_of
from tastemaker_plugins.shared.terms import (
    feature_terms,
    number_edges,
    term_counts,
    term_hash,
    value_term,
)


def titled(*titles: str, **attributes: Sequence[tuple[str, ...]]) -> Items:
    columns = {name: tuple(values) for name, values in attributes.items()}
    return Items(titles, titles, ("",) * len(titles), columns)


def test_terms_are_words_pairs_of_words_and_attributes() -> None:
    items = titled("Red red Lamp", colour=[("Red",)])
    expected = {"red": 2, "lamp": 1, "red red": 1, "red lamp": 1, "colour=red": 1}
    assert term_counts(items, {})[0] == {term_hash(term): count for term, count in expected.items()}


def test_numbers_are_sorted_into_steps_of_equal_size() -> None:
    items = titled(*["x"] * 100, price=[(str(value),) for value in range(100)])
    edges = number_edges(items.attributes)
    assert len(edges["price"]) == 9
    counts = [found[term_hash("price#0")] for found in term_counts(items, edges)]
    assert sum(counts) == 10
    assert counts[:10] == [1] * 10


def test_attributes_that_are_mostly_words_or_few_numbers_have_no_steps() -> None:
    items = titled(*"abcd", size=[("1",), ("2",), ("1",), ("2",)], shape=[("round",)] * 4)
    assert number_edges(items.attributes) == {}


def test_some_odd_values_do_not_keep_numbers_from_their_steps() -> None:
    years = [(str(1900 + year),) for year in range(60)] + [("unknown",), ("",)]
    assert "year" in number_edges({"year": years})


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("1", "price#0"),
        ("2.0", "price#1"),
        ("1e9", "price#2"),
        ("Dear", "price=dear"),
        ("nan", "price=nan"),
        ("Infinity", "price=infinity"),
    ],
)
def test_a_value_is_its_step_if_it_is_a_finite_number(value: str, term: str) -> None:
    assert value_term("price", value, [2.0, 3.0]) == term


def test_without_steps_a_number_is_a_word() -> None:
    assert value_term("size", "12", None) == "size=12"


def test_features_of_people_are_terms_in_their_order() -> None:
    people = replace(
        people_of([[], [], []], 1),
        features={"town": (("Rome",), ("",), ("OSLO", "Rome")), "age": (("30",), (), ("x",))},
    )
    assert feature_terms(people, {"age": [25.0, 35.0]}) == [
        [term_hash("town=rome"), term_hash("age#1")],
        [],
        [term_hash("town=oslo"), term_hash("town=rome"), term_hash("age=x")],
    ]
