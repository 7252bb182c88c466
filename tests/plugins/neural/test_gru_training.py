from __future__ import annotations

from typing import Any

import numpy as np

from tastemaker_plugins.neural.gru_training import GruWeights, gru_states
from tastemaker_plugins.neural.keras_training import keras_for

N, LENGTH, N_IN, SIZE = 3, 4, 5, 6


def states_and_gradients(by_keras: bool) -> list[Any]:
    """The states after each step, and the gradients of their weighted sum by all that goes in."""
    draw = np.random.default_rng(0)
    with keras_for(0) as keras:
        import tensorflow

        inputs = tensorflow.constant(draw.normal(size=(N, LENGTH, N_IN)).astype(np.float32))
        slopes = draw.normal(size=(N, LENGTH, SIZE)).astype(np.float32)
        there = np.array([[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=np.float32)
        layer = keras.layers.GRU(SIZE, return_sequences=True)
        layer.build((None, None, N_IN))
        for variable in layer.trainable_variables:
            variable.assign(draw.normal(size=variable.shape).astype(np.float32))
        weights = [variable.value for variable in layer.trainable_variables]
        with tensorflow.GradientTape() as tape:
            tape.watch(inputs)
            if by_keras:
                states = layer(inputs, mask=tensorflow.constant(there > 0))
            else:
                states = gru_states(inputs, tensorflow.constant(there), GruWeights(*weights))
            total = tensorflow.reduce_sum(states * slopes)
        gradients = tape.gradient(total, [inputs, *weights])
    return [np.asarray(one) for one in (states, *gradients)]


def test_states_and_gradients_are_those_of_the_layer_of_keras() -> None:
    own, of_keras = states_and_gradients(by_keras=False), states_and_gradients(by_keras=True)
    assert len(own) == 5
    for one, other in zip(own, of_keras, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, atol=1e-5)


def test_nothing_is_remembered_of_padding() -> None:
    states = states_and_gradients(by_keras=False)[0]
    assert not states[1, :2].any() and states[1, 2:].any()
    assert not states[2].any()
