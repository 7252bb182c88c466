"""The training loop of the recommenders that learn with Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tastemaker import PluginError, Progress
from tastemaker_plugins.neural.adam import Adam
from tastemaker_plugins.neural.quiet import keras_on_tensorflow, seeded

Batch: TypeAlias = "tuple[npt.NDArray[Any], ...]"
"""The arrays of one step; shapes and dtypes are the same in every step."""

Tensor: TypeAlias = Any
Loss: TypeAlias = Callable[..., Tensor]
"""Takes the tensors of one batch, in order, and gives the mean loss."""


@contextmanager
def keras_for(seed: int) -> Iterator[Any]:
    """Keras, for building and training a network within the block.

    For the same seed everything drawn in the block is the same. The application's own random
    numbers, dtype policy and settings of TensorFlow are as before afterwards.

    Raises:
        ImportError: TensorFlow is missing.
        PluginError: Keras runs on something else here.
    """
    keras, tensorflow = keras_on_tensorflow()
    with seeded(keras, tensorflow, seed):
        yield keras


class Batches(Protocol):
    """What a network learns from: each iteration is one pass, of `len` batches."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Batch]: ...


class Shuffled:
    """Rows of arrays in batches, in a new order each pass.

    Every batch has the same size: the last one is filled up with rows from the start of the pass.

    Args:
        arrays: each (n, …), n the same for all; the rows of the same number belong together.
        batch_size: rows in one batch, if there are as many.
        seed: of the order.
    """

    def __init__(self, arrays: Sequence[npt.NDArray[Any]], batch_size: int, seed: int) -> None:
        self.arrays = tuple(arrays)
        self.size = len(self.arrays[0])
        self.batch_size = max(1, min(batch_size, self.size))
        self._draw = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-self.size // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = self._draw.permutation(self.size)
        for step in range(len(self)):
            first = step * self.batch_size
            rows = np.take(order, np.arange(first, first + self.batch_size), mode="wrap")
            yield tuple(array[rows] for array in self.arrays)


RESUMED_RATE = 0.3
"""Of the learning rate, where a network starts where another one has ended: with the whole rate
`sequence` forgot what was learnt, and came out worse than it had started."""


@dataclass(frozen=True)
class Pace:
    """How long and how fast to train.

    Attributes:
        epochs: passes over the batches.
        learning_rate: of Adam at the start; it falls to 0 along a half cosine.
    """

    epochs: int
    learning_rate: float

    def rate(self, share: float) -> float:
        """The learning rate after a share of all steps."""
        return self.learning_rate * (1 + math.cos(math.pi * share)) / 2

    def resumed(self, share: float) -> Pace:
        """How a network is trained that starts where another one has ended.

        Args:
            share: of the epochs; one is left at least.
        """
        return Pace(max(1, round(self.epochs * share)), self.learning_rate * RESUMED_RATE)


def train_network(
    keras: Any,
    loss: Loss,
    variables: Sequence[Any],
    batches: Batches,
    pace: Pace,
    progress: Progress,
) -> list[float]:
    """Adjusts the variables step by step so that the loss falls.

    Loshchilov, I., Hutter, F.: SGDR: Stochastic Gradient Descent with Warm Restarts. ICLR 2017.

    Create whatever the loss draws from (a `keras.random.SeedGenerator`, layers of dropout) before:
    what creates variables while it is made into a graph takes twice as long to become one.

    Args:
        keras: what `keras_for` gave.
        loss: called with the tensors of one batch.
        variables: the trainable variables of the network.
        batches: at least one batch a pass.
        pace: how long and how fast.
        progress: called after every batch.

    Returns:
        The mean loss of each pass.

    Raises:
        ValueError: the loss is no longer a number.
    """
    steps, step = pace.epochs * len(batches), None
    losses = []
    for epoch in range(pace.epochs):
        what = f"pass {epoch + 1} of {pace.epochs}"
        total = keras.ops.zeros(())
        for done, batch in enumerate(batches, start=epoch * len(batches)):
            if step is None:
                step = _compiled(loss, variables, batch)
            total += step(done, pace.rate(done / steps), batch)
            progress(done + 1, steps, what)
        losses.append(float(total) / len(batches))
        if not np.isfinite(losses[-1]):
            raise PluginError(
                f"Training failed: the loss of {what} is {losses[-1]}. Try a smaller learning_rate."
            )
    return losses


def _compiled(
    loss: Loss, variables: Sequence[Any], batch: Batch
) -> Callable[[int, float, Batch], Tensor]:
    """One step as a graph of its own, made for batches like this one.

    It takes how many steps came before, the learning rate and the batch, and gives the loss.
    """
    import tensorflow

    adam = Adam([variable.value for variable in variables])

    def step(rates: Tensor, *tensors: Tensor) -> Tensor:
        with tensorflow.GradientTape() as tape:
            value = loss(*tensors)
        adam.apply(tape.gradient(value, adam.variables), rates)
        return value

    kinds = [tensorflow.TensorSpec(array.shape, array.dtype) for array in batch]
    rates = tensorflow.TensorSpec((3,), tensorflow.float32)
    # a concrete graph, as TensorFlow warns of a program that makes new functions again and again
    graph = tensorflow.function(step, autograph=False).get_concrete_function(rates, *kinds)

    def run(done: int, rate: float, arrays: Batch) -> Tensor:
        return graph(tensorflow.constant(adam.rates(done, rate)), *map(tensorflow.constant, arrays))

    return run
