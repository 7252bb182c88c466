"""The checks that come first: where one of them fails, the others would only repeat it."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np

from tastemaker.data import Float32Array, TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.discovery import PluginSource, plugins_of
from tastemaker.plugin.guard import attempt
from tastemaker.testing.calling import called, shown, wishing
from tastemaker.testing.demands import demand, optional_calls, same, scored, stored
from tastemaker.testing.retrieval import every_item
from tastemaker.testing.samples import items_of, people_of
from tastemaker.testing.speed import speed_of
from tastemaker.testing.subject import Check, Subject


@Check
def check_description(subject: Subject) -> None:
    """It has a name, a family, settings with defaults, and every method of the contract."""
    kind = subject.kind
    (plugin,) = plugins_of(kind, PluginSource(kind.__name__))
    demand(not plugin.problem, plugin.problem)
    demand(bool(kind.__doc__), "the class must have a docstring")


@Check
def check_scores(subject: Subject) -> None:
    """Scores have the right shape and type, never infinite, the same again, and not all equal."""
    people = subject.data.people
    scores = scored(subject.fitted, people)
    same(scored(subject.fitted, people), scores, "score must give the same when called again")
    informative(scores, "score", "all scores were equal")


def informative(given: Float32Array, method: str, found: str) -> None:
    """Demands numbers of which at least two differ, for with others nothing is checked.

    Raises:
        PluginError: all that were given are equal or NaN.
    """
    distinct = np.unique(given[~np.isnan(given)])
    if len(distinct) < 2:
        only = f"{distinct[0]:.6g}" if len(distinct) else "NaN"
        raise PluginError(
            f"{found}, so this checked nothing: {method} gave {only} everywhere. Pass data=… "
            "from which it learns something, or settings=… that suit so few people and items."
        )


@Check
def check_speed(subject: Subject) -> None:
    """Training on a few people, and scoring one of them, takes next to no time."""
    speed_of(subject).demand()


@Check
def check_stored_state(subject: Subject) -> None:
    """What `state` returns can be stored: arrays of the types allowed, and JSON values."""
    stored(called("state", subject.fitted.state))


@Check
def check_inputs_stay(subject: Subject) -> None:
    """Neither the training data nor the people are changed."""
    data, before = copy.deepcopy(subject.data), subject.data
    recommender, problem = attempt(lambda: subject.trained(data))
    _same_data(data, before, "fit")
    if recommender is None:
        return  # whether anything works is for other checks
    items, people = every_item(data.people), shown(subject.kind, data.people)
    calls = {"score": lambda: recommender.score(people)}
    for method, call in (calls | optional_calls(recommender, people, items)).items():
        attempt(call)
        _same_data(data, before, method)
        same(items, every_item(people), f"{method}: the items to score or explain must not change")


def _same_data(data: TrainingData, before: TrainingData, method: str) -> None:
    demand(data.items == before.items, f"{method} must not change the items")
    people, past = data.people, before.people
    for name in ("times", "kinds", "weights"):
        wish = f"{method}: the people's {name} must not change"
        same(getattr(people, name), getattr(past, name), wish)
    for name in ("indptr", "items", "values"):
        wish = f"{method}: the histories' {name} must not change"
        same(getattr(people.histories, name), getattr(past.histories, name), wish)


@Check
def check_small_data(subject: Subject) -> None:
    """One person, one item, both, nobody, or no interaction at all: training and scoring work."""
    shapes: dict[str, tuple[list[list[int]], int]] = {
        "one person": ([[0, 1, 2]], 3),
        "one item": ([[0], [0], []], 1),
        "one person and one item": ([[0]], 1),
        "no interaction": ([[], []], 3),
        "nobody": ([], 3),
    }
    for what, (histories, n_items) in shapes.items():
        data = TrainingData(items_of(n_items), people_of(histories, n_items))
        with wishing(f"data with {what} must not fail"):
            recommender = subject.trained(data)
            scored(recommender, data.people)
            scored(recommender, people_of([[], [0]], n_items))


@Check
def check_unusual_histories(subject: Subject) -> None:
    """Nobody, empty and repetitive histories, items nobody chose, and kinds of weight 0 or less."""
    people = people_of([[0, 1], [1, 0, 1], [0]], 4)
    recommender = subject.trained(TrainingData(items_of(4), people))
    weightless = people_of([[0, 1]], 4, weights=[[0.0, -1.0]])
    unusual: dict[str, Sequence[Sequence[int]]] = {
        "nobody": [],
        "somebody without a history": [[]],
        "items that nobody chose, and repetitions": [[3], [0, 3, 3, 3, 0]],
    }
    for what, histories in unusual.items():
        with wishing(f"{what} must be scored"):
            scored(recommender, people_of(histories, 4))
    with wishing("kinds of weight 0 or less must be scored"):
        scored(recommender, weightless)


@Check
def check_untimed(subject: Subject) -> None:
    """Data without times, or with some, train and score."""
    nan = float("nan")
    for what, times in (
        ("data without times must not fail", [[nan, nan], [nan, nan]]),
        ("data with few times must not fail", [[nan, 86_400.0], [86_400.0, 86_400.0]]),
    ):
        people = people_of([[0, 1], [1, 2]], 3, times=times)
        data = TrainingData(items_of(3), people)
        with wishing(what):
            scored(subject.trained(data), people)


FOUNDATIONS: tuple[Check, ...] = (
    check_description,
    check_inputs_stay,
    check_scores,
    check_speed,
    check_small_data,
    check_unusual_histories,
    check_untimed,
    check_stored_state,
)
"""The checks that come first."""
