"""Text-CNN: learns from items' categories, or from who chose them, what their texts are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Int32Array,
    Int64Array,
    Items,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.content.terms import number_edges
from tastemaker_plugins.neural.co_choice import DIRECTIONS, choices, clusters
from tastemaker_plugins.neural.keras_training import Pace, Shuffled, keras_for, train
from tastemaker_plugins.neural.layers import conv1d, relu
from tastemaker_plugins.neural.reading import (
    Network,
    ReadingSettings,
    TextRecommender,
    set_weights,
    weights_of,
)
from tastemaker_plugins.neural.texts import MOST, PADDING, Vocabulary, cut
from tastemaker_plugins.neural.vectors import Vectors, unit

BLOCK = 1024
"""Texts read at once: bounds the memory."""

HOLDERS = 5
"""Items that a category has at least on average; else it is a name and no category."""

MOST_CATEGORIES = 500
"""Values of one attribute that can be categories; where there are more, they are names."""


@dataclass(frozen=True)
class TextCnnSettings(ReadingSettings):
    """The settings of `text-cnn`."""

    words: int = setting(64, "Numbers in the vector of a word.", low=4, high=512, log=True)
    filters: int = setting(
        128, "Patterns looked for, and numbers in an item's vector.", low=4, high=1024, log=True
    )
    width: int = setting(2, "Words that a pattern spans.", low=1, high=9)
    teacher: str = setting(
        "both",
        "What is learnt from: items' categories, clusters of items chosen together, or both.",
        choices=("both", "categories", "clusters"),
    )
    clusters: int = setting(
        200, "Clusters of items that the same people chose.", low=2, high=1000, log=True
    )
    epochs: int = setting(15, "Passes over the items, at most.", low=1, high=200, log=True)
    rate: float = setting(0.003, "Step size of the optimiser.", low=1e-5, high=0.1, log=True)
    batch: int = setting(128, "Items in one step.", low=16, high=8192, log=True)
    max_samples: int = setting(
        150_000, "Items read in all passes together, at most.", low=100, high=100_000_000, log=True
    )


class TextCnn(TextRecommender):
    """Text-CNN: a convolution over an item's words that tells its categories.

    With E the words' vectors, p(i)_f = max over the places t of i's text of
    relu(b_f + sum over d of E[word t + d] . W_fd); P(category | i) = softmax(V p(i) + c), where
    categories are values of attributes that many items share, and clusters of items which the same
    people chose. The item's vector v(i) is p(i) less the mean of all, scaled to length 1;
    score(u, i) = sum over the history j of recency(j) v(j) . v(i), divided by the sum of recency.
    Items added later are scored by their text; an item without known words scores NaN.

    Kim, Y.: Convolutional neural networks for sentence classification. EMNLP 2014.
    """

    name: ClassVar[str] = "text-cnn"
    settings_type: ClassVar[type[ReadingSettings]] = TextCnnSettings
    settings: TextCnnSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        named = data.n_items // HOLDERS  # categories there can be, for one value an item
        known = min(named, MOST_CATEGORIES) + settings.clusters
        found = 4 * DIRECTIONS * (3 * len(data.people) + 3 * data.n_items)
        targets = 16 * data.n_items * known + 24 * len(data.people.histories.items)
        read = self.memory_to_read(data, settings.words, settings.filters, settings.batch)
        return read + targets + found

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns what tells the items' categories."""
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.length)
        texts = self.vocabulary.read(data.items)
        readable = (texts != PADDING).any(axis=1)
        targets = self._targets(data, readable, rng)
        taught = np.flatnonzero(readable & targets.any(axis=1))
        self.network = self.start(targets.shape[1], rng)
        if targets.shape[1] > 1 and len(taught):
            self.network = self._learnt(
                cut(texts[taught], MOST), targets[taught], data.seed, progress
            )
        pooled = self.pooled(texts)[readable]
        mean = pooled.mean(axis=0) if len(pooled) else np.zeros(settings.filters)
        self.network = {**self.network, "mean": mean.astype(np.float32)}
        self.vectors = self.encoded(texts)
        return self

    def _targets(
        self, data: TrainingData, readable: BoolArray, rng: np.random.Generator
    ) -> Float32Array:
        teacher = self.settings.teacher
        named = categories(data.items)
        if teacher == "categories" and named.any():
            return named
        found = clusters(choices(data.people, readable), self.settings.clusters, rng)
        if teacher == "clusters" or not named.any():
            return one_hot(found)
        both = np.concatenate((named, one_hot(found)), axis=1)
        shares: Float32Array = both / np.maximum(both.sum(axis=1, keepdims=True), 1)
        return shares

    def start(self, n_categories: int, rng: np.random.Generator) -> Network:
        """The network before it learns: random words and patterns."""
        settings = self.settings

        def drawn(*shape: int) -> Float32Array:
            spread = np.float32(np.sqrt(2 / np.prod(shape[:-1], dtype=np.float64)))
            return rng.standard_normal(shape, dtype=np.float32) * spread

        words = rng.standard_normal((len(self.vocabulary) + 1, settings.words), dtype=np.float32)
        return {
            "words.0": words * np.float32(0.3),
            "patterns.0": drawn(settings.width, settings.words, settings.filters),
            "patterns.1": np.zeros(settings.filters, dtype=np.float32),
            "categories.0": drawn(settings.filters, n_categories),
            "categories.1": np.zeros(n_categories, dtype=np.float32),
        }

    def _learnt(
        self, texts: Int32Array, targets: Float32Array, seed: int, progress: Progress
    ) -> Network:
        settings = self.settings
        batches = Shuffled((texts, targets), settings.batch, seed)
        epochs = min(settings.epochs, max(1, settings.max_samples // len(texts)))
        with keras_for(seed) as keras:
            reader = Reader(keras, self.network)

            def loss(words: Any, wanted: Any) -> Any:
                told = reader.model(words)
                return keras.ops.mean(keras.losses.categorical_crossentropy(wanted, told))

            pace = Pace(epochs, settings.rate)
            train(keras, loss, reader.model.trainable_variables, batches, pace, progress)
            return weights_of(reader.layers)

    def encoded(self, texts: Int32Array) -> Vectors:
        """What is particular of each text, which says as much in a history as of an offer."""
        vectors = unit(self.pooled(texts) - self.network["mean"])
        return Vectors(vectors, vectors, (texts != PADDING).any(axis=1))

    def pooled(self, texts: Int32Array) -> Float32Array:
        """(n_texts, filters) float32: how strongly each pattern stands in each text."""
        kernel, bias = self.network["patterns.0"], self.network["patterns.1"]
        pooled = np.zeros((len(texts), len(bias)), dtype=np.float32)
        before = (len(kernel) - 1) // 2
        around = ((0, 0), (before, len(kernel) - 1 - before), (0, 0))
        for first in range(0, len(texts), BLOCK):
            part = cut(texts[first : first + BLOCK])
            there = (part != PADDING)[..., np.newaxis]
            words = np.pad(self.network["words.0"][part] * there, around)
            found = conv1d(words, kernel, bias, relu) * there
            pooled[first : first + BLOCK] = found.max(axis=1)
        return pooled


class Reader:
    """The network as a Keras model that learns.

    Args:
        keras: the package.
        network: the weights it starts with.

    Attributes:
        layers: the layers that have weights, by name.
        pooled: from texts to how strongly each pattern stands in them.
        model: from texts to the chances of the categories.
    """

    def __init__(self, keras: Any, network: Network) -> None:
        ops, layers = keras.ops, keras.layers
        known, size = network["words.0"].shape
        width, _, filters = network["patterns.0"].shape
        self.layers = {
            "words": layers.Embedding(known, size),
            "patterns": layers.Conv1D(filters, width, padding="same", activation="relu"),
            "categories": layers.Dense(len(network["categories.1"]), activation="softmax"),
        }
        texts = keras.Input((None,), dtype="int32")
        there = ops.cast(ops.not_equal(texts, PADDING), "float32")[..., np.newaxis]
        found = self.layers["patterns"](self.layers["words"](texts) * there) * there
        self.pooled = keras.Model(texts, ops.max(found, axis=1))
        self.model = keras.Model(texts, self.layers["categories"](self.pooled(texts)))
        set_weights(self.layers, network)


def categories(items: Items) -> Float32Array:
    """(n_items, n_categories) float32: each item's categories in equal shares; 0 where it has none.

    A category is a value of an attribute that is not a number, and whose values have so many items
    that they sort more than they name.
    """
    edges = number_edges(items)
    columns = []
    for name, column in sorted(items.attributes.items()):
        values = sorted({value for held in column for value in held if value})
        holds = sum(len(held) for held in column)
        few = 2 <= len(values) <= min(MOST_CATEGORIES, holds // HOLDERS)
        if name in edges or not few:
            continue
        places = {value: place for place, value in enumerate(values)}
        shares = np.zeros((len(items), len(values)), dtype=np.float32)
        for row, held in enumerate(column):
            shares[row, [places[value] for value in held if value]] = 1
        columns.append(shares)
    if not columns:
        return np.zeros((len(items), 0), dtype=np.float32)
    found = np.concatenate(columns, axis=1)
    shared: Float32Array = found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    return shared


def one_hot(numbers: Int64Array) -> Float32Array:
    """(n, highest + 1) float32: 1 in the column of each number; a row of 0 where it is negative."""
    chosen = np.flatnonzero(numbers >= 0)
    targets = np.zeros((len(numbers), int(numbers.max(initial=-1)) + 1), dtype=np.float32)
    targets[chosen, numbers[chosen]] = 1
    return targets


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `text-cnn`."""
    register(TextCnn)
