"""Two towers over texts: they learn from what is chosen together which texts go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    Int32Array,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.neural.co_occurrence import (
    Pairs,
    frequent_pairs,
    recent_choices,
    sampled_pairs,
)
from tastemaker_plugins.neural.keras_training import (
    Batch,
    Pace,
    Shuffled,
    keras_for,
    train_network,
)
from tastemaker_plugins.neural.layers import TINY, dense, unit
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
    embedding_size_setting,
    learning_rate_setting,
    negative_weight_setting,
    text_negatives_setting,
)
from tastemaker_plugins.neural.texts import (
    PADDING,
    READ_SHARE,
    Vocabulary,
    averages,
    truncated,
)
from tastemaker_plugins.shared.item_vectors import ItemVectors

START_SCALE, START_BIAS = 5.0, -2.0
"""Where training starts: a cosine of 1 means "together" (logit 3), one of 0 "not" (logit -2).
Chosen, not measured."""

FORMER_ARRAY_NAMES = {f"network.offer.{part}": f"network.candidate.{part}" for part in (0, 1)}
"""Names that arrays of a stored state had before."""


@dataclass(frozen=True)
class TextTwoTowerSettings(ReadingSettings):
    """The settings of `text-two-tower`."""

    embedding_size: int = embedding_size_setting(64, "words and items")
    n_positives: int = setting(
        20,
        "Number of positives of each item: those most often chosen together with it.",
        low=1,
        high=200,
        log=True,
        formerly=("companions",),
    )
    shrinkage: float = setting(
        10.0, "Shrinkage: the higher, the less pairs of few people count.", low=0.0, high=1000.0
    )
    n_negatives: int = text_negatives_setting(256)
    negative_weight: float = negative_weight_setting(4.0)
    epochs: int = setting(3, "Number of epochs: passes over the pairs.", low=1, high=50, log=True)
    learning_rate: float = learning_rate_setting(0.003)
    batch_size: int = batch_size_setting(512, "pairs", low=16, high=8192)
    max_samples: int = setting(
        60_000, "Number of pairs at most.", low=100, high=10_000_000, log=True
    )


class TextTwoTower(TextRecommender):
    """Two towers over one embedding of words that predict whether two texts go together.

    a(j) = A mean(words of j) + a0 and b(i) = B mean(words of i) + b0, scaled to length 1;
    P(i goes with j) = sigmoid(c a(j) . b(i) + d), trained on the items that the same people chose
    against items drawn at random; score(u, i) = sum over the history j of recency(j) *
    (c a(j) . b(i) + d), divided by the sum of recency. Words start as random directions weighted by
    how rare they are, so that before any learning alike texts go together. Items added later are
    scored by their text; an item without known words scores NaN.

    Huang, P. et al.: Learning deep structured semantic models for web search using clickthrough
    data. CIKM 2013 (the two towers).
    """

    name: ClassVar[str] = "text-two-tower"
    former_names: ClassVar[tuple[str, ...]] = ("text-pair",)
    summary: ClassVar[str] = (
        "Two networks over item texts that predict which items are chosen together"
    )
    on_request: ClassVar[str] = "a blend with tfidf, text-cnn and text-lstm gains nothing by it"
    settings_type: ClassVar[type[ReadingSettings]] = TextTwoTowerSettings
    settings: TextTwoTowerSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        read = 2 * settings.batch_size + settings.n_negatives
        pairs = 40 * data.n_items * settings.n_positives + 24 * len(data.people.histories.items)
        step = 16 * settings.batch_size * settings.n_negatives
        size = settings.embedding_size
        return self.memory_to_read(data, size, 2 * size, read) + pairs + step

    def _learn(self, data: TrainingData, progress: Progress, before: Self | None) -> Self:
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.text_length)
        texts = self.vocabulary.read(data.items)
        fresh = start(texts, len(self.vocabulary), settings.embedding_size, rng)
        self.network, warm = self._begun(fresh, before)
        matrix = recent_choices(data.people, (texts != PADDING).any(axis=1))
        found = frequent_pairs(matrix, settings.n_positives, settings.shrinkage, progress)
        pairs = sampled_pairs(found, settings.max_samples, rng)
        if len(pairs[0]):
            read = truncated(texts, READ_SHARE)
            self.network = self._trained(read, pairs, data.seed, progress, warm)
        self.items = self.encoded(texts).finished()
        return self

    def _trained(
        self, texts: Int32Array, pairs: Pairs, seed: int, progress: Progress, warm: bool
    ) -> Network:
        settings = self.settings
        batches = PairBatches(texts, pairs, settings.batch_size, settings.n_negatives, seed)
        with keras_for(seed) as keras:
            towers = TextTowers(keras, self.network)
            ops = keras.ops

            def loss(history: Any, candidates: Any, negatives: Any, strength: Any) -> Any:
                read = towers.history(history)
                positive = towers.logits(ops.sum(read * towers.candidate(candidates), axis=-1))
                negative = towers.logits(read @ ops.transpose(towers.candidate(negatives)))
                missed = ops.mean(strength * ops.softplus(-positive))
                return missed + settings.negative_weight * ops.mean(ops.softplus(negative))

            pace = Pace(settings.epochs, settings.learning_rate)
            pace = pace.resumed(READING_RESUMED) if warm else pace
            train_network(keras, loss, towers.variables, batches, pace, progress)
            return towers.network()

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        return super().restore(state.renamed(FORMER_ARRAY_NAMES))

    def encoded(self, texts: Int32Array) -> ItemVectors:
        """The vectors of each text in a history, and as a candidate."""
        network = self.network
        means = averages(network["words.0"], texts)
        history = unit(dense(means, network["history.0"], network["history.1"]))
        candidate = unit(dense(means, network["candidate.0"], network["candidate.1"]))
        ones = np.ones((len(texts), 1), dtype=np.float32)
        scaled = (candidate * network["scale.0"], ones * network["scale.1"])
        known = (texts != PADDING).any(axis=1)
        return ItemVectors(
            np.concatenate(scaled, axis=1), known, np.concatenate((history, ones), axis=1)
        )


class PairBatches(Shuffled):
    """Texts that go together, in a new order each pass, beside texts drawn at random.

    Args:
        texts: (n_items, n_words) numbers of words.
        pairs: which items go together, and how strongly.
        batch_size: pairs in one batch.
        n_negatives: items drawn for each batch.
        seed: of the order and the drawing.
    """

    def __init__(
        self, texts: Int32Array, pairs: Pairs, batch_size: int, n_negatives: int, seed: int
    ) -> None:
        super().__init__(pairs, batch_size, seed)
        self.texts, self.n_negatives = texts, n_negatives
        self._readable = np.flatnonzero((texts != PADDING).any(axis=1))
        self._negatives = np.random.default_rng((seed, 1))

    def __iter__(self) -> Iterator[Batch]:
        """Batches of (batch_size, n_words) texts, as many that go with them, the (n_negatives,
        n_words) drawn, and the (batch_size,) float32 strengths.
        """
        for first, second, strength in super().__iter__():
            drawn = self._negatives.choice(self._readable, self.n_negatives)
            yield self.texts[first], self.texts[second], self.texts[drawn], strength


def start(texts: Int32Array, n_words: int, size: int, rng: np.random.Generator) -> Network:
    """The network before training: alike texts go together, by their rarer words most.

    Args:
        texts: (n_items, n_words) numbers of words.
        n_words: how many words are known.
        size: of a vector.
        rng: draws the words' directions.
    """
    frequency = np.bincount(texts.ravel(), minlength=n_words + 1)
    rarity = np.log((1 + len(texts)) / (1 + frequency)).astype(np.float32)
    words = rng.standard_normal((n_words + 1, size), dtype=np.float32) * rarity[:, np.newaxis]
    words[PADDING] = 0
    words /= np.sqrt(np.mean(words * words) * size + TINY)
    same, none = np.eye(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    return {
        "words.0": words,
        "history.0": same,
        "history.1": none,
        "candidate.0": same,
        "candidate.1": none,
        "scale.0": np.full((1, 1), START_SCALE, dtype=np.float32),
        "scale.1": np.full(1, START_BIAS, dtype=np.float32),
    }


class TextTowers:
    """The network as Keras models, for training.

    Args:
        keras: the package.
        network: the weights it starts with.

    Attributes:
        history: from texts to their vectors in a history, of length 1.
        candidate: from texts to their vectors as candidates, of length 1.
        model: from two texts to the probability that they go together.
        variables: everything that training changes.
    """

    def __init__(self, keras: Any, network: Network) -> None:
        self._ops, layers = keras.ops, keras.layers
        known, size = network["words.0"].shape
        self._layers = {
            "words": layers.Embedding(known, size),
            "history": layers.Dense(size),
            "candidate": layers.Dense(size),
            "scale": layers.Dense(1),
        }
        first, second = (keras.Input((None,), dtype="int32") for _ in range(2))
        self.history = keras.Model(first, self._tower(first, "history"))
        self.candidate = keras.Model(second, self._tower(second, "candidate"))
        cosines = self._ops.sum(self.history(first) * self.candidate(second), axis=-1)
        self.model = keras.Model([first, second], self._ops.sigmoid(self.logits(cosines)))
        set_weights(self._layers, network)
        self.variables = self.model.trainable_variables

    def logits(self, cosines: Any) -> Any:
        """The logits that texts of such cosines go together."""
        return self._layers["scale"](cosines[..., np.newaxis])[..., 0]

    def network(self) -> Network:
        """The weights as they are now."""
        return weights_of(self._layers)

    def _tower(self, texts: Any, name: str) -> Any:
        ops = self._ops
        there = ops.cast(ops.not_equal(texts, PADDING), "float32")[..., np.newaxis]
        counts = ops.maximum(ops.sum(there, axis=-2), 1.0)
        vectors = self._layers[name](
            ops.sum(self._layers["words"](texts) * there, axis=-2) / counts
        )
        squares = ops.sum(vectors * vectors, axis=-1, keepdims=True)
        return vectors * ops.rsqrt(squares + TINY)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `text-two-tower`."""
    register(TextTwoTower)
