from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.neural.adam import Adam
from tastemaker_plugins.neural.keras_training import Pace, keras_for

GRADIENTS = ([1.0, -2.0, 0.0], [0.5, 0.5, 0.0], [-3.0, 1.0, 0.0])


def test_steps_are_those_of_keras() -> None:
    start = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    with keras_for(0) as keras:
        import tensorflow

        variable, other = tensorflow.Variable(start), keras.Variable(start)
        adam, of_keras = Adam([variable]), keras.optimizers.Adam(0.01)
        for done, gradient in enumerate(GRADIENTS):
            adam.apply([tensorflow.constant(gradient)], Adam.rates(done, 0.01))
            of_keras.apply([tensorflow.constant(gradient)], [other])
        found, expected = variable.numpy(), other.numpy()
    assert found == pytest.approx(expected, abs=1e-6)
    assert found[2] == start[2]


def test_the_gradient_of_a_look_up_moves_only_what_was_looked_up() -> None:
    with keras_for(0):
        import tensorflow

        table = tensorflow.Variable(np.ones((4, 2), dtype=np.float32))
        with tensorflow.GradientTape() as tape:
            total = tensorflow.reduce_sum(tensorflow.gather(table, [1, 1, 3]))
        Adam([table]).apply([tape.gradient(total, table)], Adam.rates(0, 0.1))
        moved = table.numpy()
    assert moved.ravel() == pytest.approx([1, 1, 0.9, 0.9, 1, 1, 0.9, 0.9], abs=1e-5)


def test_the_rate_falls_to_nothing_along_half_a_cosine() -> None:
    rates = [Pace(1, 0.2).rate(share) for share in (0, 0.5, 1)]
    assert rates == pytest.approx([0.2, 0.1, 0])
