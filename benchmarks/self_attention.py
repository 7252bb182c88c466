"""A small transformer as a recommender: self-attention over the newest interactions.

What an item is made of, the windows and the weights of targets are those of `sequence`; the network
and its loss are others. It is trained with Keras and scores with NumPy. It is no plugin of the
engine: `transformer.py` is the experiment that it is for.

Kang, W.-C., McAuley, J.: Self-Attentive Sequential Recommendation. ICDM 2018.
Klenitskiy, A., Vasilev, A.: Turning Dross Into Gold Loss: is BERT4Rec really better than SASRec?
RecSys 2023.
Xiong, R., et al.: On Layer Normalization in the Transformer Architecture. ICML 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax

from tastemaker import Float32Array, People, Progress, Settings, State, TrainingData, setting
from tastemaker_plugins.neural.item_content import CONTENT_SIZE, CONTENT_WORDS, ItemContent
from tastemaker_plugins.neural.keras_training import Pace, Shuffled, keras_for, train_network
from tastemaker_plugins.neural.sampled_softmax import SampledNegatives, softmax_loss
from tastemaker_plugins.neural.settings import NetworkSettings
from tastemaker_plugins.neural.training_examples import TrainingExamples
from tastemaker_plugins.neural.windows import newest_items
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

UNSEEN = -1e9
"""Added to what attention must not see."""

Weights = Mapping[str, Any]
"""The arrays or tensors of a network, by name."""


@dataclass(frozen=True)
class TransformerSettings(NetworkSettings):
    """The settings of `transformer`; some have other defaults than other networks."""

    epochs: int = setting(8, "Number of epochs.", low=1, high=1000)
    learning_rate: float = setting(0.005, "Learning rate of Adam.", low=1e-5, high=0.1)
    n_negatives: int = setting(5_000, "Negatives in a step, or all items.", low=10, high=20_000)
    max_samples: int = setting(1_200_000, "Interactions over all epochs.", low=100, high=10**9)
    history_length: int = setting(20, "Newest interactions that are read.", low=2, high=200)
    embedding_size: int = setting(64, "Width of all layers.", low=4, high=512)
    blocks: int = setting(1, "Number of blocks.", low=1, high=8)
    heads: int = setting(2, "Number of heads of attention.", low=1, high=8)
    dropout: float = setting(0.2, "Dropout rate.", low=0.0, high=0.9)
    batch_size: int = setting(32, "Windows of history in a step.", low=1, high=4096)


class Transformer(VectorRecommender):
    """Reads the newest interactions by causal self-attention, and expects the next item.

    With v(i) = own(i) + P content(i) for every item and h what the last block gives for the newest
    interaction, score(u, i) = v(i) . h + b(i). It learns to tell each next item from all others, or
    from a sample of them (softmax).
    """

    name: ClassVar[str] = "transformer"
    family: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = "Self-attention over the ordered history (SASRec)"
    because: ClassVar[str] = "goes on from what you chose lately"
    settings_type: ClassVar[type[Settings]] = TransformerSettings
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings: TransformerSettings
    weights: Weights

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns item vectors and how to read them."""
        settings, seed = self.settings, data.seed
        known_words = (settings.max_words, CONTENT_WORDS)
        content = ItemContent.of(data.items, CONTENT_SIZE, *known_words, seed).read(data.items)
        examples = TrainingExamples.of(
            data,
            settings.history_length,
            settings.time_decay,
            settings.epochs,
            settings.max_samples,
        )
        chosen = examples.chosen
        own = content[chosen]
        weights = first_weights(examples, settings, seed)
        if not examples.empty:
            weights = trained(examples, own, weights, settings, seed, progress)
        vectors = content @ weights.pop("projection")
        vectors[chosen] += weights.pop("own")
        bias = weights.pop("bias")
        biases = np.full(len(content), bias.mean() if len(bias) else 0, np.float32)
        biases[chosen] = bias
        placed = np.asarray(content.any(axis=1) & (not examples.empty), np.bool_)
        placed[chosen] = True
        self.items, self.weights = ItemVectors(vectors, placed, biases=biases).finished(), weights
        return self

    def profiles(self, people: People) -> Float32Array:
        """(len(people), size) float32: what is expected next; NaN for who chose nothing known."""
        counted = (people.weights > 0) & self.items.known[people.histories.items]
        items, _ = newest_items(people, len(self.weights["positions"]), counted)
        n, length = items.shape
        expected = np.full((n, self.items.vectors.shape[1]), np.nan, dtype=np.float32)
        if length:
            vectors, there = gathered(self.items.vectors, np.maximum(items, 0)), items >= 0
            encoder = Encoder(np, partial(softmax, axis=-1), np.asarray, self.settings)
            encoded = encoder.encode(self.weights, vectors, there.astype(np.float32))
            able = there.any(axis=1)
            expected[able] = encoded.reshape(n, length, -1)[able, -1]
        return expected

    def state(self) -> State:
        """The items' vectors and the weights of the network."""
        values = {"blocks": self.settings.blocks, "heads": self.settings.heads}
        own = {f"network {name}": array for name, array in self.weights.items()}
        return State(self.items.arrays() | own, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(TransformerSettings.from_values(state.values))
        restored.items = ItemVectors.of(state.arrays)
        parts = [name.partition("network ") for name in state.arrays]
        restored.weights = {own: state.arrays[first + own] for _, first, own in parts if first}
        return restored


@dataclass(frozen=True)
class Encoder:
    """The blocks, on arrays of NumPy or tensors alike; layers are normalised before they read.

    Attributes:
        ops: `numpy` or `keras.ops`.
        softmax: over the last axis.
        drop: dropout.
        settings: of the network.
    """

    ops: Any
    softmax: Callable[[Any], Any]
    drop: Callable[[Any], Any]
    settings: TransformerSettings

    def encode(self, weights: Weights, vectors: Any, there: Any) -> Any:
        """(n * length, size) what is expected after each column.

        Args:
            weights: by the names that `first_weights` gives them.
            vectors: (n, length, size) of the items read, the newest last.
            there: (n, length) float32, 0 for padding, which comes before everything else.
        """
        n, length, size = vectors.shape
        placed = vectors * size**0.5 + weights["positions"][-length:]
        state = self.drop(self.ops.reshape(placed, (n * length, size)))
        causal = np.tril(np.ones((length, length), dtype=np.float32))
        unseen = (1 - causal * there[:, None, None, :]) * UNSEEN
        for block in range(self.settings.blocks):
            own = {part: weights[f"{part} {block}"] for part in block_shapes(size)}
            given = self._normalised(state, own["attention norm"])
            read = self._attended(given @ own["attention"], unseen)
            state = state + self.drop(read @ own["attention output"])
            given = self._normalised(state, own["feed-forward norm"])
            hidden = self.ops.maximum(given @ own["hidden"] + own["hidden bias"], 0)
            state = state + self.drop(self.drop(hidden) @ own["output"] + own["output bias"])
        return self._normalised(state, weights["last norm"])

    def _attended(self, projected: Any, unseen: Any) -> Any:
        """(n * length, size) from queries, keys and values (n * length, 3 * size) side by side."""
        ops, heads = self.ops, self.settings.heads
        n, length, size = unseen.shape[0], unseen.shape[-1], projected.shape[1] // 3
        parts = ops.reshape(projected, (n, length, 3, heads, size // heads))
        queries, keys, values = (ops.transpose(parts[:, :, own], (0, 2, 1, 3)) for own in range(3))
        likeness = queries @ ops.transpose(keys, (0, 1, 3, 2)) * (size // heads) ** -0.5
        read = self.softmax(likeness + unseen) @ values
        return ops.reshape(ops.transpose(read, (0, 2, 1, 3)), (n * length, size))

    def _normalised(self, state: Any, scale_and_shift: Any) -> Any:
        """Layer normalisation."""
        centred = state - self.ops.mean(state, axis=1, keepdims=True)
        variance = self.ops.mean(centred * centred, axis=1, keepdims=True)
        return centred / self.ops.sqrt(variance + 1e-6) * scale_and_shift[0] + scale_and_shift[1]


def block_shapes(size: int) -> dict[str, tuple[int, ...]]:
    """The weights of a block; those of queries, keys and values stand side by side."""
    return {
        "attention norm": (2, size),
        "attention": (size, 3 * size),
        "attention output": (size, size),
        "feed-forward norm": (2, size),
        "hidden": (size, 4 * size),
        "hidden bias": (4 * size,),
        "output": (4 * size, size),
        "output bias": (size,),
    }


def first_weights(
    examples: TrainingExamples, settings: TransformerSettings, seed: int
) -> dict[str, Float32Array]:
    """The weights that training begins with; those of items are in the order of their numbers."""
    draw, size = np.random.default_rng(seed), settings.embedding_size
    norm = np.stack((np.ones(size), np.zeros(size)))
    weights = {
        "own": draw.normal(0, size**-0.5, (len(examples.chosen), size)),
        "projection": draw.normal(0, size**-0.5, (CONTENT_SIZE, size)),
        "positions": draw.normal(0, size**-0.5, (examples.read.shape[1], size)),
        "bias": np.log(examples.shares),
        "last norm": norm,
    }
    for block in range(settings.blocks):
        for part, shape in block_shapes(size).items():
            if part.endswith("norm"):
                first = norm
            elif part.endswith("bias"):
                first = np.zeros(shape)
            else:
                first = draw.normal(0, shape[0] ** -0.5, shape)
            weights[f"{part} {block}"] = first
    return {name: own.astype(np.float32) for name, own in weights.items()}


def trained(
    examples: TrainingExamples,
    content: Float32Array,
    weights: Weights,
    settings: TransformerSettings,
    seed: int,
    progress: Progress,
) -> dict[str, Float32Array]:
    """The weights after training, from those that it begins with.

    Args:
        examples: not empty.
        content: (n_chosen, content_size) float32, the content of the chosen items.
        weights: see `first_weights`.
        settings: of the network.
        seed: of everything random.
        progress: called after each batch.
    """
    rows = (examples.read, examples.next, examples.next_weights)
    shuffled = Shuffled(rows, settings.batch_size, seed)
    batches = SampledNegatives(shuffled, examples.shares, settings.n_negatives, seed + 1)
    pace = Pace(examples.epochs, settings.learning_rate)
    with keras_for(seed) as keras:
        own = {name: keras.Variable(array, name=name) for name, array in weights.items()}
        dropout = keras.layers.Dropout(settings.dropout)

        def drop(state: Any) -> Any:
            return dropout(state, training=True)

        encoder = Encoder(keras.ops, keras.ops.softmax, drop, settings)
        softmax_of = partial(softmax_loss, keras, log_expected=batches.log_expected)

        def loss(*batch: Any) -> Any:
            values = {name: variable.value for name, variable in own.items()}
            return mean_loss(encoder, values, content, batch, softmax_of)

        train_network(keras, loss, list(own.values()), batches, pace, progress)
        return {name: np.asarray(variable) for name, variable in own.items()}


def mean_loss(
    encoder: Encoder,
    weights: Weights,
    content: Float32Array,
    batch: tuple[Any, ...],
    losses_of: Callable[..., Any],
) -> Any:
    """The weighted mean loss of what came next.

    Args:
        encoder: with dropout.
        weights: tensors.
        content: (n_chosen, content_size) float32.
        batch: what is read and what came next, numbers of items from 1 on (n, length), 0 for
            padding; the weights of that (n, length), 0 for what is no target; the negatives.
        losses_of: the losses of targets' scores, negatives' scores, targets and negatives.
    """
    import tensorflow as tf

    read, following, target_weights, negatives = batch
    vectors = weights["own"] + content @ weights["projection"]
    given = tf.gather(vectors, tf.maximum(read - 1, 0))
    encoded = encoder.encode(weights, given, tf.cast(read > 0, tf.float32))
    here = tf.reshape(target_weights > 0, (-1,))
    expected = tf.boolean_mask(encoded, here)
    targets, counts = (
        tf.boolean_mask(tf.reshape(own, (-1,)), here) for own in (following, target_weights)
    )
    own, others = (tf.gather(vectors, numbers - 1) for numbers in (targets, negatives))
    own_bias, other_biases = (tf.gather(weights["bias"], one - 1) for one in (targets, negatives))
    target_scores = tf.reduce_sum(expected * own, axis=1) + own_bias
    negative_scores = tf.matmul(expected, others, transpose_b=True) + other_biases
    losses = losses_of(target_scores, negative_scores, targets, negatives)
    return tf.reduce_sum(losses * counts) / tf.maximum(tf.reduce_sum(counts), 1.0)
