"""Everything a recommender must keep, a check each."""

from __future__ import annotations

import copy
import json
import os
import random
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.discovery import PluginSource, plugins_of
from tastemaker.plugin.guard import check_state, checked_scores
from tastemaker.recommender import Recommender, State, no_progress
from tastemaker.testing.samples import checkerboard, items_of, people_of

Check: TypeAlias = Callable[[type[Recommender]], None]

SCORING_THREADS = 8


def trained(kind: type[Recommender], data: TrainingData) -> Recommender:
    """The recommender with its default settings, fitted to the data.

    Raises:
        PluginError: `fit` does not return it.
    """
    fitted = kind().fit(data, no_progress)
    _demand(isinstance(fitted, kind), "fit must return the recommender")
    return fitted


def scored(recommender: Recommender, people: People) -> Float32Array:
    """The recommender's scores of the people.

    Raises:
        PluginError: they are not a finite or NaN float32 array of shape (len(people), n_items).
    """
    result = recommender.score(people)
    scores, problem = checked_scores(result, (len(people), people.n_items))
    if scores is None:
        raise PluginError(f"score {problem}.")
    _demand(result.dtype == np.float32, f"score must return float32, not {result.dtype}")
    return scores


def check_description(kind: type[Recommender]) -> None:
    """It has a name, a family, settings with defaults, and every method of the contract."""
    (plugin,) = plugins_of(kind, PluginSource(kind.__name__))
    _demand(not plugin.problem, plugin.problem)
    _demand(bool(kind.__doc__), "the class must have a docstring")


def check_scores(kind: type[Recommender]) -> None:
    """Scores have the right shape and type and are never infinite."""
    data = checkerboard()
    scored(trained(kind, data), data.people)


def check_fit_is_deterministic(kind: type[Recommender]) -> None:
    """The same data and seed give the same scores."""
    data = checkerboard()
    _same(
        scored(trained(kind, data), data.people),
        scored(trained(kind, data), data.people),
        "fit must give the same result for the same data and seed",
    )


def check_people_are_independent(kind: type[Recommender]) -> None:
    """A person's scores are the same alone, in a batch, and when called again."""
    data = checkerboard()
    recommender = trained(kind, data)
    batch = scored(recommender, data.people)
    _same(scored(recommender, data.people), batch, "score must give the same when called again")
    for row in range(len(data.people)):
        alone = scored(recommender, data.people.select(np.array([row])))
        _close(alone[0], batch[row], "a person's scores must not depend on who else is scored")


def check_threads(kind: type[Recommender]) -> None:
    """Several threads may score at once."""
    data = checkerboard()
    recommender = trained(kind, data)
    parts = [data.people.select(np.array([row, row + 1])) for row in range(len(data.people) - 1)]
    expected = [scored(recommender, part) for part in parts]
    with ThreadPoolExecutor(SCORING_THREADS) as pool:
        found = list(pool.map(lambda part: scored(recommender, part), parts * SCORING_THREADS))
    for position, scores in enumerate(found):
        _same(scores, expected[position % len(parts)], "score must be safe for threads")


def check_state_round_trip(kind: type[Recommender]) -> None:
    """What `restore` makes of a stored `state` scores and explains alike."""
    data = checkerboard()
    recommender = trained(kind, data)
    restored = kind.restore(stored(recommender.state()))
    _demand(isinstance(restored, kind), "restore must return the recommender")
    _same(
        scored(restored, data.people),
        scored(recommender, data.people),
        "what restore returns must score as the recommender whose state was taken",
    )
    _same(
        restored.reasons(data.people, 1),
        recommender.reasons(data.people, 1),
        "what restore returns must give the same reasons",
    )
    _same(
        restored.similar(1), recommender.similar(1), "what restore returns must find the same alike"
    )


def stored(state: State) -> State:
    """The state as it comes back from the database: read-only arrays, values through JSON.

    Raises:
        PluginError: it cannot be stored.
    """
    try:
        check_state(state)
    except ValueError as error:
        raise PluginError(f"{error}.") from error
    arrays = {}
    for name, array in state.arrays.items():
        flat = np.frombuffer(np.ascontiguousarray(array).tobytes(), dtype=array.dtype)
        arrays[name] = flat.reshape(array.shape)
    return State(arrays, json.loads(json.dumps(dict(state.values))))


def check_inputs_stay(kind: type[Recommender]) -> None:
    """Neither the training data nor the people are changed."""
    data = checkerboard()
    before = copy.deepcopy(data)
    recommender = trained(kind, data)
    scored(recommender, data.people)
    recommender.reasons(data.people, 0)
    _demand(data.items == before.items, "fit must not change the items")
    for name in ("times", "kinds", "weights"):
        _same(getattr(data.people, name), getattr(before.people, name), f"{name} must not change")
    for name in ("indptr", "items", "values"):
        past, now = (getattr(each.people.histories, name) for each in (before, data))
        _same(now, past, f"the histories' {name} must not change")


