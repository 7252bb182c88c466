"""Text-pair: learns from what is chosen together which texts go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    Int32Array,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.neural.co_choice import Pairs, choices, companions, sample
from tastemaker_plugins.neural.keras_training import Batch, Pace, Shuffled, keras_for, train
from tastemaker_plugins.neural.layers import dense
from tastemaker_plugins.neural.reading import (
    Network,
    ReadingSettings,
    TextRecommender,
    set_weights,
    weights_of,
)
from tastemaker_plugins.neural.texts import MOST, PADDING, Vocabulary, averages, cut
from tastemaker_plugins.neural.vectors import TINY, Vectors, unit

SHARPNESS, CAUTION = 5.0, -2.0
"""Where learning starts: a cosine of 1 says "together" (logit 3), one of 0 "not" (logit -2)."""


@dataclass(frozen=True)
class TextPairSettings(ReadingSettings):
    """The settings of `text-pair`."""

    size: int = setting(64, "Numbers in the vector of a word or item.", low=4, high=512, log=True)
    companions: int = setting(
        20, "Items chosen together with each that are learnt from.", low=1, high=200, log=True
    )
    shrinkage: float = setting(
        10.0, "The larger, the less are pairs believed of few people.", low=0.0, high=1000.0
    )
    strangers: int = setting(
        256, "Items drawn at random in each step, as what does not go together.", low=1, high=8192
    )
    caution: float = setting(
        4.0, "What not going together weighs, of going together.", low=0.1, high=100.0, log=True
    )
    epochs: int = setting(3, "Passes over the pairs.", low=1, high=50, log=True)
    rate: float = setting(0.003, "Step size of the optimiser.", low=1e-5, high=0.1, log=True)
    batch: int = setting(512, "Pairs in one step.", low=16, high=8192, log=True)
    max_samples: int = setting(
        60_000, "Pairs learnt from, at most.", low=100, high=10_000_000, log=True
    )


class TextPair(TextRecommender):
    """Text-pair: two towers over one embedding that tell whether two texts go together.

    a(j) = A mean(words of j) + a0 and b(i) = B mean(words of i) + b0, scaled to length 1;
    P(i goes with j) = sigmoid(c a(j) . b(i) + d), learnt from the items that the same people chose
    against items drawn at random; score(u, i) = sum over the history j of recency(j) *
    (c a(j) . b(i) + d), divided by the sum of recency. Words start as random directions weighted by
    how rare they are, so that before any learning alike texts go together. Items added later are
    scored by their text; an item without known words scores NaN.

    Huang, P. et al.: Learning deep structured semantic models for web search using clickthrough
    data. CIKM 2013 (the two towers).
    """

    name: ClassVar[str] = "text-pair"
    settings_type: ClassVar[type[ReadingSettings]] = TextPairSettings
    settings: TextPairSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        read = 2 * settings.batch + settings.strangers
        pairs = 40 * data.n_items * settings.companions + 24 * len(data.people.histories.items)
        step = 16 * settings.batch * settings.strangers
        size = settings.size
        return self.memory_to_read(data, size, 2 * size, read) + pairs + step

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns which texts go together."""
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.length)
        texts = self.vocabulary.read(data.items)
        self.network = start(texts, len(self.vocabulary), settings.size, rng)
        matrix = choices(data.people, (texts != PADDING).any(axis=1))
        found = companions(matrix, settings.companions, settings.shrinkage, progress)
        pairs = sample(found, settings.max_samples, rng)
        if len(pairs[0]):
            self.network = self._learnt(cut(texts, MOST), pairs, data.seed, progress)
        self.vectors = self.encoded(texts)
        return self

    def _learnt(self, texts: Int32Array, pairs: Pairs, seed: int, progress: Progress) -> Network:
        settings = self.settings
        batches = PairBatches(texts, pairs, settings.batch, settings.strangers, seed)
        with keras_for(seed) as keras:
            towers = Towers(keras, self.network)
            ops = keras.ops

            def loss(history: Any, offers: Any, strangers: Any, strength: Any) -> Any:
                said = towers.history(history)
                alike = towers.logits(ops.sum(said * towers.offer(offers), axis=-1))
                strange = towers.logits(said @ ops.transpose(towers.offer(strangers)))
                missed = ops.mean(strength * ops.softplus(-alike))
                return missed + settings.caution * ops.mean(ops.softplus(strange))

            pace = Pace(settings.epochs, settings.rate)
            train(keras, loss, towers.variables, batches, pace, progress)
            return towers.network()

    def encoded(self, texts: Int32Array) -> Vectors:
        """What each text says in a history, and as an offer."""
        network = self.network
        means = averages(network["words.0"], texts)
        history = unit(dense(means, network["history.0"], network["history.1"]))
        offer = unit(dense(means, network["offer.0"], network["offer.1"]))
        ones = np.ones((len(texts), 1), dtype=np.float32)
        scaled = (offer * network["scale.0"], ones * network["scale.1"])
        offered = np.concatenate(scaled, axis=1)
        brought = np.concatenate((history, ones), axis=1)
        return Vectors(brought, offered, (texts != PADDING).any(axis=1))


