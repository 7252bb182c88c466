from __future__ import annotations

from typing import Any

import numpy as np

from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.lstm_training import LstmWeights, lstm_output

N, LENGTH, N_IN, SIZE = 3, 4, 5, 6


def output_and_gradients(by_keras: bool) -> list[Any]:
    """The last output, and the gradients of its weighted sum by all that goes in."""
    draw = np.random.default_rng(0)
    with keras_for(0) as keras:
        import tensorflow

        inputs = tensorflow.constant(draw.normal(size=(N, LENGTH, N_IN)).astype(np.float32))
        slopes = draw.normal(size=(N, SIZE)).astype(np.float32)
        there = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], dtype=np.float32)
        layer = keras.layers.LSTM(SIZE)
        layer.build((None, None, N_IN))
        for variable in layer.trainable_variables:
            variable.assign(draw.normal(size=variable.shape).astype(np.float32))
        weights = [variable.value for variable in layer.trainable_variables]
        with tensorflow.GradientTape() as tape:
            tape.watch(inputs)
            if by_keras:
                output = layer(inputs, mask=tensorflow.constant(there > 0))
            else:
                output = lstm_output(inputs, tensorflow.constant(there), LstmWeights(*weights))
            total = tensorflow.reduce_sum(output * slopes)
        gradients = tape.gradient(total, [inputs, *weights])
    return [np.asarray(one) for one in (output, *gradients)]


def test_output_and_gradients_are_those_of_the_layer_of_keras() -> None:
    own, of_keras = output_and_gradients(by_keras=False), output_and_gradients(by_keras=True)
    assert len(own) == 5
    for one, other in zip(own, of_keras, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, atol=1e-5)


def test_nothing_is_read_of_padding() -> None:
    output, of_inputs, *_ = output_and_gradients(by_keras=False)
    assert not output[2].any() and not of_inputs[2].any()
    assert of_inputs[1, :2].any() and not of_inputs[1, 2:].any()
