"""An LSTM for training with TensorFlow: all steps in one graph, and their gradient written out.

As `gru_training` does for the GRU; here the state after the last step is all that is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tastemaker_plugins.neural.keras_training import Tensor


@dataclass(frozen=True)
class LstmWeights:
    """The weights of a Keras layer LSTM with its default settings, as tensors.

    Attributes:
        kernel: (n_in, 4 * size) of what is read, for the gates i and f, the candidate, and gate o.
        recurrent: (size, 4 * size) of the output before.
        bias: (4 * size,).
    """

    kernel: Tensor
    recurrent: Tensor
    bias: Tensor


@dataclass(frozen=True)
class _Step:
    """What one step leaves for its gradient, each (n, size) but the mark, (n, 1)."""

    output: Tensor
    memory: Tensor
    gates: tuple[Tensor, Tensor, Tensor, Tensor]
    bent: Tensor
    there: Tensor


def lstm_output(inputs: Tensor, there: Tensor, weights: LstmWeights) -> Tensor:
    """(n, size) float32: the output after the last word that is there; 0 where none is.

    i, f, o = sigmoid(x W + h U + b), g = tanh(x W + h U + b), each of its part of the columns;
    c' = f * c + i * g; h' = o * tanh(c'); see `layers.Lstm`.

    Args:
        inputs: (n, length, n_in) float32, the length and n_in known.
        there: (n, length) float32, 1 where there is something to read and 0 for padding.
        weights: of the layer.
    """
    import tensorflow

    @tensorflow.custom_gradient  # type: ignore[untyped-decorator]
    def output_of(inputs: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> Any:
        own = LstmWeights(kernel, recurrent, bias)
        steps, output = _forward(tensorflow, inputs, there, own)

        def gradient(slope: Tensor) -> tuple[Tensor, ...]:
            return _backward(tensorflow, inputs, slope, steps, own)

        return output, gradient

    return output_of(inputs, weights.kernel, weights.recurrent, weights.bias)


def _forward(
    tf: Any, inputs: Tensor, there: Tensor, weights: LstmWeights
) -> tuple[list[_Step], Tensor]:
    """What each step leaves for the gradient, and the output after the last."""
    _, length, n_in = inputs.shape
    size, steps = weights.recurrent.shape[0], list[_Step]()
    flat = tf.reshape(inputs, (-1, n_in)) @ weights.kernel + weights.bias
    given = tf.unstack(tf.reshape(flat, (-1, length, 4 * size)), axis=1)
    marks = tf.unstack(there[..., None], axis=1)
    output = memory = tf.zeros_like(given[0][:, :size])
    for own, mark in zip(given, marks, strict=True):
        sums = own + output @ weights.recurrent
        chances, candidate = tf.sigmoid(sums), tf.tanh(sums[:, 2 * size : 3 * size])
        take, keep, _, show = tf.split(chances, 4, axis=1)
        new = keep * memory + take * candidate
        bent = tf.tanh(new)
        steps.append(_Step(output, memory, (take, keep, candidate, show), bent, mark))
        output = output + mark * (show * bent - output)
        memory = memory + mark * (new - memory)
    return steps, output


def _backward(
    tf: Any, inputs: Tensor, slope: Tensor, steps: list[_Step], weights: LstmWeights
) -> tuple[Tensor, ...]:
    """The gradients of the inputs and of the three weights, from that of the last output."""
    _, length, n_in = inputs.shape
    size, back = weights.recurrent.shape[0], tf.transpose(weights.recurrent)
    of_sums, of_memory = list[Tensor](), tf.zeros_like(slope)
    for step in reversed(steps):
        take, keep, candidate, show = step.gates
        own, kept = slope * step.there, slope * (1 - step.there)
        new = of_memory * step.there + own * show * (1 - step.bent * step.bent)
        parts = (
            new * candidate * take * (1 - take),
            new * step.memory * keep * (1 - keep),
            new * take * (1 - candidate * candidate),
            own * step.bent * show * (1 - show),
        )
        of_sums.append(tf.concat(parts, axis=1))
        of_memory = new * keep + of_memory * (1 - step.there)
        slope = of_sums[-1] @ back + kept
    flat = tf.reshape(tf.stack(of_sums[::-1], axis=1), (-1, 4 * size))
    before = tf.reshape(tf.stack([step.output for step in steps], axis=1), (-1, size))
    return (
        tf.reshape(tf.matmul(flat, weights.kernel, transpose_b=True), (-1, length, n_in)),
        tf.matmul(tf.reshape(inputs, (-1, n_in)), flat, transpose_a=True),
        tf.matmul(before, flat, transpose_a=True),
        tf.reduce_sum(flat, axis=0),
    )
