"""What all checks of the contract share: training, scoring, storing, and what is demanded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float32Array, Int64Array, People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import checked_scores
from tastemaker.plugin.states import check_state
from tastemaker.recommender import Recommender, State, no_progress
from tastemaker.settings import Settings
from tastemaker.testing.calling import called, shown, shown_data, sizes


def trained(
    kind: type[Recommender], data: TrainingData, settings: Settings | None = None
) -> Recommender:
    """The recommender, fitted to the data.

    Args:
        kind: its class.
        data: what it learns from.
        settings: its own defaults where None.

    Raises:
        PluginError: `fit` raises, or does not return it.
    """
    seen, given = shown_data(kind, data), sizes(data.people)
    fitted = called("fit", lambda: kind(settings).fit(seen, no_progress), given)
    name = type(fitted).__name__
    demand(isinstance(fitted, kind), f"fit must return the recommender (self), not a {name}")
    return fitted


def scored(recommender: Recommender, people: People) -> Float32Array:
    """The recommender's scores of the people.

    Raises:
        PluginError: `score` raises, or they are not a finite or NaN float32 array of shape
            (len(people), n_items).
    """
    seen = shown(type(recommender), people)
    result = called("score", lambda: recommender.score(seen), sizes(people))
    scores, problem = checked_scores(result, (len(people), people.n_items))
    if scores is None:
        raise PluginError(f"score {problem}, for {sizes(people)}.")
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


def restored(recommender: Recommender) -> Recommender:
    """What `restore` makes of the recommender's state as it comes back from the database.

    Raises:
        PluginError: `state` or `restore` raises, or it cannot be stored, or is another thing.
    """
    kind, state = type(recommender), stored(called("state", recommender.state))
    again = called("restore", lambda: kind.restore(state))
    demand(isinstance(again, kind), f"restore must return a {kind.__name__}")
    return again


def optional_calls(
    recommender: Recommender, people: People, items: Int64Array
) -> dict[str, Callable[[], object]]:
    """A call of each method that a recommender need not have, by its name."""
    return {
        "score_items": lambda: recommender.score_items(people, items),
        "retrieve": lambda: recommender.retrieve(people, 3),
        "reasons": lambda: recommender.reasons(people, items),
        "words": lambda: recommender.words(people, items),
        "similar": lambda: recommender.similar(0),
        "item_vectors": lambda: recommender.item_vectors(np.arange(1, dtype=np.int64)),
    }


def demand(truth: bool, wish: str) -> None:
    """Raises PluginError with what the contract wants, unless it is true."""
    if not truth:
        raise PluginError(f"{wish}.")


def same(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    """Demands equal arrays, NaN at the same places."""
    if one.shape != other.shape:
        raise PluginError(f"{wish}: the shape is {one.shape} instead of {other.shape}.")
    if not np.array_equal(one, other, equal_nan=True):
        alike = (one == other) | (np.isnan(one) & np.isnan(other))
        raise PluginError(f"{wish}: {_difference(one, other, alike)}.")


def close(one: npt.NDArray[Any], other: npt.NDArray[Any], wish: str) -> None:
    """Demands arrays that are equal to rounding, NaN at the same places."""
    alike = np.isclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
    if not alike.all():
        raise PluginError(f"{wish}: {_difference(one, other, alike)}.")


def _difference(
    one: npt.NDArray[Any], other: npt.NDArray[Any], alike: npt.NDArray[np.bool_]
) -> str:
    """The first place where two arrays differ: "at [0, 3] it is 8.0 instead of 4.0"."""
    place = tuple(int(index) for index in np.argwhere(~alike)[0])
    found, wanted = float(one[place]), float(other[place])
    return f"at {list(place)} it is {found:.6g} instead of {wanted:.6g}"
