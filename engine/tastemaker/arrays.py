"""The array types of the whole engine, by name: one alias for each dtype.

An alias says the dtype alone; the shape stands in the docstring of whatever takes or gives it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
Int16Array = npt.NDArray[np.int16]
BoolArray = npt.NDArray[np.bool_]


def frozen(array: npt.NDArray[np.generic]) -> None:
    """Makes an array read-only, so that no plugin can change what another one sees."""
    array.flags.writeable = False
