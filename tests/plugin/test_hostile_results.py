"""What is handed out cannot be changed, and what comes back may be of any class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import (
    Items,
    People,
    Progress,
    RankedItems,
    Recommender,
    Reranker,
    State,
    TrainingData as Data,
)
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.guarded_reranker import GuardedReranker
from tastemaker.plugin.states import guarded_state
from tastemaker.testing import items_of, people_of

FEATURES = {"city": (("here",), ("there",))}
PEOPLE = replace(people_of([[0, 1], [2]], 3), features=FEATURES)
ITEMS = np.array([[0, 1], [1, 2]])


class Liar(np.ndarray[Any, np.dtype[np.float32]]):
    """An array that leaves the process when somebody looks at it."""

    @property  # type: ignore[misc]
    def shape(self) -> Any:
        raise SystemExit

    def __array_ufunc__(self, *inputs: Any, **named: Any) -> Any:
        raise SystemExit

    def __array_function__(self, *inputs: Any, **named: Any) -> Any:
        raise SystemExit


class Classless:
    """Does not even tell its class."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise SystemExit


class Changing(Mapping[str, Any]):
    """Says something else each time."""

    def __init__(self, *said: Mapping[str, Any]) -> None:
        self.said = iter(said)

    def __getitem__(self, name: str) -> Any:
        return next(self.said)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(["x"])

    def __len__(self) -> int:
        return 1


class Returns(Recommender):
    """Returns what it is told to, from everything."""

    name = "returns"
    family = "content"
    uses_features = True
    given: Any = None
    before: Callable[[People, Any], object] = staticmethod(lambda people, items: None)

    def fit(self, data: Data, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Any:
        self.before(people, None)
        return self.given

    def score_items(self, people: People, items: Any) -> Any:
        self.before(people, items)
        return self.given

    def retrieve(self, people: People, k: int) -> Any:
        return self.given

    def reasons(self, people: People, items: Any) -> Any:
        self.before(people, items)
        return self.given

    def words(self, people: People, items: Any) -> Any:
        return self.given

    def item_vectors(self, items: Any) -> Any:
        self.before(PEOPLE, items)
        return self.given

    def similar(self, item_index: int) -> Any:
        return self.given

    def extend(self, items: Items) -> None:
        return None

    def state(self) -> State:
        return State(self.given, {})

    @classmethod
    def restore(cls, state: State) -> Self:
        return cls()


class Reorders(Reranker):
    """Returns what it is told to."""

    name = "reorders"
    given: Any = None

    def adjust(self, lists: RankedItems) -> Any:
        return self.given


def calls(given: Any) -> list[Callable[[], tuple[object, str]]]:
    recommender = Returns()
    recommender.given = given
    guarded = GuardedRecommender(recommender, 3)
    return [
        lambda: guarded.score(PEOPLE),
        lambda: guarded.score_items(PEOPLE, ITEMS),
        lambda: guarded.retrieve(PEOPLE, 2),
        lambda: guarded.reasons(PEOPLE, ITEMS),
        lambda: guarded.words(PEOPLE, ITEMS),
        lambda: guarded.item_vectors(ITEMS[0]),
        lambda: guarded.similar(1, 3),
    ]


@pytest.mark.parametrize(
    "make",
    [
        Classless,
        lambda: repeat("x"),
        lambda: repeat(repeat("x")),
        object,
        dict,
        lambda: np.zeros(3, dtype=np.float64).view(Liar),
    ],
)
def test_whatever_is_returned_is_a_problem(make: Callable[[], Any]) -> None:
    given = make()
    for number, call in enumerate(calls(given)):
        result, problem = call()
        assert (result is None and problem) or number in (4, 6), number
    reranker = Reorders()
    reranker.given = given
    lists = RankedItems(PEOPLE, ITEMS, ITEMS >= 0, ITEMS.astype(np.float32), items_of(3), 2)
    assert GuardedReranker(reranker).adjust(lists)[0] is None


def test_an_array_of_a_class_of_its_own_becomes_an_ordinary_one() -> None:
    recommender = Returns()
    recommender.given = np.ones((2, 3), dtype=np.float32).view(Liar)
    scores, problem = GuardedRecommender(recommender, 3).score(PEOPLE)
    assert problem == ""
    assert type(scores) is np.ndarray


def changes(people: Any, items: Any) -> Iterator[Callable[[], object]]:
    histories = people.histories
    arrays = [getattr(people, name) for name in ("times", "kinds", "weights", "ages")]
    arrays += [getattr(histories, name) for name in ("indptr", "items", "values", "rows")]
    arrays += [histories.lengths, histories.ages]
    if items is not None:
        arrays.append(items)
    yield from (partial(array.__setitem__, 0, 1) for array in arrays)
    yield lambda: people.features.clear()
    yield lambda: people.features.__setitem__("city", ())
    yield lambda: setattr(people, "features", {})


def test_nothing_that_is_handed_out_can_be_changed() -> None:
    changed = []

    def change(people: People, items: Any) -> None:
        for number, attempt in enumerate(changes(people, items)):
            try:
                attempt()
            except (ValueError, AttributeError):
                continue
            changed.append(number)

    recommender = Returns()
    recommender.before = change
    guarded, items = GuardedRecommender(recommender, 3), ITEMS.copy()
    guarded.score(PEOPLE)
    guarded.score_items(PEOPLE, items)
    guarded.reasons(PEOPLE, items)
    assert changed == []
    assert items.flags.writeable
    assert np.array_equal(items, ITEMS)
    assert PEOPLE.features == FEATURES


def test_the_attributes_of_items_cannot_be_changed() -> None:
    items = items_of(4)
    with pytest.raises(TypeError):
        items.attributes["parity"] = ()  # type: ignore[index]
    assert items[1:3].attributes == {"parity": (("odd",), ("even",))}


def test_a_state_says_one_thing_only() -> None:
    recommender = Returns()
    first, second = np.zeros(2, dtype=np.float32), np.array([object()])
    recommender.given = Changing({"x": first}, {"x": second})
    state, problem = guarded_state(recommender)
    assert state is not None, problem
    assert state.arrays == {"x": first} or np.array_equal(state.arrays["x"], first)
    assert type(state.arrays) is dict
