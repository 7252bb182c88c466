from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tastemaker import Items
from tastemaker.errors import NotFoundError, RuleError
from tastemaker.rules import F, Where
from tastemaker.serving.catalogue import Catalogue

CATALOGUE = Catalogue(
    Items(
        ("wine", "tea", "cup"),
        ("Red wine", "", "Cup"),
        ("", "", ""),
        {
            "country": (("France", "Italy"), ("Japan",), ()),
            "hot": (("false",), ("true",), ()),
            "price": (("12.5",), ("3",), ("4",)),
        },
    ),
    np.array([2, 5, 9]),
    np.ones(3, dtype=np.bool_),
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, ["wine", "tea", "cup"]),
        ({"country": "Italy"}, ["wine"]),
        ({"country": ["Italy", "Japan"]}, ["wine", "tea"]),
        ({"country": ("Italy", "Japan"), "hot": "true"}, ["tea"]),
        ({"country": "Ita"}, []),
        ({"country": []}, []),
        ({"country": {"Italy", "Japan"}}, ["wine", "tea"]),
        ({"price": 12.5}, ["wine"]),
        ({"price": 3.0}, ["tea"]),
        ({"price": [3, np.int64(4)]}, ["tea", "cup"]),
        ({"hot": True}, ["tea"]),
        (F.hot, ["tea"]),
        ("price < 10", ["tea", "cup"]),
        (~F.country.exists() | (F.price > 10), ["wine", "cup"]),
    ],
)
def test_items_match_in_every_attribute_by_one_of_the_values(
    where: Where, expected: list[str]
) -> None:
    keep = CATALOGUE.matching(where)
    found = [name for name, kept in zip(CATALOGUE.items.ids, keep, strict=True) if kept]
    assert found == expected


def test_an_unknown_attribute_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(RuleError, match=r"'colour'\. .*Known are: country, hot, price\."):
        CATALOGUE.matching({"colour": "red"})


@pytest.mark.parametrize("where", [["country"], 5])
def test_what_is_no_filter_is_refused(where: Any) -> None:
    with pytest.raises(RuleError, match="where is a .*Give a rule such as"):
        CATALOGUE.matching(where)


@pytest.mark.parametrize("value", [None, {"a": 1}])
def test_what_no_attribute_can_be_is_refused(value: Any) -> None:
    with pytest.raises(RuleError, match="where asks for country: .*which no item can have"):
        CATALOGUE.matching({"country": value})


def test_keys_become_indexes_and_newer_ones_are_not_known() -> None:
    assert CATALOGUE.indexes(np.array([9, 2, 3, 10, 10_000])).tolist() == [2, 0, -1, -1, -1]


def test_an_item_is_found_by_its_id_and_called_by_its_title() -> None:
    assert CATALOGUE.find("tea") == 1
    assert [CATALOGUE.name(index) for index in range(3)] == ["Red wine", "tea", "Cup"]
    with pytest.raises(NotFoundError, match="'beer'"):
        CATALOGUE.find("beer")
