"""Layers of Keras in NumPy: they compute what a trained network would, without TensorFlow.

Each takes float32 weights in the order in which the Keras layer of its name gives them
(`layer.get_weights()`), and computes what it computes with its default settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker import BoolArray, Float32Array

Activation = Callable[[Float32Array], Float32Array]

HALF = np.float32(0.5)


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
    """The state of a GRU after the last step of each sequence.

    z, r = sigmoid(x W_zr + h U_zr + b_zr); c = tanh(x W_c + b_c + r * (h U_c + b'_c));
    h' = z * h + (1 - z) * c. Steps that are masked leave the state as it is.

    Cho, K., et al.: Learning Phrase Representations using RNN Encoder-Decoder. EMNLP 2014.

    Attributes:
        kernel: (n_in, 3 * size) W for z, r and c.
        recurrent: (size, 3 * size) U.
        bias: (2, 3 * size) what is added to x W and to h U.
    """

    kernel: Float32Array
    recurrent: Float32Array
    bias: Float32Array

    def __call__(self, inputs: Float32Array, mask: BoolArray | None = None) -> Float32Array:
        """(n, size) of inputs (n, n_steps, n_in) and mask (n, n_steps), true where a step is."""
        size = len(self.recurrent)
        kernel, recurrent, bias, inner_bias = self._prepared
        given = _by_step(inputs) @ kernel + bias
        state = np.zeros((len(inputs), size), dtype=np.float32)
        for step, part in enumerate(given):
            own = state @ recurrent
            gates = part[:, : 2 * size] + own[:, : 2 * size]
            np.tanh(gates, out=gates)
            gates += 1  # twice 1 - z, and twice r
            candidate = own[:, 2 * size :]
            candidate += inner_bias
            candidate *= gates[:, size:]
            candidate += part[:, 2 * size :]
            np.tanh(candidate, out=candidate)
            candidate -= state
            candidate *= gates[:, :size]
            candidate *= HALF if mask is None else HALF * mask[:, step, np.newaxis]
            state += candidate
        return state

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
    """The output of an LSTM after the last step of each sequence.

    i, f, o = sigmoid(x W + h U + b); c' = f * c + i * tanh(x W_c + h U_c + b_c);
    h' = o * tanh(c'). Steps that are masked leave output and cell as they are.

    Hochreiter, S., Schmidhuber, J.: Long Short-Term Memory. Neural Computation 9(8), 1997.

    Attributes:
        kernel: (n_in, 4 * size) W for i, f, c and o.
        recurrent: (size, 4 * size) U.
        bias: (4 * size,).
    """

    kernel: Float32Array
    recurrent: Float32Array
    bias: Float32Array

    def __call__(self, inputs: Float32Array, mask: BoolArray | None = None) -> Float32Array:
        """(n, size) of inputs (n, n_steps, n_in) and mask (n, n_steps), true where a step is."""
        size = len(self.recurrent)
        kernel, recurrent, bias = self._prepared
        given = _by_step(inputs) @ kernel + bias
        output = np.zeros((len(inputs), size), dtype=np.float32)
        cell = np.zeros_like(output)
        for step, part in enumerate(given):
            squashed = np.tanh(part + output @ recurrent)
            gates = HALF * squashed + HALF
            enter, stay = gates[:, :size], gates[:, size : 2 * size]
            next_cell = stay * cell + enter * squashed[:, 2 * size : 3 * size]
            next_output = gates[:, 3 * size :] * np.tanh(next_cell)
            if mask is not None:
                here = mask[:, step, np.newaxis]
                next_cell = np.where(here, next_cell, cell)
                next_output = np.where(here, next_output, output)
            cell, output = next_cell, next_output
        return output

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


def _by_step(inputs: Float32Array) -> Float32Array:
    """(n_steps, n, n_in): each step's inputs side by side in memory."""
    return np.ascontiguousarray(inputs.transpose(1, 0, 2))
