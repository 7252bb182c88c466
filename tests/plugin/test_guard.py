from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import (
    Int64Array,
    Items,
    People,
    PluginError,
    Progress,
    Recommender,
    State,
    TrainingData,
    TrainingError,
)
from tastemaker.plugin.circuit_breaker import CircuitBreaker
from tastemaker.plugin.guard import (
    checked_scores,
    guarded_fit,
    guarded_fit_from,
)
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.states import guarded_restore, guarded_state
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of


class Answers(Recommender):
    """Does what it is given."""

    name = "answers"
    family = "content"

    def __init__(self, scores: Any = None, state: Any = None, fitted: Any = None) -> None:
        super().__init__()
        self.scores, self.states, self.fitted = scores, state, fitted
        self.calls = 0

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        result: Self = done(self.fitted)
        return result

    def score(self, people: People) -> Any:
        self.calls += 1
        return done(self.scores)

    def reasons(self, people: People, items: Int64Array) -> Any:
        return done(self.scores)

    def similar(self, item_index: int) -> Any:
        return done(self.scores)

    def state(self) -> State:
        result: State = done(self.states)
        return result

    @classmethod
    def restore(cls, state: State) -> Self:
        result: Self = done(state.values["restored"])
        return result


class Grows(Answers):
    """Takes in new items."""

    def extend(self, items: Items) -> None:
        self.scores = np.zeros((1, self.scores.shape[1] + len(items)), dtype=np.float32)


IN_ITSELF: dict[str, Any] = {}
IN_ITSELF["a"] = IN_ITSELF


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("not even this")


def done(what: Any) -> Any:
    if isinstance(what, BaseException):
        raise what
    return what


PEOPLE = people_of([[0, 1], [2]], 3)
FAULTS = [
    (PluginError("no luck"), "PluginError: no luck"),
    (ValueError("no luck"), "ValueError (line"),
    (SystemExit(1), "SystemExit (line"),
    (MemoryError(), "MemoryError"),
    (RecursionError("deep"), "RecursionError (line"),
    (Unspeakable(), "Unspeakable"),
    (None, "NoneType instead of an array"),
    ([[1.0, 2.0, 3.0]], "list instead of an array"),
    (np.zeros((2, 4), dtype=np.float32), "shape (2, 4) instead of (2, 3)"),
    (np.zeros(6, dtype=np.float32), "shape (6,) instead of (2, 3)"),
    (np.full((2, 3), "a"), "type <U1 instead of float32"),
    (np.zeros((2, 3), dtype=object), "type object instead of float32"),
    (np.zeros((2, 3), dtype=complex), "type complex128 instead of float32"),
    (np.full((2, 3), -np.inf, dtype=np.float32), "infinite"),
    (np.full((2, 3), 1e300), "infinite"),
]


@pytest.mark.parametrize(("scores", "problem"), FAULTS, ids=[text for _, text in FAULTS])
def test_a_faulty_score_is_a_problem_and_never_an_exception(scores: Any, problem: str) -> None:
    answer, told = GuardedRecommender(Answers(scores), 3).score(PEOPLE)
    assert answer is None
    assert problem in told


def test_keyboard_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        GuardedRecommender(Answers(KeyboardInterrupt()), 3).score(PEOPLE)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8])
def test_other_numbers_become_float32(dtype: Any) -> None:
    scores, problem = checked_scores(np.ones((2, 3), dtype=dtype), (2, 3))
    assert problem == ""
    assert scores is not None
    assert scores.dtype == np.float32
    assert (scores == 1).all()


def test_nan_means_that_it_abstains() -> None:
    nan = np.full((2, 3), np.nan, dtype=np.float32)
    scores, problem = GuardedRecommender(Answers(nan), 3).score(PEOPLE)
    assert problem == ""
    assert scores is not None
    assert np.isnan(scores).all()


