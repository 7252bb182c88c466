"""The network of `two-tower` in Keras: it is trained here and comes out as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker import Float32Array, Int32Array, Progress
from tastemaker_plugins.neural.keras_training import (
    Pace,
    Shuffled,
    Tensor,
    keras_for,
    train_network,
)
from tastemaker_plugins.neural.layers import dense, relu
from tastemaker_plugins.neural.sampled_softmax import SampledNegatives, softmax_loss
from tastemaker_plugins.neural.sequence_network import zeros
from tastemaker_plugins.neural.training_examples import HorizonBatches, TrainingExamples

LOSSES = ("cross-entropy", "mse")

TOWERS_RESUMED = 1 / 4
"""The share of the epochs where they start where others have ended: NDCG@10 was then 1.005 of that
of all epochs, measured as for `sequence`."""


@dataclass(frozen=True)
class TowersShape:
    """What the towers are like, and how they are trained; see the settings of `two-tower`."""

    embedding_size: int
    hidden_size: int
    half_life: float
    dropout: float
    id_dropout: float
    horizon: int
    loss: str
    n_negatives: int
    batch_size: int
    learning_rate: float


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

    @classmethod
    def nothing(cls, shape: TowersShape, n_inputs: int) -> Tower:
        """A tower that gives zeros."""
        size, hidden = shape.embedding_size, shape.hidden_size
        first = (zeros(n_inputs, size), zeros(n_inputs, hidden), zeros(hidden))
        return cls((*first, zeros(hidden, size), zeros(size)))


@dataclass(frozen=True)
class TowersWeights:
    """Trained towers, as plain arrays.

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
    def nothing(cls, shape: TowersShape, content_size: int) -> TowersWeights:
        """What is known where there is nothing to learn from."""
        size = shape.embedding_size
        item = Tower.nothing(shape, size + content_size)
        user = Tower.nothing(shape, 2 * size + content_size)
        return cls(zeros(0, size), zeros(0), zeros(1, size), item, user)


class TwoTowers:
    """Predicts what a person chooses next as the items whose vectors are most like the person's.

    Args:
        keras: what `keras_for` gave.
        content: (n_chosen, content_size) float32, the items' content.
        features: (n_people, n_columns) int32 numbers of people's features, 0 for none.
        negatives: what each next item is compared with.
        shares: (n_chosen,) float32, how often each was chosen, of all.
        shape: what they are like.
    """

    def __init__(
        self,
        keras: Any,
        content: Float32Array,
        features: Int32Array,
        negatives: SampledNegatives,
        shares: Float32Array,
        shape: TowersShape,
    ) -> None:
        self._keras, self._shape = keras, shape
        self._draw = keras.random.SeedGenerator()
        tensor, layers = keras.ops.convert_to_tensor, keras.layers
        (n_items, n_content), size = content.shape, shape.embedding_size
        self._content = tensor(np.vstack([np.zeros_like(content[:1]), content]))
        self._features = tensor(features)
        self._log_expected = tensor(negatives.log_expected)
        small = keras.initializers.RandomNormal(stddev=size**-0.5)
        self._own = layers.Embedding(n_items + 1, size, embeddings_initializer=small)
        self._bias = layers.Embedding(n_items + 1, 1, embeddings_initializer="zeros")
        self._values = layers.Embedding(
            int(features.max(initial=0)) + 1, size, embeddings_initializer=small
        )
        self._hide = layers.Dropout(shape.dropout)
        self._item = _layers(keras, shape, size + n_content)
        self._user = _layers(keras, shape, 2 * size + n_content)
        for table in (self._own, self._bias, self._values):
            table.build(())
        if shape.loss == "cross-entropy":
            self._bias.set_weights([np.log(np.append(shares.min(), shares))[:, np.newaxis]])

    def begin_with(self, weights: TowersWeights) -> None:
        """Starts with the weights of other towers; with features of its own if they had others."""
        padding = np.zeros((1, weights.own.shape[1]), dtype=np.float32)
        self._own.set_weights([np.concatenate((padding, weights.own))])
        self._bias.set_weights([np.append(np.float32(0), weights.bias)[:, np.newaxis]])
        if self._values.get_weights()[0].shape == weights.features.shape:
            self._values.set_weights([weights.features])
        for layers, tower in ((self._item, weights.item), (self._user, weights.user)):
            for variable, array in zip(
                (variable for layer in layers for variable in layer.weights),
                tower.weights,
                strict=True,
            ):
                variable.assign(array)

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
            # some items at a time are known by their content only, as new ones are
            named *= self._unhidden(ops.shape(numbers))
        own = self._own(numbers) * named[..., None]
        return ops.concatenate([own, ops.take(self._content, numbers, axis=0)], axis=-1)

    def _unhidden(self, shape: Any) -> Tensor:
        """0 for a share of `id_dropout` drawn at random, 1 for the rest."""
        drawn = self._keras.random.uniform(shape, seed=self._draw)
        return self._keras.ops.cast(drawn >= self._shape.id_dropout, "float32")

    def items(self, numbers: Tensor, training: bool = False) -> Tensor:
        """(n, size) the vectors of items by number."""
        return _through(self._item, self._inputs(numbers, training), self._hide, training)

    def history(self, read: Tensor, weights: Tensor, training: bool = False) -> Tensor:
        """(n, length, n_in) the weighted mean of what is known up to each column of `read`."""
        ops, length = self._keras.ops, read.shape[1]
        ages = np.arange(length)[:, np.newaxis] - np.arange(length)
        recency = np.where(ages >= 0, 1 / (1 + np.maximum(ages, 0) / self._shape.half_life), 0)
        recency = ops.convert_to_tensor(recency.astype(np.float32))
        sums = ops.matmul(recency, self._inputs(read, training) * weights[..., None])
        return sums / ops.maximum(ops.matmul(weights, ops.transpose(recency)), 1e-9)[..., None]

    def people(self, histories: Tensor, rows: Tensor, training: bool = False) -> Tensor:
        """(n, size) the vectors of people with these histories and the features of these rows."""
        ops = self._keras.ops
        numbers = ops.take(self._features, rows, axis=0)
        given = ops.cast(numbers > 0, "float32")[..., None]
        declared = ops.sum(self._values(numbers) * given, axis=1)
        declared = declared / ops.maximum(ops.sum(given, axis=1), 1.0)
        if training:
            # some people at a time declare nothing, so that histories suffice by themselves
            declared *= self._unhidden(ops.shape(rows))[:, None]
        inputs = ops.concatenate([histories, declared], axis=-1)
        return _through(self._user, inputs, self._hide, training)

    def bias(self, numbers: Tensor) -> Tensor:
        """(n,) how much everybody likes items by number."""
        return self._bias(numbers)[:, 0]

    def loss(
        self,
        read: Tensor,
        weights: Tensor,
        following: Tensor,
        target_weights: Tensor,
        values: Tensor,
        rows: Tensor,
        negatives: Tensor,
    ) -> Tensor:
        """The weighted mean loss of what came next."""
        import tensorflow

        ops, mask = self._keras.ops, tensorflow.boolean_mask
        here = target_weights > 0
        histories = mask(self.history(read, weights, training=True), here)
        persons = self.people(histories, mask(rows, here), training=True)
        targets, target_weights = mask(following, here), mask(target_weights, here)
        target_scores = ops.sum(persons * self.items(targets, training=True), axis=1)
        target_scores += self.bias(targets)
        negative_scores = persons @ ops.transpose(self.items(negatives, training=True))
        negative_scores += self.bias(negatives)
        if self._shape.loss == "mse":
            losses = (target_scores - mask(values, here)) ** 2
            losses += ops.mean(negative_scores**2, axis=1)
        else:
            losses = softmax_loss(
                self._keras, target_scores, negative_scores, targets, negatives, self._log_expected
            )
        return ops.sum(losses * target_weights) / ops.maximum(ops.sum(target_weights), 1.0)

    def weights(self) -> TowersWeights:
        """Their weights as they are now, as plain arrays."""
        features = self._values.get_weights()[0]
        features[0] = 0
        return TowersWeights(
            self._own.get_weights()[0][1:],
            self._bias.get_weights()[0][1:, 0],
            features,
            Tower(tuple(weight for layer in self._item for weight in layer.get_weights())),
            Tower(tuple(weight for layer in self._user for weight in layer.get_weights())),
        )


