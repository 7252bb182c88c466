"""Intervals: where a mean over people would lie with other people; paired comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.data import Float64Array

RESAMPLES = 2000
"""How many bootstrap samples an interval is made of. Chosen, not measured."""

SAMPLES_AT_ONCE = 100
"""How many of them are held in memory at once. Chosen, not measured."""


@dataclass(frozen=True)
class Interval:
    """A mean over people, and where it would lie with other people.

    Attributes:
        mean: over the people there were.
        low, high: the bounds of the 95 % bootstrap interval.
    """

    mean: float
    low: float
    high: float


def interval(figures: Float64Array, seed: int = 0) -> Interval:
    """The mean of one figure a person (n_people,), with its interval; NaN without people."""
    return intervals(figures[:, None], seed)[0]


def intervals(figures: Float64Array, seed: int = 0) -> list[Interval]:
    """The mean and the 95 % bootstrap interval of each column.

    Efron, B.: Bootstrap Methods: Another Look at the Jackknife. Annals of Statistics, 1979.

    Args:
        figures: (n_people, n_figures); all columns see the same bootstrap samples of people.
        seed: what the drawing starts from.
    """
    n_people, n_figures = figures.shape
    if n_people == 0:
        return [Interval(np.nan, np.nan, np.nan)] * n_figures
    bounds = np.quantile(_resampled_means(figures, seed), (0.025, 0.975), axis=0).T.tolist()
    means = figures.mean(axis=0).tolist()
    return [Interval(mean, low, high) for mean, (low, high) in zip(means, bounds, strict=True)]


def compare(first: Float64Array, second: Float64Array, seed: int = 0) -> Interval:
    """How much better `first` is than `second` on the same people, person by person."""
    return interval(first - second, seed)


def _resampled_means(figures: Float64Array, seed: int) -> Float64Array:
    """(RESAMPLES, n_figures) the means over bootstrap samples of people."""
    n_people, n_figures = figures.shape
    rng, means = np.random.default_rng(seed), np.empty((RESAMPLES, n_figures))
    for first in range(0, RESAMPLES, SAMPLES_AT_ONCE):
        drawn = rng.integers(0, n_people, (SAMPLES_AT_ONCE, n_people))
        drawn += np.arange(SAMPLES_AT_ONCE)[:, None] * n_people
        counts = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        means[first : first + SAMPLES_AT_ONCE] = counts @ figures / n_people
    return means
