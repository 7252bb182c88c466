from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.shared.halves import as_halves, widened


def test_every_finite_half_is_widened_to_the_number_that_it_is() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    assert np.array_equal(widened(halves), halves.astype(np.float32))


def test_float32_stays_the_same_array() -> None:
    weights = np.ones(3, dtype=np.float32)
    assert widened(weights) is weights


@pytest.mark.parametrize("size", [1e-20, 1e-3, 1.0, 1e9])
def test_weights_of_any_size_keep_eleven_digits(size: float) -> None:
    weights = np.array([1, -0.7, 0.3, 1e-6, 0], dtype=np.float32) * np.float32(size)
    halves, unit = as_halves(weights)
    assert widened(halves) * np.float64(unit) == pytest.approx(weights, rel=2.0**-11)


def test_nothing_at_all_is_kept_as_nothing() -> None:
    halves, unit = as_halves(np.zeros((0, 3), dtype=np.float32))
    assert halves.shape == (0, 3)
    assert np.isfinite(unit)
