"""A catalogue of which a few items changed is what reading all of it anew gives."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.data import Items, RareValues, StoredAttributes, TextColumn
from tastemaker.store.attribute_columns import attribute_columns
from tastemaker.store.items import StoredItems, is_among

Attributes = dict[str, object]

VALUES = st.sampled_from([None, "", "red", "blue", 1, 2.5, True, ["red", "blue"], []])
ROWS = st.dictionaries(st.sampled_from("abc"), VALUES)
CATALOGUES = st.dictionaries(st.integers(1, 12), ROWS)


def stored(rows: dict[int, Attributes]) -> StoredItems:
    """Items by their keys, each with a text of its own length."""
    keys = sorted(rows)
    texts = TextColumn.of(["ü" * key for key in keys])
    attributes = TextColumn.of([json.dumps(rows[key]) for key in keys])
    return StoredItems(
        np.array(keys, dtype=np.int64),
        Items(
            TextColumn.of([f"item-{key}" for key in keys]),
            texts,
            TextColumn.of([json.dumps(rows[key]) for key in keys]),
            StoredAttributes(attributes, attribute_columns),
        ),
        available=np.ones(len(keys), dtype=np.bool_),
        updated=np.array(keys, dtype=np.int64),
        created=np.array(keys, dtype=np.int64),
        declared=np.ones(len(keys), dtype=np.bool_),
    )


@given(CATALOGUES, CATALOGUES, st.booleans())
def test_a_changed_catalogue_is_what_all_of_it_read_anew_is(
    before: dict[int, Attributes], changed: dict[int, Attributes], used: bool
) -> None:
    own, expected = stored(before), stored({**before, **changed})
    if used:
        len(own.items.attributes)  # a rule has looked at them
    merged = own.merged(stored(changed))
    assert merged.keys.tolist() == expected.keys.tolist()
    assert merged.items.ids == expected.items.ids
    assert merged.items.titles == expected.items.titles
    assert merged.items.texts == expected.items.texts
    found = {name: list(own) for name, own in merged.items.attributes.items()}
    wanted = {name: list(own) for name, own in expected.items.attributes.items()}
    # An attribute that has no value anywhere may stay known for a while.
    assert {name: own for name, own in found.items() if any(own) or name in wanted} == wanted


def counted(rows: Sequence[Attributes]) -> tuple[StoredAttributes, list[int]]:
    """The attributes of items, and how many were read at a time."""
    read: list[int] = []

    def columns(texts: Sequence[str]) -> object:
        read.append(len(texts))
        return attribute_columns(texts)

    texts = TextColumn.of(list(map(json.dumps, rows)))
    return StoredAttributes(texts, columns), read  # type: ignore[arg-type]


def test_only_what_changed_is_read_again() -> None:
    attributes, read = counted([{"price": number % 3} for number in range(100)])
    new, _ = counted([{"price": 7}])
    len(attributes)
    merged = attributes.merged(new, np.array([*range(99), 100]))
    assert merged["price"][98] == ("2",)
    assert merged["price"][99] == ("7",)
    assert read == [100]


def test_what_nobody_has_looked_at_stays_unread() -> None:
    attributes, read = counted([{"price": 1}])
    attributes.merged(attributes, np.array([0, 1]))
    assert read == []


def test_values_that_nobody_has_any_longer_are_not_kept() -> None:
    attributes, _ = counted([{"price": 0}, {"price": -1}])
    for number in range(1, 50):
        len(attributes)
        new, _ = counted([{"price": number}])
        attributes = attributes.merged(new, np.array([2, 1]))
    assert set(attributes["price"].distinct) == {("49",), ("-1",)}  # type: ignore[attr-defined]


def test_an_attribute_that_few_have_is_kept_for_those() -> None:
    attributes, _ = counted([{"a": 1, "b": 2}] * 20)
    len(attributes)
    new, _ = counted([{"a": 1}] * 19)
    merged = attributes.merged(new, np.arange(20, 39))
    assert merged.keys() == {"a"}
    merged = attributes.merged(new, np.arange(19, 39))
    assert isinstance(merged["b"], RareValues)
    assert list(merged["b"]) == [("2",), *[()] * 19]


@pytest.mark.parametrize(
    ("keys", "known", "among"),
    [([1, 5], [], [0, 0]), ([], [1], []), ([0, 1, 2, 3, 9], [1, 3], [0, 1, 0, 1, 0])],
)
def test_is_among(keys: list[int], known: list[int], among: list[int]) -> None:
    found = is_among(np.array(keys, dtype=np.int64), np.array(known, dtype=np.int64))
    assert found.tolist() == list(map(bool, among))
