"""Trials: people whose next choices are known, and what each member says of their candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Candidates
from tastemaker.blend.combination import combine, highest
from tastemaker.blend.top_candidates import TopCandidates, top_candidates
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, frozen
from tastemaker.metrics.accuracy import ndcg


@dataclass(frozen=True)
class ScoredCases:
    """A group of people alike: of one cut of time, with histories cut alike.

    Attributes:
        slate: their candidates, from members trained on nothing that came later.
        relevant: (n, width) which candidates the person went on to choose.
        n_relevant: (n,) int64 how many items the person went on to choose, candidates or not.
        lengths: (n,) int64 the length of the history that the members saw.
    """

    candidates: Candidates
    relevant: BoolArray
    n_relevant: Int64Array
    lengths: Int64Array

    def __post_init__(self) -> None:
        for array in (self.relevant, self.n_relevant, self.lengths):
            frozen(array)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_members(self) -> int:
        """How many members scored."""
        return len(self.candidates.values)

    @cached_property
    def calibrated(self) -> Calibrated:
        """The members' scores on one scale."""
        return calibrate(self.candidates)

    @cached_property
    def top_candidates(self) -> TopCandidates:
        """The candidates that could have one of the first places."""
        return top_candidates(
            self.calibrated.values, self.candidates.valid, self.relevant, self.n_relevant
        )

    def totals(self, weights: Float64Array, carry: float) -> Float32Array:
        """(n, width) the blended scores of the candidates with weights (n, n_members)."""
        return combine(self.candidates, self.calibrated, weights, carry).totals

    def quality(self, weights: Float64Array, carry: float, k: int) -> Float64Array:
        """(n,) NDCG at `k` of the blend with weights (n, n_members)."""
        return ndcg(self.hits(self.totals(weights, carry), k), self.n_relevant, k)

    def alone(self, k: int) -> Float64Array:
        """(n_members, n) NDCG at `k` of each member alone; 0 where it is silent."""
        if k not in self._alone:
            figures = self._ranked_alone(k)
            frozen(figures)
            self._alone[k] = figures
        return self._alone[k]

    @cached_property
    def _alone(self) -> dict[int, Float64Array]:
        return {}

    def _ranked_alone(self, k: int) -> Float64Array:
        values, valid = self.calibrated.values, self.candidates.valid
        rows = [np.where(valid, own, np.float32(-np.inf)) for own in values]
        figures = np.array([ndcg(self.hits(row, k), self.n_relevant, k) for row in rows])
        return figures.reshape(-1, len(self)) * self.calibrated.informative

    def hits(self, totals: Float32Array, k: int) -> BoolArray:
        """(n, k) whether the item in each place is relevant, ranked by totals (n, width)."""
        places = highest(totals, k)
        return np.asarray(self.relevant[np.arange(len(self))[:, None], places])

    def select(self, rows: Int64Array) -> ScoredCases:
        """The people of the given rows, in that order."""
        candidates = self.candidates
        part = Candidates(
            candidates.items[rows], candidates.valid[rows], candidates.values[:, rows]
        )
        return ScoredCases(part, self.relevant[rows], self.n_relevant[rows], self.lengths[rows])


def joined(trials: Sequence[ScoredCases]) -> ScoredCases:
    """All the people of the trials, in order."""
    width = max(trial.candidates.items.shape[1] for trial in trials)
    candidates = Candidates(
        np.concatenate([_widened(trial.candidates.items, width, 0) for trial in trials]),
        np.concatenate([_widened(trial.candidates.valid, width, False) for trial in trials]),
        np.concatenate(
            [_widened(trial.candidates.values, width, np.nan) for trial in trials], axis=1
        ),
    )
    return ScoredCases(
        candidates,
        np.concatenate([_widened(trial.relevant, width, False) for trial in trials]),
        np.concatenate([trial.n_relevant for trial in trials]),
        np.concatenate([trial.lengths for trial in trials]),
    )


def _widened(array: npt.NDArray[np.generic], width: int, value: float) -> npt.NDArray[np.generic]:
    missing = [(0, 0)] * (array.ndim - 1) + [(0, width - array.shape[-1])]
    return np.pad(array, missing, constant_values=value)
