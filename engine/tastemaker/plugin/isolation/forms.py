"""What recommenders are given and what they are made of, as messages and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Histories, Items, People, TextColumn, TrainingData
from tastemaker.data.columns import Values, ValuesColumn
from tastemaker.json_types import Json
from tastemaker.plugin.isolation.channel import Message
from tastemaker.recommender import State

_Arrays = dict[str, npt.NDArray[Any]]


def message_of_people(people: People, header: Mapping[str, Json]) -> Message:
    """A message about people.

    Args:
        people: whom.
        header: what else it says.
    """
    histories = people.histories
    arrays: _Arrays = {
        "indptr": histories.indptr,
        "items": histories.items,
        "values": histories.values,
        "times": people.times,
        "kinds": people.kinds,
        "weights": people.weights,
        "features": _as_bytes({name: list(own) for name, own in people.features.items()}),
    }
    return Message({**header, "n_items": people.n_items, "now": people.now}, arrays)


def people_in(message: Message) -> People:
    """The people of a message."""
    arrays, header = message.arrays, message.header
    histories = Histories(
        arrays["indptr"], arrays["items"], arrays["values"], _number(header["n_items"])
    )
    features = {
        name: tuple(map(tuple, own)) for name, own in _from_bytes(arrays["features"]).items()
    }
    parts = (arrays["times"], arrays["kinds"], arrays["weights"])
    return People(histories, *parts, features=features, now=float(str(header["now"])))


def message_of_data(data: TrainingData, header: Mapping[str, Json]) -> Message:
    """A message about everything there is to learn from."""
    people = message_of_people(data.people, header)
    items, arrays = data.items, dict(people.arrays)
    for name, texts in (("ids", items.ids), ("titles", items.titles), ("texts", items.texts)):
        arrays |= _of_texts(f"item {name}", texts)
    attributes = {name: ValuesColumn.of(column) for name, column in items.attributes.items()}
    for number, column in enumerate(attributes.values()):
        arrays[f"codes {number}"] = column.codes
    distinct = {name: list(column.distinct) for name, column in attributes.items()}
    arrays["attributes"] = _as_bytes(distinct)
    about: dict[str, Json] = {"kinds": list(data.kinds), "seed": data.seed}
    return Message({**people.header, **about}, arrays)


def data_in(message: Message) -> TrainingData:
    """What there is to learn from in a message."""
    arrays, header = message.arrays, message.header
    ids, titles, texts = (_texts_in(f"item {name}", arrays) for name in ("ids", "titles", "texts"))
    distinct = _from_bytes(arrays["attributes"])
    attributes: dict[str, Sequence[Values]] = {
        name: ValuesColumn(tuple(map(tuple, values)), arrays[f"codes {number}"])
        for number, (name, values) in enumerate(distinct.items())
    }
    kinds = header["kinds"]
    assert isinstance(kinds, list)
    items = Items(ids, titles, texts, attributes)
    people, seed = people_in(message), _number(header["seed"])
    return TrainingData(items, people, tuple(map(str, kinds)), seed)


def message_of_state(state: State, header: Mapping[str, Json]) -> Message:
    """A message about what a recommender is made of."""
    arrays: _Arrays = {f"array {name}": array for name, array in state.arrays.items()}
    return Message(header, {**arrays, "values": _as_bytes(dict(state.values))})


def state_in(message: Message) -> State:
    """What a recommender is made of, by a message."""
    start = "array "
    arrays = {
        name.removeprefix(start): array
        for name, array in message.arrays.items()
        if name.startswith(start)
    }
    return State(arrays, _from_bytes(message.arrays["values"]))


def _number(value: Json) -> int:
    assert isinstance(value, int)
    return value


def _of_texts(name: str, texts: Sequence[str]) -> _Arrays:
    column = texts if isinstance(texts, TextColumn) else TextColumn.of(texts)
    stops = column.stops
    return {name: np.frombuffer(column.data, dtype=np.uint8), f"{name} stops": stops}


def _texts_in(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> TextColumn:
    return TextColumn(arrays[name].tobytes(), arrays[f"{name} stops"])


def _as_bytes(value: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _from_bytes(array: npt.NDArray[Any]) -> dict[str, Any]:
    value = json.loads(array.tobytes())
    if not isinstance(value, dict):
        raise ValueError
    return value
