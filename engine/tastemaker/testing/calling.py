"""Calls into the plugin that is checked: what it raises becomes a breach that names the method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from tastemaker.data import People, TrainingData
from tastemaker.data.columns import FrozenMapping, Values
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import describe
from tastemaker.recommender import Recommender
from tastemaker.testing.process_state import process_kept

T = TypeVar("T")


class UndeclaredFeaturesError(PluginError):
    """Features were looked at by a recommender that does not declare `uses_features`."""


class HiddenFeatures(FrozenMapping[tuple[Values, ...]]):
    """No features, as the engine gives to who does not declare them; to look one up is a breach."""

    def __init__(self) -> None:
        super().__init__({})

    def __getitem__(self, name: str) -> tuple[Values, ...]:
        raise UndeclaredFeaturesError(
            f"looks at people.features[{name!r}] without `uses_features = True`; the engine gives "
            "features to nobody else"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def called(method: str, call: Callable[[], T], given: str = "") -> T:
    """What a call into the plugin gives; nothing that it does to the process stays.

    Args:
        method: the name of the method, for the message.
        call: calls it.
        given: what it was given, for the message: "20 people and 10 items".

    Raises:
        PluginError: it raised; the message says what, where, and what was given.
    """
    where = f" for {given}" if given else ""
    try:
        with process_kept():
            return call()
    except KeyboardInterrupt:
        raise
    except UndeclaredFeaturesError as error:
        raise PluginError(f"{method} {error}.") from None
    except BaseException as error:  # a SystemExit is a breach like any other
        raise PluginError(f"{method} raised {describe(error)}{where}.") from error


def shown(kind: type[Recommender], people: People) -> People:
    """People as the engine shows them to a recommender: with features only if it declares them."""
    return people if kind.uses_features else replace(people, features=HiddenFeatures())


def shown_data(kind: type[Recommender], data: TrainingData) -> TrainingData:
    """Training data as the engine shows it to a recommender."""
    return replace(data, people=shown(kind, data.people))


def sizes(people: People) -> str:
    """How many people and items there are: "20 people and 10 items"."""
    return f"{len(people)} people and {people.n_items} items"


@contextmanager
def wishing(wish: str) -> Iterator[None]:
    """Puts before a breach what it is a breach of."""
    try:
        yield
    except PluginError as error:
        raise PluginError(f"{wish}: {error}") from error
