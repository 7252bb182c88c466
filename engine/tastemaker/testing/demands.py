"""What all checks of the contract share: training, scoring, storing, and what is demanded."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import checked_scores
from tastemaker.plugin.states import check_state
from tastemaker.recommender import Recommender, State, no_progress


def trained(kind: type[Recommender], data: TrainingData) -> Recommender:
    """The recommender with its default settings, fitted to the data.

    Raises:
        PluginError: `fit` does not return it.
    """
    fitted = kind().fit(data, no_progress)
    demand(isinstance(fitted, kind), "fit must return the recommender")
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
    demand(result.dtype == np.float32, f"score must return float32, not {result.dtype}")
    return scores


def stored(state: State) -> State:
    """The state as it comes back from the database: read-only arrays, values through JSON.

    Raises:
        PluginError: it cannot be stored.
    """
    try:
        check_state(state)
    except PluginError as error:
        raise PluginError(f"{error}.") from error
    arrays = {}
    for name, array in state.arrays.items():
        flat = np.frombuffer(np.ascontiguousarray(array).tobytes(), dtype=array.dtype)
        arrays[name] = flat.reshape(array.shape)
    return State(arrays, json.loads(json.dumps(dict(state.values))))


def demand(truth: bool, wish: str) -> None:
    """Raises PluginError with what the contract wants, unless it is true."""
    if not truth:
        raise PluginError(f"{wish}.")


def same(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    """Demands equal arrays, NaN at the same places."""
    demand(one.shape == other.shape and np.array_equal(one, other, equal_nan=True), wish)


def close(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    """Demands arrays that are equal to rounding, NaN at the same places."""
    demand(np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True), wish)