def test_only_who_declares_it_sees_features() -> None:
    people = replace(PEOPLE, features={"city": (("Oslo",), ("Rome",))})
    data = replace(checkerboard(), people=people)

    class Looks(Answers):
        """Keeps what it was shown."""

        def fit(self, data: TrainingData, progress: Progress) -> Self:
            self.fitted = dict(data.people.features)
            return self

        def score(self, people: People) -> Any:
            self.scores = dict(people.features)

    class Asks(Looks):
        uses_features = True

    for kind, seen in ((Looks, {}), (Asks, dict(people.features))):
        one = kind()
        guarded_fit(one, data, no_progress)
        assert one.fitted == seen
        GuardedRecommender(one, 3).score(people)
        assert one.scores == seen
    assert people.without_features is people.without_features


@pytest.mark.parametrize("uses_features", [False, True])
def test_a_problem_of_fit_or_state_holds_no_value(uses_features: bool) -> None:
    problems = []
    for error in (ValueError("Oslo"), KeyError("Oslo"), TrainingError("Oslo")):
        one = Answers(fitted=error, state=error)
        one.uses_features = uses_features  # type: ignore[misc]
        told = (guarded_fit(one, checkerboard(), no_progress)[1], guarded_state(one)[1])
        assert all(text.startswith(f"{type(error).__name__}") for text in told)
        problems += [text for text in told if "Oslo" in text]
    assert len(problems) == (0 if uses_features else 2)  # the engine's own error, worded on purpose


def test_the_arrays_of_a_recommender_that_sees_features_are_not_named() -> None:
    one = Answers(state=State({"fine": np.ones(1), "Oslo": np.array(["x"])}))
    assert "array 'Oslo' has the type <U1" in guarded_state(one)[1]
    one.uses_features = True  # type: ignore[misc]
    assert "array number 1 has the type <U1" in guarded_state(one)[1]
    assert "Oslo" not in guarded_state(Answers(state=State(values={"a": {"Oslo"}})))[1]  # type: ignore[dict-item]


def test_a_recommender_that_sees_features_is_not_quoted() -> None:
    shy = Answers(PluginError("Alice is 41"))
    shy.uses_features = True  # type: ignore[misc]
    _, problem = GuardedRecommender(shy, 3).score(PEOPLE)
    assert "PluginError" in problem
    assert "Alice" not in problem


@pytest.mark.parametrize(
    ("fitted", "problem"),
    [(KeyError("x"), "KeyError"), (None, "fit returned a NoneType"), (3, "fit returned a int")],
)
def test_a_faulty_fit_is_a_problem(fitted: Any, problem: str) -> None:
    recommender, told = guarded_fit(Answers(fitted=fitted), checkerboard(), no_progress)
    assert recommender is None
    assert problem in told


class Continues(Answers):
    """Does what it is given where it is to go on from another one."""

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        result: Self = done(before.fitted)
        return result


def test_a_fit_that_goes_on_is_guarded_as_one_that_begins() -> None:
    own, data = Continues(fitted=0), checkerboard()
    assert guarded_fit_from(own, data, no_progress, Continues(fitted=own)) == (own, "")
    for fitted, problem in ((KeyError("x"), "KeyError"), (3, "fit_from returned a int")):
        recommender, told = guarded_fit_from(own, data, no_progress, Continues(fitted=fitted))
        assert recommender is None
        assert problem in told


def test_without_a_method_of_its_own_it_begins_anew() -> None:
    one = Answers()
    one.fitted = one
    assert guarded_fit_from(one, checkerboard(), no_progress, Answers()) == (one, "")


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (OSError("gone"), "OSError (line"),
        ({}, "dict instead of a State"),
        (State({"a": np.array(["x"])}), "type <U1"),
        (State({"a": np.array([object()])}), "type object"),
        (State({"a": np.array([np.nan])}), "NaN or infinity"),
        (State({"a": [1.0]}), "not a named array"),  # type: ignore[dict-item]
        (State(values={"a": float("inf")}), "state's values['a'] is inf, which JSON has not"),
        (State(values={"a": {1, 2}}), "values['a'] is a set; store a list"),  # type: ignore[dict-item]
        (State(values={"a": {1: 2}}), "values['a'] has the key 1, a int"),  # type: ignore[dict-item]
        (State(values={"a": [(1,)]}), "values['a'][0] is a tuple; store a list"),  # type: ignore[list-item]
        (State(values={"a": np.int64(3)}), "is a NumPy int64; store int(…)"),  # type: ignore[dict-item]
        (State(values={"a": Unspeakable()}), "values['a'] is a Unspeakable"),  # type: ignore[dict-item]
        (State(values=IN_ITSELF), "are nested too deep, or in themselves"),
    ],
)
def test_a_state_that_cannot_be_stored_is_a_problem(state: Any, problem: str) -> None:
    kept, told = guarded_state(Answers(state=state))
    assert kept is None
    assert problem in told


