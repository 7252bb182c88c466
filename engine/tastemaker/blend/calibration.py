"""Bringing the members' scores to one scale: how far above its average candidate an item is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.blend.candidates import Candidates
from tastemaker.data import BoolArray, Float32Array, frozen

ROUNDING = np.float32(1e-6)
"""Scores that deviate by less than this share of the largest tell nothing apart: it is rounding
(float32 has 24 bits, 6e-8)."""


@dataclass(frozen=True)
class Scale:
    """How a member's scores become standard scores: (score / largest - mean) * factor.

    Attributes:
        largest: (n_members, n) float32 the largest size of the member's scores for a person.
        means: (n_members, n) float32 the mean after dividing by that.
        factors: (n_members, n) float32 one over the deviation; 0 where the member is uninformative.
    """

    largest: Float32Array
    means: Float32Array
    factors: Float32Array


@dataclass(frozen=True)
class Calibrated:
    """The members' scores of each candidate, on one scale.

    Attributes:
        values: (n_members, n, width) float32; 0 for an average candidate and where not present.
        present: (n_members, n, width) where the member scored the candidate.
        informative: (n_members, n) whether the member tells this person's candidates apart at all.
        gaps: whether a member that is informative for a person abstained on some candidates.
        scale: how the scores were brought to it.
    """

    values: Float32Array
    present: BoolArray
    informative: BoolArray
    gaps: bool
    scale: Scale

    def __post_init__(self) -> None:
        for array in (self.values, self.present, self.informative):
            frozen(array)

    def apply_to(self, candidates: Candidates) -> Calibrated:
        """The members' scores of other items of the same people, on the very same scale."""
        present = ~np.isnan(candidates.values)
        values = np.where(present, candidates.values, np.float32(0))
        values /= self.scale.largest[:, :, None]
        values -= self.scale.means[:, :, None]
        values *= self.scale.factors[:, :, None]
        values *= present
        return Calibrated(values, present, self.informative, True, self.scale)


def calibrate(candidates: Candidates) -> Calibrated:
    """Each member's standard score (z) over the candidates of each person that it scores.

    A member that scores all of a person's candidates alike, or none, is uninformative there.
    """
    present = ~np.isnan(candidates.values)
    complete = np.count_nonzero(present) == present.size
    if complete:
        values = candidates.values.copy()
        counts = np.full(present.shape[:2], max(1, present.shape[2]), dtype=np.float32)
    else:
        values = np.where(present, candidates.values, np.float32(0))
        scored = np.count_nonzero(present, axis=2)
        counts = np.maximum(scored, 1).astype(np.float32)
    largest = np.maximum(values.max(axis=2, initial=0), -values.min(axis=2, initial=0))
    largest[largest == 0] = 1
    values /= largest[:, :, None]
    means = values.sum(axis=2) / counts
    values -= means[:, :, None]
    if not complete:
        values *= present
    deviation = np.sqrt(np.einsum("mnw,mnw->mn", values, values) / counts)
    informative = deviation > ROUNDING
    factors = np.divide(1, deviation, where=informative, out=np.zeros_like(deviation))
    values *= factors[:, :, None]
    scale = Scale(largest, means, factors)
    if complete:
        return Calibrated(values, present, informative, False, scale)
    gaps = bool((informative & (scored < np.count_nonzero(candidates.valid, axis=1))).any())
    return Calibrated(values, present, informative, gaps, scale)
