"""The kit for re-rankers: a sound one passes, and each fault is found and named."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import numpy as np
import pytest

from tastemaker import Float32Array, RankedItems, Reranker, Settings, setting
from tastemaker.errors import PluginError
from tastemaker.reranking import Boosts, CappedValues, Diversity
from tastemaker.testing import (
    RERANKER_CONTRACT,
    MakeReranker,
    RerankerCheck,
    RerankerContract,
    check_deterministic,
    check_first_places_stay,
    check_lists_are_independent,
    check_lists_stay,
    check_parts,
    check_reranker,
    check_reranker_description,
    check_reranker_leaves_process,
    check_reranker_speed,
    check_settings_round_trip,
)


@dataclass(frozen=True)
class EvenSettings(Settings):
    amount: float = setting(0.5, "What even items get.", low=0.0, high=10.0)


class Sound(Reranker):
    """Gives even items a fixed amount; breaks nothing."""

    name = "sound"
    settings_type = EvenSettings
    settings: EvenSettings

    def adjust(self, lists: RankedItems) -> Any:
        return (lists.items % 2 == 0) * np.float32(self.settings.amount)


class Misnamed(Sound):
    """Has a name that is none."""

    name = "Mis Named"


class Taken(Sound):
    """Has a name that the engine uses."""

    name = "diversity"


class Unordered(Sound):
    """Does not say when it takes its turn."""

    order: ClassVar[Any] = "late"


class Wide(Sound):
    """Gives the wrong type."""

    def adjust(self, lists: RankedItems) -> Any:
        return super().adjust(lists).astype(np.float64)


class Short(Sound):
    """Gives the wrong shape."""

    def adjust(self, lists: RankedItems) -> Any:
        return super().adjust(lists)[:, :1]


class Hiding(Sound):
    """Takes items out."""

    def adjust(self, lists: RankedItems) -> Any:
        return np.where(lists.items % 2 == 0, np.float32(-np.inf), np.float32(0))


class Huge(Sound):
    """Gives more than a sum can hold."""

    def adjust(self, lists: RankedItems) -> Any:
        return np.full(lists.items.shape, 3e38, dtype=np.float32)


class Raising(Sound):
    """Cannot do with an empty batch."""

    def adjust(self, lists: RankedItems) -> Any:
        if not len(lists):
            raise ValueError("nobody")
        return super().adjust(lists)


class Vectorless(Sound):
    """Relies on vectors, which there may be none of."""

    def adjust(self, lists: RankedItems) -> Any:
        assert lists.vectors is not None
        return lists.vectors[:, :, 0].copy()


class Dice(Sound):
    """Does something else each time."""

    turns = count()

    def adjust(self, lists: RankedItems) -> Any:
        return super().adjust(lists) + np.float32(next(self.turns))


class Meddler(Sound):
    """Changes what it was given."""

    def adjust(self, lists: RankedItems) -> Any:
        lists.scores.flags.writeable = True
        lists.scores[:] = 0.0
        return super().adjust(lists)


class Crowding(Sound):
    """Adjusts people by who else is there."""

    def adjust(self, lists: RankedItems) -> Any:
        return super().adjust(lists) * np.float32(len(lists))


class CountingPlaces(Sound):
    """Goes by how wide the lists are, though places hold nothing."""

    def adjust(self, lists: RankedItems) -> Any:
        return super().adjust(lists) / np.float32(max(lists.items.shape[1], 1))


class Turning(Sound):
    """Turns round the places that are wanted, so that the next page repeats the last one."""

    def adjust(self, lists: RankedItems) -> Any:
        places = np.arange(lists.items.shape[1], dtype=np.float32)
        wanted = np.where(places < lists.k, places + np.float32(1000), np.float32(0))
        return np.where(lists.valid, wanted - lists.scores, np.float32(0)).astype(np.float32)


class Stubborn(Sound):
    """Does not do as its settings say."""

    def __init__(self, settings: EvenSettings | None = None) -> None:
        super().__init__(EvenSettings(2.0) if settings is None else EvenSettings())


class Curious(Sound):
    """Looks at what people declared, and does not say so."""

    def adjust(self, lists: RankedItems) -> Any:
        lists.people.features.get("town", ())
        return super().adjust(lists)


class Slow(Sound):
    """Takes its time."""

    def adjust(self, lists: RankedItems) -> Any:
        time.sleep(0.06)
        return super().adjust(lists)


class Straying(Sound):
    """Leaves a thread running."""

    def adjust(self, lists: RankedItems) -> Any:
        threading.Thread(target=time.sleep, args=(3,), name="stray", daemon=True).start()
        return super().adjust(lists)


class Seeding(Sound):
    """Seeds everybody's random numbers."""

    def adjust(self, lists: RankedItems) -> Any:
        np.random.seed(0)
        return super().adjust(lists)


