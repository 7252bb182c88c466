"""Batches whose rows are of uneven width: filled up at their end, so that they can be stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


def pad_width(array: npt.NDArray[Scalar], width: int, filling: float = 0) -> npt.NDArray[Scalar]:
    """The array with its last axis filled up to a width; as it is where it is as wide already."""
    missing = width - array.shape[-1]
    if missing <= 0:
        return array
    edges = [(0, 0)] * (array.ndim - 1) + [(0, missing)]
    return np.pad(array, edges, constant_values=filling)


def stack_rows(arrays: Sequence[npt.NDArray[Scalar]], filling: float = 0) -> npt.NDArray[Scalar]:
    """The rows of all the arrays, in order, each filled up to the widest one.

    Args:
        arrays: (..., n, width), alike but for `n` and `width`; at least one.
        filling: what stands where a row has ended.
    """
    width = max(array.shape[-1] for array in arrays)
    return np.concatenate([pad_width(array, width, filling) for array in arrays], axis=-2)
