"""What exactly a guard gives: to the recommender, and to whoever called it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from tests.plugin.test_guard import Answers

from tastemaker import Int64Array, Items, People, PluginError, Progress, TrainingData
from tastemaker.plugin.guard import (
    IsolationError,
    attempt,
    checked_call,
    checked_items,
    checked_scores,
    describe,
    guarded_extension,
    guarded_fit,
    guarded_fit_from,
    guarded_memory,
    guarded_retrieve,
    guarded_score_items,
    plain_array,
    quotable,
    visible,
)
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of

FEATURED = replace(people_of([[0, 1], [2]], 3), features={"town": (("Ulm",), ("Bonn",))})


class Remembers(Answers):
    """Keeps what it is given, and says that it went well."""

    uses_features: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.given: tuple[Any, ...] = ()

    def memory(self, data: TrainingData) -> int:
        self.given = (data,)
        return 7

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        self.given = (data, progress)
        return self

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        self.given = (data, progress, before)
        return self

    def score_items(self, people: People, items: Int64Array) -> Any:
        self.given = (people, items)
        return np.zeros(items.shape, dtype=np.float32)

    def retrieve(self, people: People, k: int) -> Any:
        self.given = (people, k)
        return np.full((len(people), k), -1, dtype=np.int32)


class Sees(Remembers):
    """Declares that it looks at features."""

    uses_features: ClassVar[bool] = True


def data_of(people: People) -> TrainingData:
    return replace(checkerboard(), people=people, items=items_of(3))


def raised() -> None:
    raise PluginError("one\n two   three")


def deeper() -> None:
    raised()


def caught(call: Any) -> BaseException:
    with pytest.raises(BaseException) as found:
        call()
    error = found.value
    assert error.__traceback__ is not None
    return error.with_traceback(error.__traceback__.tb_next)


def test_an_error_is_described_by_its_type_its_text_and_the_innermost_line() -> None:
    line = raised.__code__.co_firstlineno + 1
    assert describe(caught(deeper)) == f"PluginError: one two three (line {line} of raised)"
    assert describe(caught(deeper), quote=()) == f"PluginError (line {line} of raised)"


def test_an_error_that_was_never_raised_has_no_line() -> None:
    assert describe(ValueError("x")) == "ValueError: x"
    assert describe(ValueError()) == "ValueError"
    assert describe(ValueError("x"), quote=()) == "ValueError"


def test_a_long_text_is_cut() -> None:
    assert describe(ValueError("x" * 400)) == "ValueError: " + "x" * 300


def test_what_went_wrong_in_another_process_is_told_as_it_is() -> None:
    assert describe(caught(isolated), quote=()) == "it ended by itself"


def isolated() -> None:
    raise IsolationError("it ended by itself")


def test_an_attempt_gives_a_result_or_a_problem_and_quotes_by_default() -> None:
    assert attempt(lambda: 3) == (3, "")
    assert attempt(lambda: "") == ("", "")
    result, problem = attempt(raised)
    assert result is None
    assert problem.startswith("PluginError: one two three (line ")
    assert attempt(raised, quote=())[1].startswith("PluginError (line ")


@pytest.mark.parametrize("interrupted", ["call", "text"])
def test_an_interrupt_of_the_keyboard_passes_wherever_it_comes(interrupted: str) -> None:
    class Interrupts(Exception):
        def __str__(self) -> str:
            raise KeyboardInterrupt

    def call() -> None:
        raise KeyboardInterrupt if interrupted == "call" else Interrupts

    with pytest.raises(KeyboardInterrupt):
        attempt(call)


def test_of_who_sees_features_nothing_is_quoted() -> None:
    assert quotable(uses_features=True) == ()
    assert describe(PluginError("x"), quote=quotable(uses_features=False)) == "PluginError: x"
    assert describe(ValueError("x"), quote=quotable(uses_features=False)) == "ValueError"


def test_what_is_checked_may_raise_and_is_not_quoted() -> None:
    def check(result: object) -> tuple[None, str]:
        raise PluginError("Ulm")

    result, problem = checked_call(Answers(), lambda: 1, check)
    assert result is None
    assert "PluginError (line " in problem
    assert "Ulm" not in problem


def test_the_method_that_raised_is_named_where_it_is_given() -> None:
    calls = [
        checked_call(Answers(), raised, lambda it: (it, ""), method)[1] for method in ("", "x")
    ]
    assert calls[0].startswith("PluginError: one")
    assert calls[1] == f"x: {calls[0]}"


def test_who_declares_no_features_is_given_everything_else() -> None:
    assert visible(Sees(), FEATURED) is FEATURED
    assert visible(Remembers(), FEATURED).features == {}
    assert visible(Remembers(), FEATURED).histories is FEATURED.histories


@pytest.mark.parametrize("kind", [Remembers, Sees])
def test_what_trains_gets_the_data_the_progress_and_what_was_before(kind: type[Remembers]) -> None:
    data, one, before = data_of(FEATURED), kind(), kind()
    assert guarded_fit(one, data, no_progress) == (one, "")
    assert one.given[1] is no_progress
    assert guarded_fit_from(one, data, no_progress, before) == (one, "")
    seen, progress, was = one.given
    assert (progress, was) == (no_progress, before)
    assert (seen is data) == kind.uses_features
    assert seen.items is data.items
    assert seen.people.histories is FEATURED.histories
    assert dict(seen.people.features) == (dict(FEATURED.features) if kind.uses_features else {})
    assert guarded_memory(one, data) == (7, "")
    assert one.given[0].items is data.items


def test_what_has_no_features_is_handed_on_as_it_is() -> None:
    data, one = data_of(people_of([[0]], 3)), Remembers()
    guarded_fit(one, data, no_progress)
    assert (one.given[0] is data) == (data.people.without_features is data.people)


@pytest.mark.parametrize("kind", [Remembers, Sees])
def test_what_serves_gets_the_people_and_the_items(kind: type[Remembers]) -> None:
    one, items = kind(), np.array([[0, 1], [2, 2]])
    scores, problem = guarded_score_items(one, FEATURED, items)
    assert (problem, scores is not None and scores.shape) == ("", (2, 2))
    people, shown = one.given
    assert people.histories is FEATURED.histories
    assert shown.tolist() == items.tolist()
    assert not shown.flags.writeable
    found, problem = guarded_retrieve(one, FEATURED, 2)
    assert problem == ""
    assert found is not None
    assert found.dtype == np.int64
    assert one.given[0].histories is FEATURED.histories
    assert one.given[1] == 2


class Own(np.ndarray[Any, np.dtype[Any]]):
    """An array of a class of somebody's own."""


