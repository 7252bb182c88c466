"""A recommender whose work is done in a process of its own."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float32Array, Int64Array, People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.json_types import Json
from tastemaker.plugin.isolation.channel import Message
from tastemaker.plugin.isolation.forms import (
    message_of_data,
    message_of_people,
    message_of_state,
    state_in,
)
from tastemaker.plugin.isolation.supervised import SupervisedProcess, started
from tastemaker.recommender import Progress, Recommender, State

MEMORY = 4 * 2**30
"""Bytes that a process may take beyond what it has when it is ready. Chosen, not measured."""

ALWAYS_SAME = (
    "name",
    "family",
    "because",
    "settings_type",
    "uses_features",
    "uses_dislikes",
    "private",
    "retrieve_cost",
    "requires",
)
"""What a class states that counts for its subclasses too."""

OWN_ALONE = ("summary", "former_names", "__doc__", "__module__", "__qualname__")
"""What counts for the class that states it alone."""


class IsolatedRecommender(Recommender):
    """Fits, scores, retrieves and gives reasons in another process; takes in no new items.

    Attributes:
        place: the module and the class that the other process makes.
    """

    place: ClassVar[tuple[str, str]]
    _process: SupervisedProcess | None = None

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Starts a process, and fits there."""
        settings: dict[str, Json] = dataclasses.asdict(self.settings)
        recipe = Message({**self._told("make"), "settings": settings})
        process = SupervisedProcess(recipe, started(recipe))
        process.call(message_of_data(data, {"do": "fit"}), progress)
        self._process = process
        return self

    def score(self, people: People) -> Float32Array:
        """As the recommender scores."""
        return self._result(message_of_people(people, {"do": "score"}))

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """As the recommender scores them."""
        return self._result(_with_items(message_of_people(people, {"do": "score_items"}), items))

    def retrieve(self, people: People, k: int) -> Int64Array:
        """What the recommender retrieves."""
        return self._result(message_of_people(people, {"do": "retrieve", "k": k}))

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """The recommender's reasons."""
        return self._result(_with_items(message_of_people(people, {"do": "reasons"}), items))

    def similar(self, item_index: int) -> Float32Array:
        """What the recommender finds like it."""
        return self._result(Message({"do": "similar", "item": item_index}))

    def state(self) -> State:
        """What the recommender is made of."""
        return state_in(self._served().call(Message({"do": "state"})))

    @classmethod
    def restore(cls, state: State) -> Self:
        """Starts a process, and restores the recommender there."""
        recipe = message_of_state(state, cls._told("restore"))
        restored = cls()
        restored._process = SupervisedProcess(recipe, started(recipe))
        return restored

    @classmethod
    def _told(cls, task: str) -> dict[str, Json]:
        module, name = cls.place
        return {"do": task, "module": module, "class": name, "memory": MEMORY}

    def _served(self) -> SupervisedProcess:
        if self._process is None:
            raise PluginError("it is not fitted")
        return self._process

    def _result(self, message: Message) -> npt.NDArray[Any]:
        arrays = self._served().call(message).arrays
        return arrays.get("result", np.zeros(0))


def _with_items(message: Message, items: Int64Array) -> Message:
    return Message(message.header, {**message.arrays, "wanted": items})


def isolated_class(kind: type[Recommender]) -> type[Recommender]:
    """A class that is told apart from the given one by where it works alone.

    Raises:
        PluginError: another process cannot import the class.
    """
    if kind.__module__ == "__main__" or "<" in kind.__qualname__:
        raise PluginError(
            "cannot be isolated: its class must stand in a module that can be imported, at the top "
            "of it"
        )
    stated = {name: getattr(kind, name) for name in ALWAYS_SAME}
    stated |= {name: vars(kind)[name] for name in OWN_ALONE if name in vars(kind)}
    stated["place"] = (kind.__module__, kind.__qualname__)
    return cast(type[Recommender], type(kind.__name__, (IsolatedRecommender,), stated))