def test_a_faulty_restore_is_a_problem() -> None:
    restored, problem = guarded_restore(Answers, State())
    assert restored is None
    assert problem.startswith("KeyError (line ")
    assert problem.endswith(" of restore)")
    restored, problem = guarded_restore(Answers, State(values={"restored": 3}))
    assert restored is None
    assert "int instead of a Answers" in problem


def test_items_it_does_not_know_score_nan() -> None:
    scores, _ = GuardedRecommender(Answers(np.ones((1, 3), dtype=np.float32)), 3).score(
        people_of([[0, 4]], 5)
    )
    assert scores is not None
    assert np.array_equal(scores, np.array([[1, 1, 1, np.nan, np.nan]]), equal_nan=True)


def test_reasons_of_interactions_with_items_it_does_not_know_are_zero() -> None:
    given = np.array([[0.5, 3.0], [0.25, 3.0]], dtype=np.float32)
    guarded = GuardedRecommender(Answers(given), 3)
    shares, _ = guarded.reasons(people_of([[0, 4, 1]], 5), np.array([[2, 4]]))
    assert shares is not None
    assert shares.tolist() == [[0.5, 0.0], [0.0, 0.0], [0.25, 0.0]]


def test_some_items_are_scored_and_those_it_does_not_know_are_nan() -> None:
    guarded = GuardedRecommender(Answers(np.array([[1, 2, 4]], dtype=np.float32)), 3)
    scores, problem = guarded.score_items(people_of([[0, 4]], 5), np.array([[2, 4, 0]]))
    assert problem == ""
    assert np.array_equal(np.array([[4, np.nan, 1]]), np.asarray(scores), equal_nan=True)
    nothing, _ = guarded.score_items(people_of([[0]], 5), np.zeros((1, 0), dtype=np.int64))
    assert np.asarray(nothing).shape == (1, 0)


def test_what_it_retrieves_are_its_best_items() -> None:
    guarded = GuardedRecommender(Answers(np.array([[1, np.nan, 4]], dtype=np.float32)), 3)
    items, problem = guarded.retrieve(people_of([[0, 4]], 5), 3)
    assert problem == ""
    assert np.asarray(items).tolist() == [[2, 0, -1]]


class Retrieves(Answers):
    """Retrieves what it is given."""

    def retrieve(self, people: People, k: int) -> Any:
        return done(self.scores)

    def score_items(self, people: People, items: Int64Array) -> Any:
        return done(self.scores)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (PluginError("lost"), "retrieve: PluginError: lost"),
        ([1, 2], "retrieved a list instead of an array"),
        (np.zeros((1, 3), dtype=np.int64), "retrieved the shape (1, 3) instead of (1, 2)"),
        (np.zeros((1, 2)), "retrieved the type float64 instead of int64"),
        (np.array([[0, 3]]), "retrieved an item that there is none of"),
        (np.array([[0, -2]]), "retrieved an item that there is none of"),
    ],
)
def test_what_is_retrieved_wrongly_is_a_problem(given: Any, problem: str) -> None:
    items, told = GuardedRecommender(Retrieves(given), 3).retrieve(people_of([[0]], 3), 2)
    assert items is None
    assert told.startswith(problem)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (PluginError("lost"), "score_items: PluginError: lost"),
        (np.zeros((1, 3), dtype=np.float32), "returned the shape (1, 3) instead of (1, 2)"),
    ],
)
def test_some_items_scored_wrongly_are_a_problem(given: Any, problem: str) -> None:
    guarded = GuardedRecommender(Retrieves(given), 3)
    scores, told = guarded.score_items(people_of([[0]], 3), np.array([[1, 2]]))
    assert scores is None
    assert told.startswith(problem)


