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

from tastemaker.data import TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.discovery import PluginSource, plugins_of
from tastemaker.recommender import Recommender
from tastemaker.testing.demands import close, demand, same, scored, stored, trained
from tastemaker.testing.disliking import check_dislikes
from tastemaker.testing.reasoning import (
    check_extend,
    check_item_vectors,
    check_reasons,
    check_similar,
    check_words,
    reasons_given,
)
from tastemaker.testing.retrieval import check_retrieve, check_score_items, every_item
from tastemaker.testing.samples import checkerboard, items_of, people_of

Check: TypeAlias = Callable[[type[Recommender]], None]

SCORING_THREADS = 8


def check_description(kind: type[Recommender]) -> None:
    """It has a name, a family, settings with defaults, and every method of the contract."""
    (plugin,) = plugins_of(kind, PluginSource(kind.__name__))
    demand(not plugin.problem, plugin.problem)
    demand(bool(kind.__doc__), "the class must have a docstring")


def check_scores(kind: type[Recommender]) -> None:
    """Scores have the right shape and type and are never infinite."""
    data = checkerboard()
    scored(trained(kind, data), data.people)


def check_fit_is_deterministic(kind: type[Recommender]) -> None:
    """The same data and seed give the same scores."""
    data = checkerboard()
    same(
        scored(trained(kind, data), data.people),
        scored(trained(kind, data), data.people),
        "fit must give the same result for the same data and seed",
    )


def check_people_are_independent(kind: type[Recommender]) -> None:
    """A person's scores are the same alone, in a batch, and when called again."""
    data = checkerboard()
    recommender = trained(kind, data)
    batch = scored(recommender, data.people)
    same(scored(recommender, data.people), batch, "score must give the same when called again")
    for row in range(len(data.people)):
        alone = scored(recommender, data.people.select(np.array([row])))
        close(alone[0], batch[row], "a person's scores must not depend on who else is scored")


def check_threads(kind: type[Recommender]) -> None:
    """Several threads may score at once."""
    data = checkerboard()
    recommender = trained(kind, data)
    parts = [data.people.select(np.array([row, row + 1])) for row in range(len(data.people) - 1)]
    expected = [scored(recommender, part) for part in parts]
    with ThreadPoolExecutor(SCORING_THREADS) as pool:
        found = list(pool.map(lambda part: scored(recommender, part), parts * SCORING_THREADS))
    for position, scores in enumerate(found):
        same(scores, expected[position % len(parts)], "score must be safe for threads")


def check_state_round_trip(kind: type[Recommender]) -> None:
    """What `restore` makes of a stored `state` scores and explains alike."""
    data = checkerboard()
    recommender = trained(kind, data)
    restored = kind.restore(stored(recommender.state()))
    demand(isinstance(restored, kind), "restore must return the recommender")
    same(
        scored(restored, data.people),
        scored(recommender, data.people),
        "what restore returns must score as the recommender whose state was taken",
    )
    items = every_item(data.people)
    same(
        reasons_given(restored, data.people, items),
        reasons_given(recommender, data.people, items),
        "what restore returns must give the same reasons",
    )
    same(
        restored.retrieve(data.people, 3),
        recommender.retrieve(data.people, 3),
        "what restore returns must retrieve the same items",
    )
    same(
        restored.similar(1), recommender.similar(1), "what restore returns must find the same alike"
    )


def check_inputs_stay(kind: type[Recommender]) -> None:
    """Neither the training data nor the people are changed."""
    data = checkerboard()
    before = copy.deepcopy(data)
    recommender = trained(kind, data)
    scored(recommender, data.people)
    items = every_item(data.people)
    reasons_given(recommender, data.people, items)
    recommender.score_items(data.people, items)
    recommender.retrieve(data.people, 3)
    same(items, every_item(data.people), "the items to score or explain must not change")
    demand(data.items == before.items, "fit must not change the items")
    for name in ("times", "kinds", "weights"):
        same(getattr(data.people, name), getattr(before.people, name), f"{name} must not change")
    for name in ("indptr", "items", "values"):
        past, now = (getattr(each.people.histories, name) for each in (before, data))
        same(now, past, f"the histories' {name} must not change")


def check_process_stays(kind: type[Recommender]) -> None:
    """Global random numbers, the environment, the directory and warnings are left alone."""
    before = _process_state()
    data = checkerboard()
    scored(trained(kind, data), data.people)
    for what, value in _process_state().items():
        demand(value == before[what], f"fit and score must leave the process's {what} alone")


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
    check_dislikes,
    check_score_items,
    check_retrieve,
    check_extend,
    check_reasons,
    check_similar,
    check_words,
    check_item_vectors,
)
"""Everything a recommender must keep, a check each."""


def check_recommender(kind: type[Recommender]) -> None:
    """Runs the whole contract.

    Raises:
        PluginError: the first breach, and what the contract wants.
    """
    for check in CONTRACT:
        check(kind)
