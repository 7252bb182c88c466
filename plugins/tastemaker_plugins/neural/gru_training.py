"""A GRU for training with TensorFlow: all steps in one graph, and their gradient written out.

The loop of the Keras layer took about twice as long on a processor, and tracing it longer too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tastemaker_plugins.neural.keras_training import Tensor


@dataclass(frozen=True)
class GruWeights:
    """The weights of a Keras layer GRU with its default settings, as tensors.

    Attributes:
        kernel: (n_in, 3 * size) of what is read, for z, r and the candidate.
        recurrent: (size, 3 * size) of the state.
        bias: (2, 3 * size) what is added to the one and to the other.
    """

    kernel: Tensor
    recurrent: Tensor
    bias: Tensor


@dataclass(frozen=True)
class _Step:
    """What one step leaves for its gradient, each (n, size)."""

    before: Tensor
    update: Tensor
    reset: Tensor
    inner: Tensor
    candidate: Tensor
    there: Tensor


def gru_states(inputs: Tensor, there: Tensor, weights: GruWeights) -> Tensor:
    """(n, length, size) float32: the state after each step; 0 as long as nothing was there.

    z, r = sigmoid(x W_zr + h U_zr + b_zr); c = tanh(x W_c + b_c + r * (h U_c + b'_c));
    h' = z * h + (1 - z) * c; see `layers.Gru`.

    Args:
        inputs: (n, length, n_in) float32, the shape known.
        there: (n, length) float32, 1 where there is something to read and 0 for padding, which
            comes before everything else.
        weights: of the layer.
    """
    import tensorflow

    @tensorflow.custom_gradient  # type: ignore[untyped-decorator]
    def states_of(inputs: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> Any:
        own = GruWeights(kernel, recurrent, bias)
        steps, states = _forward(tensorflow, inputs, there, own)

        def gradient(slopes: Tensor) -> tuple[Tensor, ...]:
            return _backward(tensorflow, inputs, slopes, steps, own)

        return tensorflow.stack(states, axis=1), gradient

    return states_of(inputs, weights.kernel, weights.recurrent, weights.bias)


def _forward(
    tf: Any, inputs: Tensor, there: Tensor, weights: GruWeights
) -> tuple[list[_Step], list[Tensor]]:
    """What each step leaves for the gradient, and the state after it."""
    n, length, n_in = inputs.shape
    size = weights.recurrent.shape[0]
    flat = tf.reshape(inputs, (-1, n_in)) @ weights.kernel + weights.bias[0]
    given = tf.reshape(flat, (n, length, 3 * size))
    gates = tf.unstack(given[:, :, : 2 * size] + weights.bias[1, : 2 * size], axis=1)
    candidates = tf.unstack(given[:, :, 2 * size :], axis=1)
    marks = tf.unstack(there[..., None], axis=1)
    of_gates, of_candidate = weights.recurrent[:, : 2 * size], weights.recurrent[:, 2 * size :]
    inner_bias, state = weights.bias[1, 2 * size :], tf.zeros((n, size))
    steps, states = list[_Step](), list[Tensor]()
    for gate, own, mark in zip(gates, candidates, marks, strict=True):
        update, reset = tf.split(tf.sigmoid(gate + state @ of_gates), 2, axis=1)
        inner = state @ of_candidate + inner_bias
        candidate = tf.tanh(own + reset * inner)
        steps.append(_Step(state, update, reset, inner, candidate, mark))
        state = (candidate + update * (state - candidate)) * mark
        states.append(state)
    return steps, states


def _backward(
    tf: Any, inputs: Tensor, slopes: Tensor, steps: list[_Step], weights: GruWeights
) -> tuple[Tensor, ...]:
    """The gradients of the inputs and of the three weights, from those of all states."""
    n, length, n_in = inputs.shape
    size, back = weights.recurrent.shape[0], tf.transpose(weights.recurrent)
    of_inputs, of_states = list[Tensor](), list[Tensor]()
    ahead = tf.zeros((n, size))
    for step, own in zip(reversed(steps), reversed(tf.unstack(slopes, axis=1)), strict=True):
        slope = (ahead + own) * step.there
        kept = slope * step.update
        candidate = (slope - kept) * (1 - step.candidate * step.candidate)
        update = kept * (step.before - step.candidate) * (1 - step.update)
        inner = candidate * step.reset
        reset = inner * step.inner * (1 - step.reset)
        of_inputs.append(tf.concat((update, reset, candidate), axis=1))
        of_states.append(tf.concat((update, reset, inner), axis=1))
        ahead = kept + of_states[-1] @ back
    flat = tf.reshape(tf.stack(of_inputs[::-1], axis=1), (-1, 3 * size))
    flat_states = tf.reshape(tf.stack(of_states[::-1], axis=1), (-1, 3 * size))
    before = tf.reshape(tf.stack([step.before for step in steps], axis=1), (-1, size))
    bias = tf.stack((tf.reduce_sum(flat, axis=0), tf.reduce_sum(flat_states, axis=0)))
    return (
        tf.reshape(tf.matmul(flat, weights.kernel, transpose_b=True), (n, length, n_in)),
        tf.matmul(tf.reshape(inputs, (-1, n_in)), flat, transpose_a=True),
        tf.matmul(before, flat_states, transpose_a=True),
        bias,
    )
