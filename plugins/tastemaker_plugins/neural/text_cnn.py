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
from tastemaker_plugins.neural.co_occurrence import DIRECTIONS, clusters, recent_choices
from tastemaker_plugins.neural.keras_training import (
    Pace,
    Shuffled,
    keras_for,
    train_network,
)
from tastemaker_plugins.neural.layers import conv1d, relu, unit
from tastemaker_plugins.neural.reading import (
    READING_RESUMED,
    Network,
    ReadingSettings,
    TextRecommender,
    set_weights,
    weights_of,
)
from tastemaker_plugins.neural.settings import (
    batch_size_setting,
    learning_rate_setting,
    word_embedding_size_setting,
)
from tastemaker_plugins.neural.texts import PADDING, READ_SHARE, Vocabulary, truncated
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.terms import number_edges

POOLED_TEXTS = 1024
"""Texts read at once: bounds the memory."""

CATEGORY_ITEMS = 5
"""Items that a category has at least on average; else it is a name and no category. Chosen, not
measured."""

MOST_CATEGORIES = 500
"""Values of one attribute that can be categories; where there are more, they are names. Chosen,
not measured."""


@dataclass(frozen=True)
class TextCnnSettings(ReadingSettings):
    """The settings of `text-cnn`."""

    word_embedding_size: int = word_embedding_size_setting(64)
    filters: int = setting(
        128,
        "Number of convolution filters, which is the size of an item's vector.",
        low=4,
        high=1024,
        log=True,
    )
    kernel_size: int = setting(
        2, "Number of words that a filter spans.", low=1, high=9, formerly=("width",)
    )
    targets: str = setting(
        "both",
        "What the network predicts: items' categories, clusters of items chosen together, or both.",
        choices=("both", "categories", "clusters"),
        formerly=("teacher",),
    )
    n_clusters: int = setting(
        200,
        "Number of clusters of items that the same people chose.",
        low=2,
        high=1000,
        log=True,
        formerly=("clusters",),
    )
    epochs: int = setting(
        15, "Number of epochs at most: passes over the items.", low=1, high=200, log=True
    )
    learning_rate: float = learning_rate_setting(0.003)
    batch_size: int = batch_size_setting(128, "items", low=16, high=8192)
    max_samples: int = setting(
        150_000,
        "Number of items over all epochs at most.",
        low=100,
        high=100_000_000,
        log=True,
    )