def check_process_stays(kind: type[Recommender]) -> None:
    """Global random numbers, the environment, the directory and warnings are left alone."""
    before = _process_state()
    data = checkerboard()
    scored(trained(kind, data), data.people)
    for what, value in _process_state().items():
        _demand(value == before[what], f"fit and score must leave the process's {what} alone")


def _process_state() -> dict[str, Any]:
    legacy = np.random.get_state(legacy=False)
    return {
        "random numbers": random.getstate(),
        "NumPy random numbers": json.dumps(legacy, default=lambda array: array.tolist()),
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "warning filters": list(warnings.filters),
        "NumPy error handling": np.geterr(),
    }


def check_small_data(kind: type[Recommender]) -> None:
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
        try:
            recommender = trained(kind, data)
            scored(recommender, data.people)
            scored(recommender, people_of([[], [0]], n_items))
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"data with {what} must not fail: {error!r}.") from error


def check_unusual_histories(kind: type[Recommender]) -> None:
    """Nobody, empty and repetitive histories, items nobody chose, and kinds of weight 0 or less."""
    people = people_of([[0, 1], [1, 0, 1], [0]], 4)
    recommender = trained(kind, TrainingData(items_of(4), people))
    scored(recommender, people_of([], 4))
    scored(recommender, people_of([[]], 4))
    scored(recommender, people_of([[3], [0, 3, 3, 3, 0]], 4))
    scored(recommender, people_of([[0, 1]], 4, weights=[[0.0, -1.0]]))


def check_untimed(kind: type[Recommender]) -> None:
    """Data without times, or with some, train and score."""
    nan = float("nan")
    for times in ([[nan, nan], [nan, nan]], [[nan, 86_400.0], [86_400.0, 86_400.0]]):
        people = people_of([[0, 1], [1, 2]], 3, times=times)
        scored(trained(kind, TrainingData(items_of(3), people)), people)


def check_extend(kind: type[Recommender]) -> None:
    """Items added later get a column each, and the recommender that serves meanwhile stays."""
    if kind.extend is Recommender.extend:
        return
    data = checkerboard()
    recommender = trained(kind, data)
    before = scored(recommender, data.people)
    extended = copy.copy(recommender)
    extended.extend(items_of(3, first=data.n_items))
    longer = people_of([[0, 2], [data.n_items], []], data.n_items + 3)
    scored(extended, longer)
    _reasons_add_up(extended, longer)
    _same(scored(recommender, data.people), before, "extend must change nothing in place")


def check_reasons(kind: type[Recommender]) -> None:
    """Reasons have a share for each interaction, which add up to the score or are all zero."""
    data = checkerboard()
    recommender = trained(kind, data)
    _reasons_add_up(recommender, data.people)
    _reasons_add_up(recommender, people_of([[0, 2, 0], [1], []], data.n_items))


def _reasons_add_up(recommender: Recommender, people: People) -> None:
    scores = scored(recommender, people)
    rows, size = people.histories.rows, len(people)
    for item in range(people.n_items):
        reasons = recommender.reasons(people, item)
        shares, problem = checked_scores(reasons, people.histories.items.shape)
        if shares is None or np.isnan(shares).any():
            raise PluginError(f"reasons {problem or 'gave NaN'}.")
        if not shares.any():
            continue
        sums = np.bincount(rows, shares, minlength=size)
        able = ~np.isnan(scores[:, item])
        _close(sums[able], scores[able, item], "reasons must add up to the score")


def check_similar(kind: type[Recommender]) -> None:
    """How alike items are comes as one number for each item, or as none at all."""
    data = checkerboard()
    likeness = trained(kind, data).similar(0)
    if isinstance(likeness, np.ndarray) and not likeness.size:
        return
    _, problem = checked_scores(likeness, (data.n_items,))
    _demand(not problem, f"similar {problem}")


CONTRACT: tuple[Check, ...] = (
    check_description,
    check_scores,
    check_fit_is_deterministic,
    check_people_are_independent,
    check_threads,
    check_state_round_trip,
    check_inputs_stay,
    check_process_stays,
    check_small_data,
    check_unusual_histories,
    check_untimed,
    check_extend,
    check_reasons,
    check_similar,
)
"""Everything a recommender must keep, a check each."""


def check_recommender(kind: type[Recommender]) -> None:
    """Runs the whole contract.

    Raises:
        PluginError: the first breach, and what the contract wants.
    """
    for check in CONTRACT:
        check(kind)


def _demand(truth: bool, wish: str) -> None:
    if not truth:
        raise PluginError(f"{wish}.")


def _same(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    _demand(one.shape == other.shape and np.array_equal(one, other, equal_nan=True), wish)


def _close(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    _demand(np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True), wish)
