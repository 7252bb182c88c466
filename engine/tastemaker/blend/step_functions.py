"""Step functions: what a member's calibrated score adds to its contribution beyond its weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from tastemaker.blend.calibration import Calibrated
from tastemaker.data import BoolArray, Float32Array, Int64Array, frozen
from tastemaker.errors import ReleaseError

MOST_STEPS = 1000
"""More are refused: so many comparisons an item would make every answer slow. Chosen, not measured;
training learns a hundred."""

MOST_ADDED = 1000.0
"""A step that adds more is refused: scores of the blend lie around 1. Chosen, not measured."""


@dataclass(frozen=True)
class StepFunctions:
    """Sums of steps: each adds its value where a member's calibrated score reaches its border.

    What is added is part of that member's contribution, so parts still sum to the score. Where a
    member abstains nothing is added, nor where it tells none of a person's candidates apart.

    Attributes:
        members: (n_steps,) int64 ascending: the place among the curve's members of each.
        borders: (n_steps,) float32 from which score on it adds.
        values: (n_steps,) float32 what it adds.
        shortest: nothing is added for people with a shorter history.
    """

    members: Int64Array
    borders: Float32Array
    values: Float32Array
    shortest: int = 0

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ReleaseError(f"The step functions cannot be used: {problem}. Train again.")
        for array in (self.members, self.borders, self.values):
            frozen(array)

    def __len__(self) -> int:
        return len(self.values)

    def at(self, lengths: Int64Array, informative: BoolArray) -> StepsOfPeople:
        """The steps of some people.

        Args:
            lengths: (n,) how long each person's history is.
            informative: (n_members, n) whether a member tells a person's candidates apart.
        """
        counts = informative[self.members] & (lengths >= self.shortest)
        borders = np.where(counts, self.borders[:, np.newaxis], np.float32(np.inf))
        return StepsOfPeople(self.members, borders, self.values)

    def moved(self, places: Mapping[int, int]) -> StepFunctions | None:
        """The same for members in other places; None where one of them has no place any more.

        Args:
            places: the new place of each that stays.
        """
        if not set(self.members.tolist()) <= set(places):
            return None
        members = np.array([places[own] for own in self.members.tolist()], dtype=np.int64)
        order = np.argsort(members, kind="stable")
        arrays = (members[order], self.borders[order], self.values[order])
        return StepFunctions(*arrays, self.shortest)

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` needs, as JSON values."""
        return {
            "members": self.members.tolist(),
            "borders": self.borders.tolist(),
            "values": self.values.tolist(),
            "shortest": self.shortest,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self | None:
        """The step functions that `to_json` described; None of None, as in older releases.

        Raises:
            ReleaseError: the description is not one of step functions.
        """
        if value is None:
            return None
        try:
            return cls(
                np.array(value["members"], dtype=np.int64),
                np.array(value["borders"], dtype=np.float32),
                np.array(value["values"], dtype=np.float32),
                int(value["shortest"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ReleaseError(
                f"The step functions cannot be read ({error!r}). Train again."
            ) from None


class StepsOfPeople(NamedTuple):
    """The steps of some people.

    Attributes:
        members: (n_steps,) int64 ascending: whose score each looks at.
        borders: (n_steps, n) float32 from which score on it adds; infinite for never.
        values: (n_steps,) float32 what it adds.
    """

    members: Int64Array
    borders: Float32Array
    values: Float32Array

    def taken(self, calibrated: Calibrated) -> BoolArray:
        """(n_steps, n, width) which steps each item takes."""
        taken = calibrated.values[self.members] >= self.borders[:, :, np.newaxis]
        taken &= calibrated.present[self.members]
        return taken

    def totals(self, taken: BoolArray) -> Float32Array:
        """(n, width) what all steps that an item takes add."""
        n_steps, n, width = taken.shape
        flat = taken.reshape(n_steps, n * width).astype(np.float32)
        return np.asarray(self.values @ flat).reshape(n, width)

    def add_to(self, contributions: Float32Array, taken: BoolArray) -> None:
        """Adds to the contributions (n_members, n, width) what each member's steps add."""
        firsts = np.flatnonzero(np.diff(self.members, prepend=-1))
        added = taken * self.values[:, np.newaxis, np.newaxis]
        contributions[self.members[firsts]] += np.add.reduceat(added, firsts, axis=0)


def _problem(steps: StepFunctions) -> str:
    shapes = [own.shape for own in (steps.members, steps.borders, steps.values)]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        return f"members, borders and values have the shapes {shapes}; they must be alike"
    if not 0 < len(steps) <= MOST_STEPS:
        return f"there are {len(steps)} steps; there must be 1 to {MOST_STEPS}"
    if (steps.members < 0).any() or (np.diff(steps.members) < 0).any():
        return "their members are not places that ascend"
    if not np.isfinite(steps.borders).all():
        return "not all of their borders are finite"
    if not (np.abs(steps.values) <= MOST_ADDED).all():
        return f"not all of their values lie between {-MOST_ADDED} and {MOST_ADDED}"
    if steps.shortest < 0:
        return f"the shortest history they are for is {steps.shortest}; it must be 0 or more"
    return ""
