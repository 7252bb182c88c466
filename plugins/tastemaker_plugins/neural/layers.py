"""Layers of Keras in NumPy: they compute what a trained network would, without TensorFlow.

Each takes float32 weights in the order in which the Keras layer of its name gives them
(`layer.get_weights()`), and computes what it computes with its default settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer]
BoolArray = npt.NDArray[np.bool_]
Activation = Callable[[Float32Array], Float32Array]


def linear(values: Float32Array) -> Float32Array:
    """The values themselves."""
    return values


def relu(values: Float32Array) -> Float32Array:
    """max(0, x)."""
    raised: Float32Array = np.maximum(values, 0)
    return raised


def tanh(values: Float32Array) -> Float32Array:
    """The hyperbolic tangent."""
    bent: Float32Array = np.tanh(values)
    return bent


def sigmoid(values: Float32Array) -> Float32Array:
    """1 / (1 + exp(-x)), by way of tanh, which cannot overflow."""
    squashed: Float32Array = np.float32(0.5) * np.tanh(np.float32(0.5) * values) + np.float32(0.5)
    return squashed


def softmax(values: Float32Array) -> Float32Array:
    """exp(x) over its sum along the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Float32Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def embedding(numbers: IntArray, table: Float32Array) -> Float32Array:
    """(…, size) the table's (n, size) row of each number."""
    rows: Float32Array = table[numbers]
    return rows


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
        # sigmoid(x) is tanh(x / 2) / 2 + 1 / 2: with halved weights one tanh serves both gates
        halves = np.ones(3 * size, dtype=np.float32)
        halves[: 2 * size] = 0.5
        recurrent, bias = self.recurrent * halves, self.bias * halves
        given = _by_step(inputs) @ (self.kernel * halves) + bias[0]
        state = np.zeros((len(inputs), size), dtype=np.float32)
        for step, told in enumerate(given):
            own = state @ recurrent
            own += bias[1]
            gates = np.tanh(told[:, : 2 * size] + own[:, : 2 * size])
            gates += 1
            gates *= 0.5
            reset = gates[:, size:]
            candidate = np.tanh(told[:, 2 * size :] + reset * own[:, 2 * size :])
            change = (1 - gates[:, :size]) * (candidate - state)
            if mask is not None:
                change *= mask[:, step, np.newaxis]
            state += change
        return state


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
        halves = np.full(4 * size, 0.5, dtype=np.float32)
        halves[2 * size : 3 * size] = 1
        recurrent = self.recurrent * halves
        given = _by_step(inputs) @ (self.kernel * halves) + self.bias * halves
        output = np.zeros((len(inputs), size), dtype=np.float32)
        cell = np.zeros_like(output)
        for step, told in enumerate(given):
            bent = np.tanh(told + output @ recurrent)
            gates = 0.5 * bent + np.float32(0.5)
            enter, stay = gates[:, :size], gates[:, size : 2 * size]
            next_cell = stay * cell + enter * bent[:, 2 * size : 3 * size]
            next_output = gates[:, 3 * size :] * np.tanh(next_cell)
            if mask is not None:
                here = mask[:, step, np.newaxis]
                next_cell = np.where(here, next_cell, cell)
                next_output = np.where(here, next_output, output)
            cell, output = next_cell, next_output
        return output


RECURRENT: dict[str, type[Gru] | type[Lstm]] = {"gru": Gru, "lstm": Lstm}
"""The recurrent layers by the name of a setting."""


def recurrent_of(kind: str, weights: Sequence[Float32Array]) -> Gru | Lstm:
    """The recurrent layer of that name with the weights that its Keras layer gives."""
    return RECURRENT[kind](*weights)


def _by_step(inputs: Float32Array) -> Float32Array:
    """(n_steps, n, n_in): each step's inputs side by side in memory."""
    return np.ascontiguousarray(inputs.transpose(1, 0, 2))
