from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from tastemaker import Histories, Items, People, Recommender
from tastemaker.data import Float64Array
from tastemaker.serving.answers import Reason
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.explain import (
    NEW_ITEM_TEXT,
    explanation_text,
    make_reasons,
    recommender_text,
    scale_parts,
    sum_by_item,
)

NAN = float("nan")
ITEMS = Items(("a", "b", "c"), ("Apple", "", "Cherry"), ("", "", ""))
CATALOGUE = Catalogue(ITEMS, np.array([1, 2, 3]), np.ones(3, dtype=np.bool_))


def person(*items: int) -> People:
    n = len(items)
    ones = np.ones(n, dtype=np.float32)
    histories = Histories(np.array([0, n]), np.array(items, dtype=np.int32), ones, 3)
    return People(histories, np.arange(n, dtype=np.float64), np.zeros(n, dtype=np.int16), ones)


def amounts(*values: float) -> Float64Array:
    return np.array(values, dtype=np.float64)


class Together(Recommender):
    family: ClassVar[str] = "collaborative"


class Alike(Recommender):
    family: ClassVar[str] = "content"


class Popular(Recommender):
    family: ClassVar[str] = "popularity"


class Following(Recommender):
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "often follows {items}"


CLASSES: dict[str, Any] = {  # abstract classes, of which nothing is made
    "together": Together,
    "alike": Alike,
    "popular": Popular,
    "following": Following,
}


@pytest.mark.parametrize(
    ("parts", "contribution", "expected"),
    [
        ((1, 3), 2.0, (0.5, 1.5)),
        ((1, 3), -2.0, (-0.5, -1.5)),  # positive parts of a negative contribution
        ((1, -0.5), 1.0, (2, -1)),
        ((1, -1), 1.0, (0, 0)),  # the parts cancel out
        ((0, 0), 1.0, (0, 0)),
        ((NAN, 1), 1.0, (0, 0)),
        ((), 1.0, ()),
    ],
)
def test_parts_are_scaled_to_the_contribution(
    parts: tuple[float, ...], contribution: float, expected: tuple[float, ...]
) -> None:
    assert scale_parts(amounts(*parts), contribution).tolist() == pytest.approx(list(expected))


def test_repeated_items_are_one_reason_and_only_positive_amounts_are_named() -> None:
    found = sum_by_item(amounts(1, 5, 2, -1), person(0, 2, 0, 1))
    assert found == [(2, 5.0), (0, 3.0)]
    assert make_reasons(amounts(1, 5, 2, -1), person(0, 2, 0, 1), CATALOGUE) == (
        Reason("c", "Cherry", 5.0),
        Reason("a", "Apple", 3.0),
    )


def test_an_item_without_a_title_is_named_by_its_id() -> None:
    assert make_reasons(amounts(1), person(1), CATALOGUE) == (Reason("b", "b", 1.0),)


@pytest.mark.parametrize(
    ("name", "titles", "expected"),
    [
        ("popular", ["Apple"], "popular with many people"),
        ("together", ["Apple", "b"], "often chosen together with Apple and b"),
        ("alike", ["Apple"], "similar to Apple"),
        ("following", ["Apple"], "often follows Apple"),
        ("together", [], ""),
        (None, [], "popular with many people"),
    ],
)
def test_the_text_of_one_recommender(name: str, titles: list[str], expected: str) -> None:
    assert recommender_text(CLASSES.get(name), titles) == expected


def test_the_strongest_two_are_named() -> None:
    contributions = {"together": 0.2, "alike": 0.5, "popular": 0.3, "following": -1.0}
    own = {
        "together": amounts(0.2, 0),
        "alike": amounts(0.1, 0.4),
        "popular": amounts(0, 0),
        "following": amounts(-1, 0),
    }
    text = explanation_text(contributions, own, CLASSES, person(0, 2), CATALOGUE)
    assert text == "similar to Cherry and Apple; popular with many people"
    fresh = explanation_text(contributions, own, CLASSES, person(0, 2), CATALOGUE, explored=True)
    assert fresh == f"{NEW_ITEM_TEXT}; {text}"


def test_one_without_a_text_or_with_the_same_gives_way_to_the_next() -> None:
    contributions = {"together": 0.5, "popular": 0.4, "fallback": 0.3, "alike": 0.2}
    own = dict.fromkeys(contributions, amounts(0)) | {"alike": amounts(0.2)}
    text = explanation_text(contributions, own, CLASSES, person(0), CATALOGUE)
    assert text == "popular with many people; similar to Apple"


def test_there_is_no_text_where_every_contribution_is_negative() -> None:
    text = explanation_text(
        {"together": -0.5}, {"together": amounts(-0.5)}, CLASSES, person(0), CATALOGUE
    )
    assert text == ""
