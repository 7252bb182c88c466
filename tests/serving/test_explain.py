from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from tastemaker import Items, Recommender
from tastemaker.cli.recommend import shares
from tastemaker.data import Float32Array, ItemPairs
from tastemaker.serving.answers import Reason, Recommendation
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.explain import Explainer, reason_amounts, scale_parts
from tastemaker.serving.reason_texts import (
    FEW_TEXT,
    NEW_ITEM_TEXT,
    NO_TEXT,
    Backing,
    backed_text,
    recommender_text,
)

NAN = float("nan")
ITEMS = Items(("a", "b", "c"), ("Apple", "", "Cherry"), ("", "", ""))
CATALOGUE = Catalogue(ITEMS, np.array([1, 2, 3]), np.ones(3, dtype=np.bool_))
COUNTS = np.full(3, 90, dtype=np.float32)
PAIRS = ItemPairs(  # everything was chosen together with the second item by many
    np.array([0, 1, 2, 3]),
    np.ones(3, dtype=np.int32),
    np.full(3, 50, dtype=np.int32),
)


def column(*values: float) -> Float32Array:
    """(n, 1) what a member's `reasons` gives for one item."""
    return np.array(values, dtype=np.float32)[:, np.newaxis]


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
    given = column(*parts).astype(np.float64)[np.newaxis]
    scaled = scale_parts(given, np.array([[contribution]], dtype=np.float32))
    assert scaled[0, :, 0].tolist() == pytest.approx(list(expected))


def explained(
    history: list[int],
    contributions: dict[str, float],
    parts: dict[str, Float32Array],
    explored: bool = False,
) -> Recommendation:
    """One recommendation, explained by members that named these parts of it."""
    given = np.array(list(contributions.values()), dtype=np.float32)[:, np.newaxis]
    own = np.array(history, dtype=np.int32)
    amounts = reason_amounts([parts[name] for name in contributions], given, own)
    explainer = Explainer(tuple(contributions), CLASSES, CATALOGUE, counts=COUNTS, pairs=PAIRS)
    plain = Recommendation("x", float(given.sum()), explored=explored)
    return explainer.explained([plain], [1], given, amounts)[0]


def test_repeated_items_are_one_reason_and_only_positive_amounts_are_named() -> None:
    one = explained([0, 2, 0, 1], {"together": 7.0}, {"together": column(1, 5, 2, -1)})
    assert one.reasons == (Reason("c", "Cherry", 5.0), Reason("a", "Apple", 3.0))
    assert one.contributions == {"together": 7.0}


def test_an_item_without_a_title_is_named_by_its_id() -> None:
    one = explained([1], {"together": 1.0}, {"together": column(1)})
    assert one.reasons == (Reason("b", "b", 1.0),)


def test_there_are_no_reasons_without_a_history() -> None:
    one = explained([], {"popular": 1.0}, {"popular": column()})
    assert (one.reasons, one.why) == ((), "popular with many people")


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


class Declaring(Recommender):
    family: ClassVar[str] = "hybrid"
    because: ClassVar[str] = "popular among people like you"
    uses_features: ClassVar[bool] = True


class Private(Recommender):
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "goes with {items}"
    private: ClassVar[bool] = True


@pytest.mark.parametrize(
    ("recommender", "chosen", "together", "expected"),
    [
        (Together, 90, (5, 50), "often chosen together with Apple and b"),
        (Together, 90, (4, 50), "often chosen together with b"),
        (Together, 90, (4, 1), "because of Apple and b"),
        (Following, 90, (4, 0), "because of Apple and b"),
        (Alike, 0, (0, 0), "similar to Apple and b"),
        (Popular, 5, (0, 0), "popular with many people"),
        (Popular, 4, (9, 9), ""),
        (None, 4, (9, 9), ""),
        (Declaring, 20, (0, 0), "popular among people like you"),
        (Declaring, 19, (9, 9), ""),
        (Private, 90, (5, 50), "goes with Apple and b"),
        (Private, 0, (0, 0), "goes with Apple and b"),
    ],
)
def test_other_people_are_spoken_of_only_where_there_are_enough(
    recommender: Any, chosen: int, together: tuple[int, int], expected: str
) -> None:
    backing = Backing(chosen, together.__getitem__)
    assert backed_text(recommender, (0, 1), ("Apple", "b"), backing) == expected


