"""The network of `sequence` in Keras: it is trained here and comes out as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker import Float32Array, Progress
from tastemaker_plugins.neural.keras_training import Pace, Shuffled, Tensor, keras_for, train
from tastemaker_plugins.neural.softmax import Rivals, softmax_loss
from tastemaker_plugins.neural.training_examples import Ahead, Lesson


@dataclass(frozen=True)
class Shape:
    """What a network is like, and how it is trained; see the settings of `sequence`."""

    reader: str
    size: int
    dropout: float
    anonymity: float
    horizon: int
    rivals: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Learnt:
    """What has been learnt.

    Attributes:
        own: (n_chosen, size) what each chosen item's vector has besides its content.
        told: (content_size, size) what content brings to an item's vector.
        bias: (n_chosen,) how likely each is to come next after anything.
        reader: the weights of the recurrent layer.
        head: kernel and bias of what the layer's state stands for.
    """

    own: Float32Array
    told: Float32Array
    bias: Float32Array
    reader: tuple[Float32Array, ...]
    head: tuple[Float32Array, ...]

    @classmethod
    def nothing(cls, shape: Shape, content_size: int) -> Learnt:
        """What is known where there is nothing to learn from."""
        size = shape.size
        gates, biases = (3, (2, 3 * size)) if shape.reader == "gru" else (4, (4 * size,))
        return cls(
            _zeros(0, size),
            _zeros(content_size, size),
            _zeros(0),
            (_zeros(size, gates * size), _zeros(size, gates * size), _zeros(*biases)),
            (_zeros(size, size), _zeros(size)),
        )


def _zeros(*shape: int) -> Float32Array:
    return np.zeros(shape, dtype=np.float32)


class SequenceNetwork:
    """Foretells, after each column of a stretch of history, which item comes next.

    Args:
        keras: what `keras_for` gave.
        content: (n_chosen, content_size) float32, what the items say of themselves.
        shares: (n_chosen,) float32, how often each was chosen, of all.
        log_expected: (n_chosen + 1,) from `Rivals`.
        shape: what it is like.
    """

    def __init__(
        self,
        keras: Any,
        content: Float32Array,
        shares: Float32Array,
        log_expected: Float32Array,
        shape: Shape,
    ) -> None:
        self._keras, self._shape = keras, shape
        self._draw = keras.random.SeedGenerator()
        self._log_expected = keras.ops.convert_to_tensor(log_expected)
        n_items, n_content = content.shape
        layers, small = keras.layers, keras.initializers.RandomNormal(stddev=shape.size**-0.5)
        self.content = keras.ops.convert_to_tensor(np.vstack([np.zeros_like(content[:1]), content]))
        self.own = layers.Embedding(n_items + 1, shape.size, embeddings_initializer=small)
        self.told = layers.Dense(shape.size, use_bias=False)
        self.bias = layers.Embedding(n_items + 1, 1)
        recurrent = layers.GRU if shape.reader == "gru" else layers.LSTM
        self.reader = recurrent(shape.size, return_sequences=True)
        self.head = layers.Dense(shape.size)
        self._hide = layers.Dropout(shape.dropout)
        self.own.build(())
        self.bias.build(())
        self.told.build((None, n_content))
        self.reader.build((None, None, shape.size))
        self.head.build((None, shape.size))
        self.bias.set_weights([np.log(np.append(shares.min(), shares))[:, np.newaxis]])

    @property
    def variables(self) -> list[Any]:
        """Everything that training changes."""
        parts = (self.own, self.told, self.bias, self.reader, self.head)
        return [variable for part in parts for variable in part.trainable_variables]

    def vectors(self, numbers: Tensor, training: bool = False) -> Tensor:
        """(…, size) the vectors of items by number; zeros for 0."""
        ops, random = self._keras.ops, self._keras.random
        named = ops.cast(numbers > 0, "float32")
        if training:
            # some items at a time are known by what they say of themselves only, as new ones are
            drawn = random.uniform(ops.shape(numbers), seed=self._draw)
            named *= ops.cast(drawn >= self._shape.anonymity, "float32")
        own = self.own(numbers) * named[..., None]
        return own + self.told(ops.take(self.content, numbers, axis=0))

    def expect(self, read: Tensor, weights: Tensor, training: bool = False) -> Tensor:
        """(n, length, size) what is expected after each column of `read` (n, length)."""
        given = self.vectors(read, training) * weights[..., None]
        states = self.reader(self._hide(given, training=training), mask=read > 0)
        return self.head(self._hide(states, training=training))

    def loss(
        self, read: Tensor, weights: Tensor, following: Tensor, teaching: Tensor, rivals: Tensor
    ) -> Tensor:
        """The mean loss of what came next, each by how much it teaches."""
        import tensorflow

        ops = self._keras.ops
        here = teaching > 0
        expected = tensorflow.boolean_mask(self.expect(read, weights, training=True), here)
        targets = tensorflow.boolean_mask(following, here)
        teaching = tensorflow.boolean_mask(teaching, here)
        hits = (
            ops.sum(expected * self.vectors(targets, training=True), axis=1)
            + self.bias(targets)[:, 0]
        )
        misses = expected @ ops.transpose(self.vectors(rivals, training=True))
        misses += self.bias(rivals)[:, 0]
        losses = softmax_loss(self._keras, hits, misses, targets, rivals, self._log_expected)
        return ops.sum(losses * teaching) / ops.maximum(ops.sum(teaching), 1.0)

    def learnt(self) -> Learnt:
        """What it has learnt, as plain arrays."""
        return Learnt(
            self.own.get_weights()[0][1:],
            self.told.get_weights()[0],
            self.bias.get_weights()[0][1:, 0],
            tuple(self.reader.get_weights()),
            tuple(self.head.get_weights()),
        )


def learn(
    lesson: Lesson, content: Float32Array, shape: Shape, seed: int, progress: Progress
) -> Learnt:
    """What the network learns from the lesson.

    Args:
        lesson: not empty.
        content: (n_chosen, content_size) float32, what the chosen items say of themselves.
        shape: of the network.
        seed: of everything random.
        progress: told after each batch.
    """
    rows = (lesson.read, lesson.read_weights, lesson.next, lesson.next_weights)
    stretches = Ahead(Shuffled(rows, shape.batch, seed), shape.horizon, seed + 1)
    batches = Rivals(stretches, lesson.shares, shape.rivals, seed + 2)
    pace = Pace(lesson.passes, shape.rate)
    with keras_for(seed) as keras:
        network = SequenceNetwork(keras, content, lesson.shares, batches.log_expected, shape)
        train(keras, network.loss, network.variables, batches, pace, progress)
        return network.learnt()
