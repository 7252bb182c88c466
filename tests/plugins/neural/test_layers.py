from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.layers import (
    conv1d,
    dense,
    linear,
    recurrent_of,
    relu,
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


@pytest.mark.parametrize("padding", ["none", "before", "after", "between", "all"])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_recurrent_layers_pass_over_what_is_masked(kind: str, padding: str) -> None:
    inputs = numbers(N, STEPS, SIZE)
    lengths = np.arange(N)[:, np.newaxis]
    places = np.arange(STEPS)
    mask = {
        "none": np.ones((N, STEPS), dtype=bool),
        "before": places >= STEPS - lengths,
        "after": places < lengths,
        "between": (places + lengths) % 3 != 0,
        "all": np.zeros((N, STEPS), dtype=bool),
    }[padding]
    with keras_for(0) as keras:
        layer = getattr(keras.layers, kind)(4)
        weights = with_drawn_weights(layer, inputs.shape)
        found = recurrent_of(kind.lower(), weights)(inputs, mask)
        assert close(found, layer(inputs, mask=mask))


def test_recurrent_layers_need_no_mask() -> None:
    inputs = numbers(N, STEPS, SIZE)
    with keras_for(0) as keras:
        layer = keras.layers.GRU(4)
        weights = with_drawn_weights(layer, inputs.shape)
        assert close(recurrent_of("gru", weights)(inputs), layer(inputs))


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_the_gates_do_not_overflow(kind: str) -> None:
    inputs = numbers(N, STEPS, SIZE) * np.float32(1e9)
    with keras_for(0) as keras:
        layer = getattr(keras.layers, kind)(4)
        weights = with_drawn_weights(layer, inputs.shape)
        with np.errstate(over="raise", invalid="raise"):
            found = recurrent_of(kind.lower(), weights)(inputs)
        assert close(found, layer(inputs))