def test_extending_leaves_the_serving_recommender_as_it_is() -> None:
    serving = GuardedRecommender(Grows(np.ones((1, 3), dtype=np.float32)), 3)
    before = copy.copy(serving.recommender)
    longer, problem = serving.extended(items_of(2, first=3))
    assert problem == ""
    assert longer.n_items == 5
    scores, _ = longer.score(people_of([[0]], 5))
    assert scores is not None
    assert scores.tolist() == [[0.0] * 5]
    assert vars(before) == vars(serving.recommender)


def test_a_faulty_extension_keeps_what_there_was() -> None:
    serving = GuardedRecommender(Grows(3), 3)
    longer, problem = serving.extended(items_of(2, first=3))
    assert longer is serving
    assert "AttributeError" in problem


def test_similar_may_be_left_out_and_is_padded() -> None:
    none, _ = GuardedRecommender(Answers(np.zeros(0, dtype=np.float32)), 3).similar(0, 4)
    assert none is not None
    assert np.isnan(none).all()
    assert none.shape == (4,)
    some, _ = GuardedRecommender(Answers(np.ones(3, dtype=np.float32)), 3).similar(0, 4)
    assert np.array_equal(np.array([1, 1, 1, np.nan]), np.asarray(some), equal_nan=True)


def test_the_breaker_skips_pauses_and_probes() -> None:
    now = [0.0]
    breaker = CircuitBreaker(failures=5, pause=10.0, clock=lambda: now[0])
    faulty = Answers(ValueError("no luck"))
    guarded = GuardedRecommender(faulty, 3, GuardedCalls(breaker))
    for _ in range(8):
        guarded.score(PEOPLE)
    assert faulty.calls == 5
    assert "kept failing" in guarded.score(PEOPLE)[1]
    now[0] = 10.0
    guarded.score(PEOPLE)
    guarded.score(PEOPLE)
    assert faulty.calls == 6
    now[0] = 20.0
    faulty.scores = np.ones((2, 3), dtype=np.float32)
    assert guarded.score(PEOPLE)[1] == ""
    assert guarded.score(PEOPLE)[1] == ""
    assert faulty.calls == 8


def test_a_success_between_failures_keeps_the_breaker_closed() -> None:
    breaker = CircuitBreaker(failures=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


class Wordy(Answers):
    """Says what it is given."""

    words_given: Any = ()

    def words(self, people: People, items: Int64Array) -> Any:
        return done(self.words_given)


def wordy(words: Any) -> GuardedRecommender:
    recommender = Wordy()
    recommender.words_given = words
    return GuardedRecommender(recommender, 2)


def test_words_are_taken_and_those_on_items_it_does_not_know_are_left_out() -> None:
    people, items = people_of([[0], [1]], 3), np.array([[0, 2], [1, 0]])
    words, problem = wordy([["a", "b"], ["c", "d"]]).words(people, items)
    assert (words, problem) == ((("a", ""), ("c", "d")), "")
    assert wordy([]).words(people, items) == ((), "")
    assert GuardedRecommender(Answers(), 2).words(people, items) == ((), "")


@pytest.mark.parametrize("words", [[["a"]], [["a", 3]], None, "ab", ValueError("no")])
def test_words_that_are_none_are_refused(words: Any) -> None:
    found, problem = wordy(words).words(people_of([[0]], 2), np.array([[0, 1]]))
    assert found is None
    assert problem.startswith("words: ")


class Leaving(PluginError):
    """An error whose text ends the application."""

    def __str__(self) -> str:
        raise SystemExit(3)


def test_an_error_whose_text_raises_is_named_by_its_type() -> None:
    problem = guarded_fit(Answers(fitted=Leaving()), checkerboard(), no_progress)[1]
    assert problem.startswith("Leaving (line")