def test_an_array_of_another_class_becomes_one_of_numpys() -> None:
    own = np.ones((1, 2), dtype=np.float32).view(Own)
    assert type(plain_array(own)) is np.ndarray
    assert plain_array([1]) == [1]
    scores, problem = checked_scores(own, (1, 2))
    assert (type(scores), problem) == (np.ndarray, "")


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        (None, "returned a NoneType instead of an array"),
        (np.zeros(2), "returned the shape (2,) instead of (1, 2)"),
        (np.zeros((1, 2), dtype=bool), "returned the type bool instead of float32"),
        (np.full((1, 2), "X"), "returned the type <U1 instead of float32"),
        (np.full((1, 2), 1e300), "returned an infinite score"),
        (np.full((1, 2), np.inf, dtype=np.float32), "returned an infinite score"),
    ],
)
def test_what_is_wrong_with_scores_is_said(scores: Any, problem: str) -> None:
    assert checked_scores(scores, (1, 2)) == (None, problem)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        (None, "retrieved a NoneType instead of an array"),
        (np.zeros(2, dtype=np.int64), "retrieved the shape (2,) instead of (1, 2)"),
        (np.zeros((1, 2)), "retrieved the type float64 instead of int64"),
        (np.full((1, 2), "X"), "retrieved the type <U1 instead of int64"),
        (np.array([[0, 3]]), "retrieved an item that there is none of"),
        (np.array([[-2, 0]]), "retrieved an item that there is none of"),
    ],
)
def test_what_is_wrong_with_retrieved_items_is_said(items: Any, problem: str) -> None:
    assert checked_items(items, (1, 2), 3) == (None, problem)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16])
def test_retrieved_items_become_int64(dtype: Any) -> None:
    items, problem = checked_items(np.array([[2, 0]], dtype=dtype), (1, 2), 3)
    assert problem == ""
    assert items is not None
    assert items.dtype == np.int64
    assert items.tolist() == [[2, 0]]
    none, problem = checked_items(np.zeros((0, 2), dtype=dtype), (0, 2), 0)
    assert (none is not None and none.shape, problem) == ((0, 2), "")


class Fails(Answers):
    """Neither grows nor lets itself be copied, as it is told."""

    uses_features: ClassVar[bool] = False
    when = "extend"

    def extend(self, items: Items) -> None:
        if self.when == "extend":
            raise PluginError("Ulm")

    def __copy__(self) -> Self:
        if self.when == "copy":
            raise PluginError("Ulm")
        one = type(self)()
        one.when = self.when
        return one


class FailsAndSees(Fails):
    """The same, and it has seen features."""

    uses_features: ClassVar[bool] = True


@pytest.mark.parametrize("when", ["extend", "copy"])
def test_what_cannot_be_extended_is_named_and_quoted_only_if_it_saw_nothing(when: str) -> None:
    for kind, quoted in ((Fails, True), (FailsAndSees, False)):
        one = kind()
        one.when = when
        longer, problem = guarded_extension(one, items_of(1, 3))
        assert longer is None
        assert problem.startswith("PluginError")
        assert ("Ulm" in problem) == quoted


def test_an_extension_is_a_copy_without_a_problem() -> None:
    one = Fails()
    one.when = "never"
    longer, problem = guarded_extension(one, items_of(1, 3))
    assert problem == ""
    assert longer is not None
    assert longer is not one
