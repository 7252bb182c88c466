from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.layers import (
    Gru,
    Lstm,
    conv1d,
    dense,
    linear,
    recurrent_of,
    relu,
    unit,
)

Float32Array = npt.NDArray[np.float32]
N, STEPS, SIZE = 7, 9, 5


def numbers(*shape: int) -> Float32Array:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def with_drawn_weights(layer: Any, shape: tuple[int, ...]) -> list[Float32Array]:
    """The weights of the layer, none of them zero, as biases are at first."""
    layer.build(shape)
    layer.set_weights([numbers(*weight.shape) for weight in layer.get_weights()])
    weights: list[Float32Array] = layer.get_weights()
    return weights


def close(found: Float32Array, expected: Any) -> bool:
    return found.dtype == np.float32 and np.allclose(found, np.asarray(expected), atol=1e-5)


@pytest.mark.parametrize("activation", [relu, linear])
def test_dense(activation: Any) -> None:
    inputs = numbers(N, SIZE)
    with keras_for(0) as keras:
        layer = keras.layers.Dense(4, activation=activation.__name__)
        kernel, bias = with_drawn_weights(layer, inputs.shape)
        assert close(dense(inputs, kernel, bias, activation), layer(inputs))


@pytest.mark.parametrize("width", [1, 3, STEPS])
def test_conv1d(width: int) -> None:
    inputs = numbers(N, STEPS, SIZE)
    with keras_for(0) as keras:
        layer = keras.layers.Conv1D(4, width, activation="relu")
        kernel, bias = with_drawn_weights(layer, inputs.shape)
        assert close(conv1d(inputs, kernel, bias, relu), layer(inputs))


def output(
    layer: Gru | Lstm, inputs: Float32Array, active: list[int] | None = None
) -> Float32Array:
    """What the layer gives after all inputs."""
    return layer.output(layer.read(layer.start(len(inputs)), inputs, active))


@pytest.mark.parametrize("padding", ["none", "before", "after", "all"])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_recurrent_layers_read_what_is_there(kind: str, padding: str) -> None:
    inputs = numbers(N, STEPS, SIZE)
    lengths = np.arange(N, 0, -1)[:, np.newaxis]  # the longest first
    places = np.arange(STEPS)
    mask = {
        "none": np.ones((N, STEPS), dtype=bool),
        "before": places >= STEPS - lengths,
        "after": places < lengths,
        "all": np.zeros((N, STEPS), dtype=bool),
    }[padding]
    with keras_for(0) as keras:
        layer = getattr(keras.layers, kind)(4)
        weights = with_drawn_weights(layer, inputs.shape)
        found = output(recurrent_of(kind.lower(), weights), inputs, mask.sum(axis=0).tolist())
        assert close(found, layer(inputs, mask=mask))


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_reading_goes_on_where_it_ended_and_leaves_the_states_before_alone(kind: str) -> None:
    inputs = numbers(N, STEPS, SIZE)
    with keras_for(0) as keras:
        keras_layer = getattr(keras.layers, kind)(4)
        layer = recurrent_of(kind.lower(), with_drawn_weights(keras_layer, inputs.shape))
        expected = keras_layer(inputs)
        shorter = keras_layer(inputs[:, :-2])
    before = layer.read(layer.start(N), inputs[:, :-2])
    assert close(layer.output(layer.read(before, inputs[:, -2:])), expected)
    assert close(layer.output(before), shorter)
    assert close(output(layer, inputs), expected)


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_the_gates_do_not_overflow(kind: str) -> None:
    inputs = numbers(N, STEPS, SIZE) * np.float32(1e9)
    with keras_for(0) as keras:
        layer = getattr(keras.layers, kind)(4)
        weights = with_drawn_weights(layer, inputs.shape)
        with np.errstate(over="raise", invalid="raise"):
            found = output(recurrent_of(kind.lower(), weights), inputs)
        assert close(found, layer(inputs))


def test_unit_vectors_are_of_length_one_unless_there_is_next_to_nothing() -> None:
    vectors = np.array([[3, 4], [0, 0]], np.float32)
    assert unit(vectors) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]), abs=1e-6)
