"""The weight curve: how much each member counts, by how much is known about the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.step_functions import StepFunctions, StepsOfPeople
from tastemaker.data import BoolArray, Float64Array, Int64Array, frozen
from tastemaker.errors import ReleaseError

KNOTS = (0, 1, 2, 5, 10, 20, 50)
"""The history lengths that weights are learnt for; in between they are interpolated.
Chosen, not measured."""

CARRY = 0.5
"""The default share of a weight that passes to the others where its member abstains on an item.
Chosen, not measured."""

RESERVE = 1e-9
"""Of its mean weight a member keeps this share everywhere: too little to move a ranking, enough to
say how much each of the others counts where those that have the weight abstain on a person."""


NEGLIGIBLE = 1e-8
"""A weight that is no more than a reserve: beside others it moves nothing that float32 shows."""


@dataclass(frozen=True)
class WeightCurve:
    """The members' weights at a few history lengths, and smoothly in between.

    Attributes:
        members: the recommenders' names.
        knots: ascending history lengths.
        weights: (n_knots, n_members) float64; each row is at least 0 and sums to 1.
        carry: how far the weight of a member that abstains on an item passes to the members that do
            score it: 0 = the item counts as average to that member, 1 = the others carry all of it.
        depth: how many of its best items each retriever brings.
        retrievers: the members whose best items are the candidates; all members where empty.
        steps: what single members' scores add beyond their weights; None for nothing.
    """

    members: tuple[str, ...]
    knots: tuple[int, ...]
    weights: Float64Array
    carry: float = CARRY
    depth: int = DEPTH
    retrievers: tuple[str, ...] = ()
    steps: StepFunctions | None = None

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ReleaseError(f"The weight curve cannot be used: {problem}. Train again.")
        frozen(self.weights)

    def at(self, lengths: Int64Array) -> Float64Array:
        """(n, n_members) the weights for people with histories of the given lengths (n,).

        Linear in log(1 + length) between two knots, constant beyond the last.
        """
        return self._by_length[np.minimum(lengths, self.knots[-1])]

    @cached_property
    def _by_length(self) -> Float64Array:
        """(last knot + 1, n_members) the weights for each length up to the last knot."""
        positions = np.log1p(np.asarray(self.knots, dtype=np.float64))
        lengths = np.log1p(np.arange(self.knots[-1] + 1))
        place = np.interp(lengths, positions, np.arange(len(positions)))
        left = np.minimum(place.astype(np.int64), max(len(positions) - 2, 0))
        right = np.minimum(left + 1, len(positions) - 1)
        share = (place - left)[:, None]
        weights: Float64Array = (1 - share) * self.weights[left] + share * self.weights[right]
        return np.asarray((weights + RESERVE * self.weights.mean(axis=0)) / (1 + RESERVE))

    def steps_at(self, lengths: Int64Array, informative: BoolArray) -> StepsOfPeople | None:
        """What step functions add for people with histories of the given lengths (n,).

        None where they add nothing for any of them.

        Args:
            lengths: how long each person's history is.
            informative: (n_members, n) whether a member tells a person's candidates apart.
        """
        if self.steps is None or not (lengths >= self.steps.shortest).any():
            return None
        return self.steps.at(lengths, informative)

    def without_weight(self, lengths: Int64Array) -> tuple[str, ...]:
        """The members that have but their reserve at every one of these history lengths (n,).

        One that has steps there is not among them.
        """
        most = self.at(lengths).max(axis=0, initial=0)
        if self.steps is not None and (lengths >= self.steps.shortest).any():
            most[self.steps.members] = 1
        named = zip(self.members, most.tolist(), strict=True)
        return tuple(name for name, weight in named if weight <= NEGLIGIBLE)

    @property
    def linear(self) -> WeightCurve:
        """The weights alone, without step functions."""
        return self if self.steps is None else replace(self, steps=None)

    @property
    def retriever_places(self) -> list[int]:
        """Where the retrievers stand among the members."""
        bringing = self.retrievers or self.members
        return [place for place, name in enumerate(self.members) if name in bringing]

    def only(self, members: Sequence[str]) -> WeightCurve:
        """The curve of some of the members, in the given order; they carry the others' weight.

        Where no retriever is among them, all of them retrieve. Where a member that has steps is not
        among them, there are none: they were learnt beside each other.
        """
        columns = [self.members.index(name) for name in members]
        kept = self.weights[:, columns]
        sums = kept.sum(axis=1, keepdims=True)
        uniform = np.full_like(kept, 1 / max(len(columns), 1))
        weights = np.divide(kept, sums, where=sums > 0, out=uniform)
        retrievers = tuple(name for name in self.retrievers if name in members)
        places = {column: place for place, column in enumerate(columns)}
        steps = None if self.steps is None else self.steps.moved(places)
        return replace(
            self, members=tuple(members), weights=weights, retrievers=retrievers, steps=steps
        )

    def with_member(self, name: str) -> WeightCurve:
        """The curve with one more member, the last, that has no weight and retrieves nothing."""
        return replace(
            self,
            members=(*self.members, name),
            weights=np.pad(self.weights, ((0, 0), (0, 1))),
            retrievers=self.retrievers or self.members,
        )

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` needs, as JSON values."""
        return {
            "members": list(self.members),
            "knots": list(self.knots),
            "weights": self.weights.tolist(),
            "carry": self.carry,
            "depth": self.depth,
            "retrievers": list(self.retrievers),
            "steps": self.steps.to_json() if self.steps else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The curve that `to_json` described.

        Raises:
            ReleaseError: the description is not one of a curve.
        """
        try:
            return cls(
                tuple(str(name) for name in value["members"]),
                tuple(int(knot) for knot in value["knots"]),
                np.array(value["weights"], dtype=np.float64),
                float(value["carry"]),
                int(value["depth"]),
                tuple(str(name) for name in value.get("retrievers", ())),
                StepFunctions.from_json(value.get("steps")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReleaseError(
                f"The weight curve cannot be read ({error!r}). Train again."
            ) from None


def uniform_weights(members: Sequence[str]) -> WeightCurve:
    """The curve that gives every member the same weight, for when nothing could be learnt."""
    weights = np.full((1, len(members)), 1 / max(len(members), 1))
    return WeightCurve(tuple(members), (0,), weights)


def _problem(curve: WeightCurve) -> str:
    shape = (len(curve.knots), len(curve.members))
    if curve.weights.shape != shape or 0 in shape:
        return f"its weights have the shape {curve.weights.shape}, not {shape}"
    if list(curve.knots) != sorted(set(curve.knots)) or curve.knots[0] < 0:
        return f"its knots are {curve.knots}; they must ascend from 0 or more"
    if not (curve.weights >= 0).all() or not np.allclose(curve.weights.sum(axis=1), 1):
        return "its weights are not shares that sum to 1"
    if not 0 <= curve.carry <= 1:
        return f"its carry is {curve.carry}; it must lie between 0 and 1"
    if curve.depth < 1:
        return f"its depth is {curve.depth}; it must be at least 1"
    if curve.steps is not None and curve.steps.members[-1] >= len(curve.members):
        return f"its steps are of a member in place {curve.steps.members[-1]}, and there is none"
    if not set(curve.retrievers) <= set(curve.members):
        return f"its retrievers are {curve.retrievers}; each must be one of {curve.members}"
    return ""
