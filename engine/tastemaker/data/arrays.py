"""Arrays: an alias for each dtype, and what every room does to arrays of any kind.

An alias says the dtype alone; the shape stands in the docstring of whatever takes or gives it.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
Int16Array = npt.NDArray[np.int16]
BoolArray = npt.NDArray[np.bool_]

NAN = np.float32(np.nan)
"""What an item scores that cannot be scored: of the dtype of scores, so that none changes."""


def frozen(array: npt.NDArray[np.generic]) -> None:
    """Makes an array read-only, so that no plugin can change what another one sees."""
    array.flags.writeable = False


def read_only(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """A view of an array that nobody can write through; the array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def sample_rows(n: int, most: int, rng: np.random.Generator) -> Int64Array:
    """At most `most` of the rows 0 to n - 1, drawn at random without replacement; ascending.

    All of them, and nothing is drawn, where there are no more.
    """
    if n <= most:
        return np.arange(n, dtype=np.int64)
    return np.sort(rng.choice(n, most, replace=False))