def _layers(keras: Any, shape: TowersShape, n_inputs: int) -> tuple[Any, Any, Any]:
    straight = keras.layers.Dense(shape.embedding_size, use_bias=False)
    first = keras.layers.Dense(shape.hidden_size, activation="relu")
    last = keras.layers.Dense(shape.embedding_size)
    straight.build((None, n_inputs))
    first.build((None, n_inputs))
    last.build((None, shape.hidden_size))
    return straight, first, last


def _through(tower: tuple[Any, Any, Any], inputs: Tensor, hide: Any, training: bool) -> Tensor:
    straight, first, last = tower
    inputs = hide(inputs, training=training)
    return straight(inputs) + last(hide(first(inputs), training=training))


def train_towers(
    examples: TrainingExamples,
    content: Float32Array,
    features: Int32Array,
    shape: TowersShape,
    seed: int,
    progress: Progress,
    before: TowersWeights | None = None,
) -> TowersWeights:
    """Towers trained on the examples.

    Args:
        examples: not empty.
        content: (n_chosen, content_size) float32, the content of the chosen items.
        features: (n_people, n_columns) int32 numbers of people's features, 0 for none.
        shape: of the towers.
        seed: of everything random.
        progress: called after each batch.
        before: where to start, with fewer epochs.
    """
    values = examples.next_values / max(float(np.abs(examples.next_values).max()), 1e-9)
    length = examples.read.shape[1]
    rows = np.repeat(examples.rows[:, np.newaxis], length, axis=1).astype(np.int32)
    following = (examples.next, examples.next_weights, values, rows)
    shuffled = Shuffled((examples.read, examples.read_weights, *following), shape.batch_size, seed)
    windows = HorizonBatches(shuffled, shape.horizon, seed + 1)
    batches = SampledNegatives(windows, examples.shares, shape.n_negatives, seed + 2)
    pace = Pace(examples.epochs, shape.learning_rate)
    if before is not None:
        pace = pace.resumed(TOWERS_RESUMED)
    with keras_for(seed) as keras:
        towers = TwoTowers(keras, content, features, batches, examples.shares, shape)
        if before is not None:
            towers.begin_with(before)
        train_network(keras, towers.loss, towers.variables, batches, pace, progress)
        return towers.weights()
