"""Scored cases: people whose next choices are known, with every member's scores of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Candidates
from tastemaker.blend.combination import combine
from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.ragged import stack_rows
from tastemaker.blend.top_candidates import TopCandidates, select_top_candidates
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, frozen
from tastemaker.data.top_k import top_k_places
from tastemaker.metrics.accuracy import ndcg


@dataclass(frozen=True)
class ScoredCases:
    """A group of people of one fold, with histories truncated in one way.

    Attributes:
        candidates: their candidates, from members fitted on nothing that came later.
        relevant: (n, width) which candidates the person went on to choose.
        n_relevant: (n,) int64 how many items the person went on to choose, candidates or not.
        lengths: (n,) int64 the length of the history that the members saw.
        repeats: (n, width) which candidates the person had chosen before: these are there whoever
            retrieves. None where nothing may come again.
    """

    candidates: Candidates
    relevant: BoolArray
    n_relevant: Int64Array
    lengths: Int64Array
    repeats: BoolArray | None = None

    def __post_init__(self) -> None:
        for array in (self.relevant, self.n_relevant, self.lengths):
            frozen(array)
        if self.repeats is not None:
            frozen(self.repeats)

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
        """The candidates that weights are learnt on."""
        return select_top_candidates(
            self.calibrated, self.candidates.valid, self.relevant, self.n_relevant
        )

    def totals(self, weights: Float64Array, carry: float) -> Float32Array:
        """(n, width) the blended scores of the candidates with weights (n, n_members)."""
        return combine(self.candidates, self.calibrated, weights, carry).totals

    def blend_ndcg(self, weights: Float64Array, carry: float, k: int) -> Float64Array:
        """(n,) NDCG at `k` of the blend with weights (n, n_members)."""
        return ndcg(self.hits(self.totals(weights, carry), k), self.n_relevant, k)

    def totals_by(self, curve: WeightCurve) -> Float32Array:
        """(n, width) the blended scores of the candidates by a curve of these members."""
        steps = curve.steps_at(self.lengths, self.calibrated.informative)
        weights = curve.at(self.lengths)
        return combine(self.candidates, self.calibrated, weights, curve.carry, steps).totals

    def ndcg_by(self, curve: WeightCurve, k: int) -> Float64Array:
        """(n,) NDCG at `k` of the blend by a curve of these members."""
        return ndcg(self.hits(self.totals_by(curve), k), self.n_relevant, k)

    def member_ndcg(self, k: int) -> Float64Array:
        """(n_members, n) NDCG at `k` of each member alone; 0 where it is uninformative."""
        if k not in self._member_ndcg:
            figures = self._ranked_by_each(k)
            frozen(figures)
            self._member_ndcg[k] = figures
        return self._member_ndcg[k]

    @cached_property
    def _member_ndcg(self) -> dict[int, Float64Array]:
        return {}

    def _ranked_by_each(self, k: int) -> Float64Array:
        values, valid = self.calibrated.values, self.candidates.valid
        rows = [np.where(valid, own, np.float32(-np.inf)) for own in values]
        figures = np.array([ndcg(self.hits(row, k), self.n_relevant, k) for row in rows])
        return figures.reshape(-1, len(self)) * self.calibrated.informative

    def hits(self, totals: Float32Array, k: int) -> BoolArray:
        """(n, k) whether the item in each place is relevant, ranked by totals (n, width)."""
        places = top_k_places(totals, k)
        return np.asarray(self.relevant[np.arange(len(self))[:, None], places])

    def select(self, rows: Int64Array) -> ScoredCases:
        """The people of the given rows, in that order."""
        candidates = self.candidates
        part = Candidates(
            candidates.items[rows], candidates.valid[rows], candidates.values[:, rows]
        )
        return ScoredCases(
            part,
            self.relevant[rows],
            self.n_relevant[rows],
            self.lengths[rows],
            None if self.repeats is None else self.repeats[rows],
        )


def stack_cases(parts: Sequence[ScoredCases]) -> ScoredCases:
    """The people of all the parts, one part after the other; at least one part, all alike."""
    repeats = [cases.repeats for cases in parts if cases.repeats is not None]
    candidates = Candidates(
        stack_rows([cases.candidates.items for cases in parts]),
        stack_rows([cases.candidates.valid for cases in parts]),
        stack_rows([cases.candidates.values for cases in parts], np.nan),
    )
    return ScoredCases(
        candidates,
        stack_rows([cases.relevant for cases in parts]),
        np.concatenate([cases.n_relevant for cases in parts]),
        np.concatenate([cases.lengths for cases in parts]),
        stack_rows(repeats) if repeats else None,
    )
