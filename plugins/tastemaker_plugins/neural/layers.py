"""Layers of Keras in NumPy: they compute what a trained network would, without TensorFlow.

Each takes float32 weights in the order in which the Keras layer of its name gives them
(`layer.get_weights()`), and computes what it computes with its default settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker import Float32Array

Activation = Callable[[Float32Array], Float32Array]

HALF, ONE = np.full((2, 1), [[0.5], [1]], dtype=np.float32)
"""Arrays, as NumPy takes a microsecond to make one of a number."""

TINY = np.float32(1e-6)
"""Added to a squared length before it divides."""


def linear(values: Float32Array) -> Float32Array:
    """The values themselves."""
    return values


def relu(values: Float32Array) -> Float32Array:
    """max(0, x)."""
    raised: Float32Array = np.maximum(values, 0)
    return raised


def dense(
    inputs: Float32Array, kernel: Float32Array, bias: Float32Array, activation: Activation = linear
) -> Float32Array:
    """(…, n_out) of inputs (…, n_in), with kernel (n_in, n_out) and bias (n_out,)."""
    return activation(inputs @ kernel + bias)


def unit(vectors: Float32Array) -> Float32Array:
    """(n, size) the vectors with length 1, but for those of next to no length."""
    squares = (vectors * vectors).sum(axis=1, keepdims=True)
    scaled: Float32Array = vectors / np.sqrt(squares + TINY)
    return scaled


def conv1d(
    inputs: Float32Array, kernel: Float32Array, bias: Float32Array, activation: Activation = linear
) -> Float32Array:
    """A window of `width` steps slid along the steps, only where it fits in whole ("valid").

    Args:
        inputs: (n, n_steps, n_in) float32, n_steps at least width.
        kernel: (width, n_in, n_out) float32.
        bias: (n_out,) float32.
        activation: of each output.

    Returns:
        (n, n_steps - width + 1, n_out) float32.
    """
    width = len(kernel)
    reach = inputs.shape[1] - width + 1
    # a product for each place in the window, as copying the windows out would cost more
    sums = inputs[:, :reach] @ kernel[0]
    for place in range(1, width):
        sums += inputs[:, place : place + reach] @ kernel[place]
    return activation(sums + bias)


@dataclass(frozen=True)
class Gru:
    """A GRU that reads sequences; its state is its output.

    z, r = sigmoid(x W_zr + h U_zr + b_zr); c = tanh(x W_c + b_c + r * (h U_c + b'_c));
    h' = z * h + (1 - z) * c.

    Cho, K., et al.: Learning Phrase Representations using RNN Encoder-Decoder. EMNLP 2014.

    Attributes:
        kernel: (n_in, 3 * size) W for z, r and c.
        recurrent: (size, 3 * size) U.
        bias: (2, 3 * size) what is added to x W and to h U.
    """

    kernel: Float32Array
    recurrent: Float32Array
    bias: Float32Array

    def start(self, n: int) -> Float32Array:
        """(n, size) the states before anything is read."""
        return np.zeros((n, len(self.recurrent)), dtype=np.float32)

    def output(self, states: Float32Array) -> Float32Array:
        """(n, size) what the states give."""
        return states

    def read(
        self, states: Float32Array, inputs: Float32Array, active: Sequence[int] | None = None
    ) -> Float32Array:
        """The states after further inputs.

        Args:
            states: (n, size) float32, before; not changed.
            inputs: (n, n_steps, n_in) float32.
            active: (n_steps,) how many of the first states read each step; all where not given.
        """
        size = len(self.recurrent)
        kernel, recurrent, bias, inner_bias = self._prepared
        states, given = states.copy(), _by_step(inputs, kernel, bias)
        room = np.empty((2, len(states), 3 * size), dtype=np.float32)
        counts = active or (len(states),) * len(given)
        before = -1
        for part, count in zip(given, counts, strict=True):
            if count != before:
                # an operation on so few numbers takes no longer than finding where they are
                state, own, gates = states[:count], *room[:, :count]
                own_gates, candidate = own[:, : 2 * size], own[:, 2 * size :]
                gates, leave, reset = (
                    gates[:, : 2 * size],
                    gates[:, :size],
                    gates[:, size : 2 * size],
                )
                before = count
            np.dot(state, recurrent, own)
            np.add(part[:count, : 2 * size], own_gates, gates)
            np.tanh(gates, gates)
            np.add(gates, ONE, gates)  # twice 1 - z, and twice r
            np.add(candidate, inner_bias, candidate)
            np.multiply(candidate, reset, candidate)
            np.add(candidate, part[:count, 2 * size :], candidate)
            np.tanh(candidate, candidate)
            np.subtract(candidate, state, candidate)
            np.multiply(candidate, leave, candidate)
            np.multiply(candidate, HALF, candidate)
            np.add(state, candidate, state)
        return states

    @cached_property
    def _prepared(self) -> tuple[Float32Array, Float32Array, Float32Array, Float32Array]:
        """Kernel, recurrent, bias and the bias within the candidate, so that a step takes least.

        As sigmoid(x) is (1 + tanh(x / 2)) / 2, and 1 - sigmoid(x) is sigmoid(-x), one tanh serves
        both gates where the weights of z are multiplied by -1/2 and those of r by 1/2; what is
        multiplied by r is halved as r comes doubled.
        """
        size = len(self.recurrent)
        scale = np.repeat(np.array([-0.5, 0.5, 1], dtype=np.float32), size)
        inner = np.repeat(np.array([-0.5, 0.5, 0.5], dtype=np.float32), size)
        outer = np.repeat(np.array([1, 1, 0], dtype=np.float32), size)
        bias = (self.bias[0] + outer * self.bias[1]) * scale
        return self.kernel * scale, self.recurrent * inner, bias, HALF * self.bias[1, 2 * size :]


@dataclass(frozen=True)
class Lstm:
    """An LSTM that reads sequences; its state is its output and, beside it, its cell.

    i, f, o = sigmoid(x W + h U + b); c' = f * c + i * tanh(x W_c + h U_c + b_c);
    h' = o * tanh(c').

    Hochreiter, S., Schmidhuber, J.: Long Short-Term Memory. Neural Computation 9(8), 1997.

    Attributes:
        kernel: (n_in, 4 * size) W for i, f, c and o.
        recurrent: (size, 4 * size) U.
        bias: (4 * size,).
    """

    kernel: Float32Array
    recurrent: Float32Array
    bias: Float32Array

    def start(self, n: int) -> Float32Array:
        """(n, 2 * size) the states before anything is read."""
        return np.zeros((n, 2 * len(self.recurrent)), dtype=np.float32)

    def output(self, states: Float32Array) -> Float32Array:
        """(n, size) what the states give."""
        return states[:, : len(self.recurrent)]

    def read(
        self, states: Float32Array, inputs: Float32Array, active: Sequence[int] | None = None
    ) -> Float32Array:
        """The states after further inputs.

        Args:
            states: (n, 2 * size) float32, before; not changed.
            inputs: (n, n_steps, n_in) float32.
            active: (n_steps,) how many of the first states read each step; all where not given.
        """
        size = len(self.recurrent)
        kernel, recurrent, bias = self._prepared
        states, given = states.copy(), _by_step(inputs, kernel, bias)
        for part, count in zip(given, active or (len(states),) * len(given), strict=True):
            output, cell = states[:count, :size], states[:count, size:]
            squashed = output @ recurrent
            squashed += part[:count]
            np.tanh(squashed, out=squashed)
            gates = HALF * squashed
            gates += HALF
            cell *= gates[:, size : 2 * size]
            cell += gates[:, :size] * squashed[:, 2 * size : 3 * size]
            np.tanh(cell, out=output)
            output *= gates[:, 3 * size :]
        return states

    @cached_property
    def _prepared(self) -> tuple[Float32Array, Float32Array, Float32Array]:
        """Kernel, recurrent and bias with those of the gates halved: one tanh then serves all."""
        scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype=np.float32), len(self.recurrent))
        return self.kernel * scale, self.recurrent * scale, self.bias * scale


RECURRENT: dict[str, type[Gru] | type[Lstm]] = {"gru": Gru, "lstm": Lstm}
"""The recurrent layers by the name of a setting."""


def recurrent_of(kind: str, weights: Sequence[Float32Array]) -> Gru | Lstm:
    """The recurrent layer of that name with the weights that its Keras layer gives."""
    return RECURRENT[kind](*weights)


def _by_step(inputs: Float32Array, kernel: Float32Array, bias: Float32Array) -> Float32Array:
    """(n_steps, n, n_out): what the layer makes of each step's inputs by themselves."""
    n, n_steps, n_in = inputs.shape
    given = np.ascontiguousarray(inputs.transpose(1, 0, 2)).reshape(-1, n_in) @ kernel
    given += bias
    return given.reshape(n_steps, n, -1)