class TextCnn(TextRecommender):
    """Text-CNN: a convolution over an item's words that predicts its categories.

    With E the words' vectors, p(i)_f = max over the places t of i's text of
    relu(b_f + sum over d of E[word t + d] . W_fd); P(category | i) = softmax(V p(i) + c), where
    categories are values of attributes that many items share, and clusters of items which the same
    people chose. The item's vector v(i) is p(i) less the mean of all, scaled to length 1;
    score(u, i) = sum over the history j of recency(j) v(j) . v(i), divided by the sum of recency.
    Items added later are scored by their text; an item without known words scores NaN.

    Kim, Y.: Convolutional neural networks for sentence classification. EMNLP 2014.
    """

    name: ClassVar[str] = "text-cnn"
    summary: ClassVar[str] = (
        "Convolutional network over item texts that predicts categories and co-chosen clusters"
    )
    settings_type: ClassVar[type[ReadingSettings]] = TextCnnSettings
    only_trained: ClassVar[tuple[str, ...]] = ("categories",)
    settings: TextCnnSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        named = data.n_items // CATEGORY_ITEMS  # categories there can be, for one value an item
        known = min(named, MOST_CATEGORIES) + settings.n_clusters
        found = 4 * DIRECTIONS * (3 * len(data.people) + 3 * data.n_items)
        targets = 16 * data.n_items * known + 24 * len(data.people.histories.items)
        read = self.memory_to_read(
            data, settings.word_embedding_size, settings.filters, settings.batch_size
        )
        return read + targets + found

    def _learn(self, data: TrainingData, progress: Progress, before: Self | None) -> Self:
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.text_length)
        texts = self.vocabulary.read(data.items)
        readable = (texts != PADDING).any(axis=1)
        targets = self._targets(data, readable, rng)
        labelled = np.flatnonzero(readable & targets.any(axis=1))
        self.network, warm = self._begun(self.start(targets.shape[1], rng), before)
        if targets.shape[1] > 1 and len(labelled):
            read = truncated(texts[labelled], READ_SHARE)
            self.network = self._trained(read, targets[labelled], data.seed, progress, warm)
        pooled = self.pooled(texts)[readable]
        mean = pooled.mean(axis=0) if len(pooled) else np.zeros(settings.filters)
        self.network = {**self.network, "mean": mean.astype(np.float32)}
        self.items = self.encoded(texts).finished()
        return self

    def _targets(
        self, data: TrainingData, readable: BoolArray, rng: np.random.Generator
    ) -> Float32Array:
        """(n_items, n_categories) float32: what the network is to predict."""
        targets = self.settings.targets
        named = categories(data.items)
        if targets == "categories" and named.any():
            return named
        found = clusters(recent_choices(data.people, readable), self.settings.n_clusters, rng)
        if targets == "clusters" or not named.any():
            return one_hot(found)
        both = np.concatenate((named, one_hot(found)), axis=1)
        shares: Float32Array = both / np.maximum(both.sum(axis=1, keepdims=True), 1)
        return shares

    def start(self, n_categories: int, rng: np.random.Generator) -> Network:
        """The network before training: random words and filters."""
        settings = self.settings

        def drawn(*shape: int) -> Float32Array:
            spread = np.float32(np.sqrt(2 / np.prod(shape[:-1], dtype=np.float64)))
            return rng.standard_normal(shape, dtype=np.float32) * spread

        size = settings.word_embedding_size
        words = rng.standard_normal((len(self.vocabulary) + 1, size), dtype=np.float32)
        return {
            "words.0": words * np.float32(0.3),
            "patterns.0": drawn(settings.kernel_size, size, settings.filters),
            "patterns.1": np.zeros(settings.filters, dtype=np.float32),
            "categories.0": drawn(settings.filters, n_categories),
            "categories.1": np.zeros(n_categories, dtype=np.float32),
        }

    def _trained(
        self, texts: Int32Array, targets: Float32Array, seed: int, progress: Progress, warm: bool
    ) -> Network:
        settings = self.settings
        batches = Shuffled((texts, targets), settings.batch_size, seed)
        epochs = min(settings.epochs, max(1, settings.max_samples // len(texts)))
        with keras_for(seed) as keras:
            model = TextCnnModel(keras, self.network)

            def loss(words: Any, wanted: Any) -> Any:
                predicted = model.model(words)
                return keras.ops.mean(keras.losses.categorical_crossentropy(wanted, predicted))

            pace = Pace(epochs, settings.learning_rate)
            pace = pace.resumed(READING_RESUMED) if warm else pace
            train_network(keras, loss, model.model.trainable_variables, batches, pace, progress)
            return weights_of(model.layers)

    def encoded(self, texts: Int32Array) -> ItemVectors:
        """What is particular of each text, in a history and as a candidate alike."""
        vectors = unit(self.pooled(texts) - self.network["mean"])
        return ItemVectors(vectors, (texts != PADDING).any(axis=1))

    def pooled(self, texts: Int32Array) -> Float32Array:
        """(n_texts, filters) float32: how strongly each filter responds to each text."""
        kernel, bias = self.network["patterns.0"], self.network["patterns.1"]
        pooled = np.zeros((len(texts), len(bias)), dtype=np.float32)
        before = (len(kernel) - 1) // 2
        around = ((0, 0), (before, len(kernel) - 1 - before), (0, 0))
        for first in range(0, len(texts), POOLED_TEXTS):
            part = truncated(texts[first : first + POOLED_TEXTS])
            there = (part != PADDING)[..., np.newaxis]
            words = np.pad(gathered(self.network["words.0"], part) * there, around)
            found = conv1d(words, kernel, bias, relu) * there
            pooled[first : first + POOLED_TEXTS] = found.max(axis=1)
        return pooled


class TextCnnModel:
    """The network as a Keras model, for training.

    Args:
        keras: the package.
        network: the weights it starts with.

    Attributes:
        layers: the layers that have weights, by name.
        pooled: from texts to how strongly each filter responds to them.
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
    that they classify more than they name.
    """
    edges = number_edges(items.attributes)
    columns = []
    for name, column in sorted(items.attributes.items()):
        values = sorted({value for held in column for value in held if value})
        holds = sum(len(held) for held in column)
        few = 2 <= len(values) <= min(MOST_CATEGORIES, holds // CATEGORY_ITEMS)
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
    """Registers `text-cnn`."""
    register(TextCnn)