FAULTS: list[tuple[type[Reranker], RerankerCheck, str]] = [
    (Misnamed, check_reranker_description, "'Mis Named'"),
    (Taken, check_reranker_description, "'diversity', which the engine uses"),
    (Unordered, check_reranker_description, "has the order 'late'"),
    (Wide, check_parts, "float32, not float64"),
    (Short, check_parts, r"the shape \(5, 1\) instead of \(5, 8\)"),
    (Hiding, check_parts, "a rule takes items out, a re-ranker cannot"),
    (Huge, check_parts, "a number beyond 1e"),
    (Raising, check_parts, "adjust raised ValueError: nobody"),
    (Vectorless, check_parts, "adjust raised AssertionError"),
    (Dice, check_deterministic, "the same for the same lists"),
    (Meddler, check_lists_stay, "must not change the scores"),
    (Crowding, check_lists_are_independent, "who else is in the batch"),
    (CountingPlaces, check_lists_are_independent, "hold no item must not count"),
    (Turning, check_first_places_stay, "must be the same whether 1 or 8 are wanted"),
    (Stubborn, check_settings_round_trip, "settings given must be kept"),
    (Curious, check_parts, r"adjust looks at people.features\['town'\] without `uses_features"),
    (Slow, check_reranker_speed, r"adjust took 0.\d+ s for 5 lists of 8 items; 0.05 s are allowed"),
    (Straying, check_reranker_leaves_process, "it left the thread 'stray' running"),
    (Seeding, check_reranker_leaves_process, "NumPy's global random numbers"),
]


def test_a_sound_reranker_keeps_the_contract() -> None:
    check_reranker(Sound)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Diversity(0.3),
        lambda: Diversity(1),
        lambda: CappedValues(2, "parity"),
        lambda: Boosts(np.arange(12)[np.newaxis] % 3 == 0, [2.5]),
    ],
    ids=["diversity", "diversity alone", "at-most", "boost"],
)
@pytest.mark.parametrize("check", RERANKER_CONTRACT, ids=lambda check: check.__name__)
def test_the_engines_own_keep_the_contract(make: MakeReranker, check: RerankerCheck) -> None:
    if isinstance(make(), Boosts) and check.__name__ == "check_parts":
        make = _boosts_of_few
    check(make)


def _boosts_of_few() -> Reranker:
    """For samples of a single item as well: conditions hold for those that there may be."""
    return Boosts(np.ones((1, 12), dtype=np.bool_), [0.5])


@pytest.mark.parametrize(
    ("kind", "check", "wish"), FAULTS, ids=[kind.__name__ for kind, _, _ in FAULTS]
)
def test_each_fault_is_found(kind: type[Reranker], check: RerankerCheck, wish: str) -> None:
    with pytest.raises(PluginError, match=wish):
        check(kind)
    with pytest.raises(PluginError, match=wish) as told:
        check_reranker(kind)
    assert len(str(told.value).splitlines()) == 1


class TestSound(RerankerContract):
    """The contract as a class: pytest finds a test for each check."""

    reranker = Sound


def test_a_reranker_without_words_is_refused() -> None:
    class Wordless(Sound):
        def adjust(self, lists: RankedItems) -> Float32Array:
            return np.zeros(lists.items.shape, dtype=np.float32)

    with pytest.raises(PluginError, match="docstring"):
        check_reranker_description(Wordless)