class PairBatches(Shuffled):
    """Texts that go together, in a new order each pass, beside texts drawn at random.

    Args:
        texts: (n_items, n_words) what each item says.
        pairs: which items go together, and how strongly.
        batch_size: pairs in one batch.
        strangers: items drawn for each batch.
        seed: of the order and the drawing.
    """

    def __init__(
        self, texts: Int32Array, pairs: Pairs, batch_size: int, strangers: int, seed: int
    ) -> None:
        super().__init__(pairs, batch_size, seed)
        self.texts, self.strangers = texts, strangers
        self._readable = np.flatnonzero((texts != PADDING).any(axis=1))
        self._stranger = np.random.default_rng((seed, 1))

    def __iter__(self) -> Iterator[Batch]:
        """Batches of (batch_size, n_words) texts, as many that go with them, the (strangers,
        n_words) drawn, and the (batch_size,) float32 strengths.
        """
        for first, second, strength in super().__iter__():
            drawn = self._stranger.choice(self._readable, self.strangers)
            yield self.texts[first], self.texts[second], self.texts[drawn], strength


def start(texts: Int32Array, n_words: int, size: int, rng: np.random.Generator) -> Network:
    """The network before it learns: alike texts go together, by their rarer words most.

    Args:
        texts: (n_items, n_words) what the items say.
        n_words: how many words are known.
        size: numbers in a vector.
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
        "offer.0": same,
        "offer.1": none,
        "scale.0": np.full((1, 1), SHARPNESS, dtype=np.float32),
        "scale.1": np.full(1, CAUTION, dtype=np.float32),
    }


class Towers:
    """The network as Keras models that learn.

    Args:
        keras: the package.
        network: the weights it starts with.

    Attributes:
        history: from texts to what they say in a history: vectors of length 1.
        offer: from texts to what they say as an offer: vectors of length 1.
        judge: from two texts to the chance that they go together.
        variables: everything to be learnt.
    """

    def __init__(self, keras: Any, network: Network) -> None:
        self._ops, layers = keras.ops, keras.layers
        known, size = network["words.0"].shape
        self._layers = {
            "words": layers.Embedding(known, size),
            "history": layers.Dense(size),
            "offer": layers.Dense(size),
            "scale": layers.Dense(1),
        }
        first, second = (keras.Input((None,), dtype="int32") for _ in range(2))
        self.history = keras.Model(first, self._tower(first, "history"))
        self.offer = keras.Model(second, self._tower(second, "offer"))
        cosines = self._ops.sum(self.history(first) * self.offer(second), axis=-1)
        self.judge = keras.Model([first, second], self._ops.sigmoid(self.logits(cosines)))
        set_weights(self._layers, network)
        self.variables = self.judge.trainable_variables

    def logits(self, cosines: Any) -> Any:
        """How sure it is that texts of such cosines go together."""
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
    """Brings `text-pair`."""
    register(TextPair)