def test_without_anything_that_may_be_told_it_is_picked() -> None:
    amounts = reason_amounts([column()], np.ones((1, 1), dtype=np.float32), np.zeros(0, np.int32))
    unknown = Explainer(("popular",), CLASSES, CATALOGUE)
    given = np.ones((1, 1), dtype=np.float32)
    (one,) = unknown.explained([Recommendation("x", 1.0)], [1], given, amounts)
    assert one.why == NO_TEXT
    assert FEW_TEXT.format(items="Apple") == "because of Apple"


def test_the_strongest_two_are_named() -> None:
    contributions = {"together": 0.2, "alike": 0.5, "popular": 0.3, "following": -1.0}
    own = {
        "together": column(0.2, 0),
        "alike": column(0.1, 0.4),
        "popular": column(0, 0),
        "following": column(-1, 0),
    }
    text = "similar to Cherry and Apple; popular with many people"
    assert explained([0, 2], contributions, own).why == text
    assert explained([0, 2], contributions, own, explored=True).why == f"{NEW_ITEM_TEXT}; {text}"


def test_one_without_a_text_or_with_the_same_gives_way_to_the_next() -> None:
    contributions = {"together": 0.5, "popular": 0.4, "fallback": 0.3, "alike": 0.2}
    own = dict.fromkeys(contributions, column(0)) | {"alike": column(0.2)}
    assert explained([0], contributions, own).why == "popular with many people; similar to Apple"


def test_one_that_would_be_shown_with_0_percent_is_not_spoken_of() -> None:
    contributions = {"together": 1.0, "popular": 0.004}
    own = {"together": column(1.0), "popular": column(0)}
    assert explained([0], contributions, own).why == "often chosen together with Apple"
    contributions["popular"] = 0.006
    text = "often chosen together with Apple; popular with many people"
    assert explained([0], contributions, own).why == text
    assert shares(contributions) == "together 99%, popular 1%"
    assert shares({"together": 1.0, "popular": 0.004, "alike": -1.0}) == "together 100%"
    assert shares({"together": -1.0}) == ""


def test_there_is_no_text_where_every_contribution_is_negative() -> None:
    assert explained([0], {"together": -0.5}, {"together": column(-0.5)}).why == ""


def test_each_place_of_an_answer_has_its_own_reasons() -> None:
    parts = [np.array([[1, 0], [3, 4]], dtype=np.float32)]
    contributions = np.array([[8, 2]], dtype=np.float32)
    amounts = reason_amounts(parts, contributions, np.array([2, 0], dtype=np.int32))
    assert amounts.items.tolist() == [0, 2]
    assert amounts.by_member[0].tolist() == [[6, 2], [2, 0]]


def test_a_members_own_words_stand_for_its_reason_where_it_has_some() -> None:
    given = np.array([[2.0, 2.0], [1.0, 1.0]], dtype=np.float32)
    parts = np.ones((1, 2), dtype=np.float32)
    amounts = reason_amounts([parts, np.zeros_like(parts)], given, np.array([0], dtype=np.int32))
    explainer = Explainer(("together", "popular"), CLASSES, CATALOGUE, counts=COUNTS, pairs=PAIRS)
    plain = [Recommendation("x", 3.0), Recommendation("y", 3.0)]
    words = [("you chose it twice", ""), ()]
    found = explainer.explained(plain, [1, 1], given, amounts, words)
    assert [one.why for one in found] == [
        "you chose it twice; popular with many people",
        "often chosen together with Apple; popular with many people",
    ]
