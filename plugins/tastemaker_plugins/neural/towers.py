"""The network of `two-tower` in Keras: it is trained here and comes out as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker import Float32Array, Int32Array, Progress
from tastemaker_plugins.neural.keras_training import Pace, Shuffled, Tensor, keras_for, train
from tastemaker_plugins.neural.layers import dense, relu
from tastemaker_plugins.neural.softmax import Rivals, softmax_loss
from tastemaker_plugins.neural.training_examples import Ahead, Lesson

LOSSES = ("cross-entropy", "mse")


@dataclass(frozen=True)
class Shape:
    """What the towers are like, and how they are trained; see the settings of `two-tower`."""

    size: int
    hidden: int
    half_life: float
    dropout: float
    anonymity: float
    horizon: int
    loss: str
    rivals: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Tower:
    """x S + relu(x W + c) U + d: what the layers of a tower compute, in NumPy.

    Attributes:
        weights: S, W, c, U and d.
    """

    weights: tuple[Float32Array, ...]

    def __call__(self, inputs: Float32Array) -> Float32Array:
        """(n, size) of inputs (n, n_in)."""
        straight, kernel, bias, last_kernel, last_bias = self.weights
        bent = dense(dense(inputs, kernel, bias, relu), last_kernel, last_bias)
        return inputs @ straight + bent


@dataclass(frozen=True)
class Learnt:
    """What has been learnt, as plain arrays.

    Attributes:
        own: (n_chosen, size) what is known of each chosen item besides its content.
        bias: (n_chosen,) how much everybody likes each.
        features: (n_values + 1, size) a vector for each value of the features, the first zeros.
        item: the tower over an item's own vector and its content.
        user: the tower over the mean of those of the history, and the mean of the features.
    """

    own: Float32Array
    bias: Float32Array
    features: Float32Array
    item: Tower
    user: Tower

    @classmethod
    def nothing(cls, shape: Shape, content_size: int) -> Learnt:
        """What is known where there is nothing to learn from."""
        size, hidden = shape.size, shape.hidden
        item, user = (
            Tower(
                (
                    _zeros(n_inputs, size),
                    _zeros(n_inputs, hidden),
                    _zeros(hidden),
                    _zeros(hidden, size),
                    _zeros(size),
                )
            )
            for n_inputs in (size + content_size, 2 * size + content_size)
        )
        return cls(_zeros(0, size), _zeros(0), _zeros(1, size), item, user)


def _zeros(*shape: int) -> Float32Array:
    return np.zeros(shape, dtype=np.float32)


class TwoTowers:
    """Foretells what a person chooses next as the items whose vectors are most like the person's.

    Args:
        keras: what `keras_for` gave.
        content: (n_chosen, content_size) float32, what the items say of themselves.
        features: (n_people, n_columns) int32 numbers of people's features, 0 for none.
        rivals: what each next item has to win against.
        shares: (n_chosen,) float32, how often each was chosen, of all.
        shape: what they are like.
    """

    def __init__(
        self,
        keras: Any,
        content: Float32Array,
        features: Int32Array,
        rivals: Rivals,
        shares: Float32Array,
        shape: Shape,
    ) -> None:
        self._keras, self._shape = keras, shape
        self._draw = keras.random.SeedGenerator()
        tensor, layers = keras.ops.convert_to_tensor, keras.layers
        n_items, n_content = content.shape
        self._content = tensor(np.vstack([np.zeros_like(content[:1]), content]))
        self._features = tensor(features)
        self._log_expected = tensor(rivals.log_expected)
        small = keras.initializers.RandomNormal(stddev=shape.size**-0.5)
        self._own = layers.Embedding(n_items + 1, shape.size, embeddings_initializer=small)
        self._bias = layers.Embedding(n_items + 1, 1, embeddings_initializer="zeros")
        self._values = layers.Embedding(
            int(features.max(initial=0)) + 1, shape.size, embeddings_initializer=small
        )
        self._hide = layers.Dropout(shape.dropout)
        self._item = _layers(keras, shape, shape.size + n_content)
        self._user = _layers(keras, shape, 2 * shape.size + n_content)
        for table in (self._own, self._bias, self._values):
            table.build(())
        if shape.loss == "cross-entropy":
            self._bias.set_weights([np.log(np.append(shares.min(), shares))[:, np.newaxis]])

    @property
    def variables(self) -> list[Any]:
        """Everything that training changes."""
        parts = (self._own, self._bias, self._values, *self._item, *self._user)
        return [variable for part in parts for variable in part.trainable_variables]

    def _inputs(self, numbers: Tensor, training: bool) -> Tensor:
        """(…, size + content_size) what is known of items by number; zeros for 0."""
        ops = self._keras.ops
        named = ops.cast(numbers > 0, "float32")
        if training:
            # some items at a time are known by what they say of themselves only, as new ones are
            named *= self._unhidden(ops.shape(numbers))
        own = self._own(numbers) * named[..., None]
        return ops.concatenate([own, ops.take(self._content, numbers, axis=0)], axis=-1)

    def _unhidden(self, shape: Any) -> Tensor:
        """0 for the share of all that `anonymity` says, drawn at random, 1 for the rest."""
        drawn = self._keras.random.uniform(shape, seed=self._draw)
        return self._keras.ops.cast(drawn >= self._shape.anonymity, "float32")

    def items(self, numbers: Tensor, training: bool = False) -> Tensor:
        """(n, size) the vectors of items by number."""
        return _through(self._item, self._inputs(numbers, training), self._hide, training)

    def history(self, read: Tensor, weights: Tensor, training: bool = False) -> Tensor:
        """(n, length, n_in) the weighted mean of what is known up to each column of `read`."""
        ops, length = self._keras.ops, read.shape[1]
        ages = np.arange(length)[:, np.newaxis] - np.arange(length)
        fading = np.where(ages >= 0, 1 / (1 + np.maximum(ages, 0) / self._shape.half_life), 0)
        fading = ops.convert_to_tensor(fading.astype(np.float32))
        sums = ops.matmul(fading, self._inputs(read, training) * weights[..., None])
        return sums / ops.maximum(ops.matmul(weights, ops.transpose(fading)), 1e-9)[..., None]

    def people(self, histories: Tensor, rows: Tensor, training: bool = False) -> Tensor:
        """(n, size) the vectors of people with these histories and the features of these rows."""
        ops = self._keras.ops
        numbers = ops.take(self._features, rows, axis=0)
        given = ops.cast(numbers > 0, "float32")[..., None]
        told = ops.sum(self._values(numbers) * given, axis=1)
        told = told / ops.maximum(ops.sum(given, axis=1), 1.0)
        if training:
            # some people at a time declare nothing, so that histories have to tell by themselves
            told *= self._unhidden(ops.shape(rows))[:, None]
        inputs = ops.concatenate([histories, told], axis=-1)
        return _through(self._user, inputs, self._hide, training)

    def bias(self, numbers: Tensor) -> Tensor:
        """(n,) how much everybody likes items by number."""
        return self._bias(numbers)[:, 0]

    def loss(
        self,
        read: Tensor,
        weights: Tensor,
        following: Tensor,
        teaching: Tensor,
        values: Tensor,
        rows: Tensor,
        rivals: Tensor,
    ) -> Tensor:
        """The mean loss of what came next, each by how much it teaches."""
        import tensorflow

        ops, mask = self._keras.ops, tensorflow.boolean_mask
        here = teaching > 0
        histories = mask(self.history(read, weights, training=True), here)
        persons = self.people(histories, mask(rows, here), training=True)
        targets, teaching = mask(following, here), mask(teaching, here)
        hits = ops.sum(persons * self.items(targets, training=True), axis=1)
        hits += self.bias(targets)
        misses = persons @ ops.transpose(self.items(rivals, training=True))
        misses += self.bias(rivals)
        if self._shape.loss == "mse":
            losses = (hits - mask(values, here)) ** 2 + ops.mean(misses**2, axis=1)
        else:
            losses = softmax_loss(self._keras, hits, misses, targets, rivals, self._log_expected)
        return ops.sum(losses * teaching) / ops.maximum(ops.sum(teaching), 1.0)

    def learnt(self) -> Learnt:
        """What they have learnt, as plain arrays."""
        features = self._values.get_weights()[0]
        features[0] = 0
        return Learnt(
            self._own.get_weights()[0][1:],
            self._bias.get_weights()[0][1:, 0],
            features,
            Tower(tuple(weight for layer in self._item for weight in layer.get_weights())),
            Tower(tuple(weight for layer in self._user for weight in layer.get_weights())),
        )


def _layers(keras: Any, shape: Shape, n_inputs: int) -> tuple[Any, Any, Any]:
    straight = keras.layers.Dense(shape.size, use_bias=False)
    first = keras.layers.Dense(shape.hidden, activation="relu")
    last = keras.layers.Dense(shape.size)
    straight.build((None, n_inputs))
    first.build((None, n_inputs))
    last.build((None, shape.hidden))
    return straight, first, last


def _through(tower: tuple[Any, Any, Any], inputs: Tensor, hide: Any, training: bool) -> Tensor:
    straight, first, last = tower
    inputs = hide(inputs, training=training)
    return straight(inputs) + last(hide(first(inputs), training=training))


def learn(
    lesson: Lesson,
    content: Float32Array,
    features: Int32Array,
    shape: Shape,
    seed: int,
    progress: Progress,
) -> Learnt:
    """What the towers learn from the lesson.

    Args:
        lesson: not empty.
        content: (n_chosen, content_size) float32, what the chosen items say of themselves.
        features: (n_people, n_columns) int32 numbers of people's features, 0 for none.
        shape: of the towers.
        seed: of everything random.
        progress: told after each batch.
    """
    values = lesson.next_values / max(float(np.abs(lesson.next_values).max()), 1e-9)
    rows = np.repeat(lesson.rows[:, np.newaxis], lesson.read.shape[1], axis=1).astype(np.int32)
    arrays = (lesson.read, lesson.read_weights, lesson.next, lesson.next_weights, values, rows)
    stretches = Ahead(Shuffled(arrays, shape.batch, seed), shape.horizon, seed + 1)
    batches = Rivals(stretches, lesson.shares, shape.rivals, seed + 2)
    pace = Pace(lesson.passes, shape.rate)
    with keras_for(seed) as keras:
        towers = TwoTowers(keras, content, features, batches, lesson.shares, shape)
        train(keras, towers.loss, towers.variables, batches, pace, progress)
        return towers.learnt()
