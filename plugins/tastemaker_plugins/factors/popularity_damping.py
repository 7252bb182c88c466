"""Popularity in factorisations: divided out in part for training, and put back for scoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tastemaker import Float32Array, setting
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FORMER_STATE_NAMES = {"voices": "history_weights"}
"""Names that parts of a stored state had before."""


@dataclass(frozen=True)
class DampingSettings(HistorySettings):
    """The base of the settings of recommenders that are trained with popularity damped."""

    popularity_damping: float = setting(
        0.25,
        "How far the popularity of items is divided out in training: 0 not at all, 1 wholly.",
        low=0.0,
        high=1.0,
        formerly=("evening",),
    )
    popularity_boost: float = setting(
        0.3,
        "How far the popularity of items counts in scores: 0 not at all, 1 in proportion.",
        low=0.0,
        high=1.0,
        formerly=("crowd",),
    )
    time_decay: float = time_decay_setting(1.0)
    half_life: float = half_life_setting(6.0)


def relative_popularity(matrix: csr_array) -> Float32Array:
    """(n_items,) how often each item was chosen, in multiples of the mean; 0 where never."""
    counts = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
    chosen = counts > 0
    return counts / counts[chosen].mean() if chosen.any() else counts


def powers(numbers: Float32Array, exponent: float) -> Float32Array:
    """The numbers to the power of `exponent`; 0 for those of 0."""
    result = np.zeros_like(numbers)
    np.power(numbers, exponent, out=result, where=numbers > 0)
    return result


def damped(matrix: csr_array, popularity: Float32Array, damping: float) -> csr_array:
    """The matrix with popularity and activity divided out in part.

    Args:
        matrix: sparse (n_people, n_items) float32.
        popularity: (n_items,) float32; each column is divided by its power of `damping`.
        damping: from 0 to 1.

    Returns:
        Sparse (n_people, n_items) float32; each row is divided by the fourth root of its sum as
        well, so that people of many interactions do not outweigh the others.
    """
    activity = np.asarray(matrix.sum(axis=1), dtype=np.float32).ravel()
    return scaled(matrix, powers(activity, -0.25), powers(popularity, -damping))


def scaled(matrix: csr_array, rows: Float32Array, columns: Float32Array) -> csr_array:
    """The matrix with each row and each column multiplied by its scale."""
    from scipy.sparse import csr_array

    data = matrix.data * columns[matrix.indices] * np.repeat(rows, np.diff(matrix.indptr))
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
