"""Text-like: learns whether a text suits a person's taste, from what they chose and disliked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Int32Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.neural.keras_training import Batch, Pace, Shuffled, keras_for, train
from tastemaker_plugins.neural.layers import Lstm, dense
from tastemaker_plugins.neural.reading import (
    Network,
    ReadingSettings,
    TextRecommender,
    set_weights,
    weights_of,
)
from tastemaker_plugins.neural.texts import MOST, PADDING, Vocabulary, cut
from tastemaker_plugins.neural.vectors import Vectors

BLOCK = 1024
"""Texts read at once: bounds the memory."""

REACH = 50
"""How far back in a history a network looks while it learns."""


@dataclass(frozen=True)
class TextLikeSettings(ReadingSettings):
    """The settings of `text-like`."""

    length: int = setting(16, "Words read of each item.", low=1, high=500, log=True)
    words: int = setting(32, "Numbers in the vector of a word.", low=4, high=512, log=True)
    size: int = setting(32, "Numbers in the vector of an item.", low=4, high=512, log=True)
    looks: int = setting(
        4, "Items of a history that are read for each choice learnt from.", low=1, high=50
    )
    strangers: int = setting(
        128, "Items drawn at random in each step, as what is not chosen.", low=1, high=8192
    )
    caution: float = setting(
        4.0, "What not being chosen weighs, of being chosen.", low=0.1, high=100.0, log=True
    )
    epochs: int = setting(2, "Passes over the choices.", low=1, high=50, log=True)
    rate: float = setting(0.01, "Step size of the optimiser.", low=1e-5, high=0.1, log=True)
    batch: int = setting(128, "Choices in one step.", low=16, high=8192, log=True)
    max_samples: int = setting(
        10_000, "Choices learnt from, at most.", low=100, high=10_000_000, log=True
    )


class TextLike(TextRecommender):
    """Text-like: an LSTM reads items, and a sigmoid tells whether one suits a person's taste.

    h(i) = LSTM(words of i); a liked item j tells L h(j) + l of a person, a disliked one D h(j) + d;
    score(u, i) = b + the mean over the history, weighted by recency, of what its items tell . h(i);
    P(i suits u) = sigmoid(score(u, i)), learnt from what people chose next, against what they
    disliked and items drawn at random. Disliked is what a kind of negative weight says, or a value
    below the person's mean by more than the standard deviation of their values. Items added later
    are scored by their text; an item without known words scores NaN.

    Hochreiter, S., Schmidhuber, J.: Long short-term memory. Neural Computation 9(8), 1997.
    """

    name: ClassVar[str] = "text-like"
    settings_type: ClassVar[type[ReadingSettings]] = TextLikeSettings
    settings: TextLikeSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        read = (settings.looks + 1) * settings.batch + settings.strangers
        choices = 40 * len(data.people.histories.items)
        return self.memory_to_read(data, settings.words, 10 * settings.size, read) + choices

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns to read, and what tells of taste."""
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.length)
        texts = self.vocabulary.read(data.items)
        self.network = self.start(rng)
        choices = Choices.of(data.people, (texts != PADDING).any(axis=1))
        sampled = choices.sample(settings.max_samples, rng)
        if len(sampled):
            batches = TasteBatches(cut(texts, MOST), choices, sampled, settings, data.seed)
            self.network = self._learnt(batches, data.seed, progress)
        self.vectors = self.encoded(texts)
        return self

    def start(self, rng: np.random.Generator) -> Network:
        """The network before it learns: alike texts suit those who chose one of them."""
        settings, size = self.settings, self.settings.size

        def drawn(*shape: int) -> Float32Array:
            spread = np.float32(1 / np.sqrt(shape[0]))
            return rng.standard_normal(shape, dtype=np.float32) * spread

        bias = np.zeros(4 * size, dtype=np.float32)
        bias[size : 2 * size] = 1  # remembers, until it learns when to forget
        same, none = np.eye(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
        known = len(self.vocabulary) + 1
        return {
            "words.0": rng.standard_normal((known, settings.words), dtype=np.float32),
            "reader.0": drawn(settings.words, 4 * size),
            "reader.1": drawn(size, 4 * size),
            "reader.2": bias,
            "liked.0": same,
            "liked.1": none,
            "disliked.0": 0 * same,
            "disliked.1": none,
            "suits.0": np.ones((1, 1), dtype=np.float32),
            "suits.1": np.full(1, -2, dtype=np.float32),
        }

    def _learnt(self, batches: TasteBatches, seed: int, progress: Progress) -> Network:
        settings = self.settings
        with keras_for(seed) as keras:
            taste = Taste(keras, self.network, settings.looks, batches.texts.shape[1])
            ops = keras.ops

            def loss(read: Any, disliked: Any, offers: Any, strangers: Any, wanted: Any) -> Any:
                person = taste.person([read, disliked])
                suits = taste.logits(ops.sum(person * taste.reader(offers), axis=-1))
                strange = taste.logits(person @ ops.transpose(taste.reader(strangers)))
                missed = ops.mean(
                    wanted * ops.softplus(-suits) + (1 - wanted) * ops.softplus(suits)
                )
                return missed + settings.caution * ops.mean(ops.softplus(strange))

            pace = Pace(settings.epochs, settings.rate)
            train(keras, loss, taste.model.trainable_variables, batches, pace, progress)
            return weights_of(taste.layers)

    def encoded(self, texts: Int32Array) -> Vectors:
        """What each text tells of a person who liked it and who disliked it, and what it offers."""
        network, read = self.network, self.read(texts)
        ones = np.ones((len(texts), 1), dtype=np.float32)
        slope, bias = network["suits.0"], network["suits.1"]
        told = [
            np.concatenate((dense(read, network[f"{name}.0"], network[f"{name}.1"]), ones), axis=1)
            for name in ("liked", "disliked")
        ]
        brought = np.stack(told, axis=1).reshape(2 * len(texts), -1)
        offered = np.concatenate((read * slope, ones * bias), axis=1)
        return Vectors(brought, offered, (texts != PADDING).any(axis=1))

    def read(self, texts: Int32Array) -> Float32Array:
        """(n_texts, size) float32: what the network makes of each text."""
        names = ("reader.0", "reader.1", "reader.2")
        reader = Lstm(*(self.network[name] for name in names))
        vectors = np.zeros((len(texts), self.network["reader.1"].shape[0]), dtype=np.float32)
        order = np.argsort(np.count_nonzero(texts, axis=1), kind="stable")
        for first in range(0, len(texts), BLOCK):
            rows = order[first : first + BLOCK]  # texts of about the same length
            part = cut(texts[rows])
            vectors[rows] = reader(self.network["words.0"][part], part != PADDING)
        return vectors

    def rows(self, people: People) -> Int64Array:
        """(n_interactions,) the row of what the item tells as a liked or a disliked one."""
        return 2 * people.histories.items.astype(np.int64) + disliked(people)

    def weights(self, people: People) -> Float32Array:
        """(n_interactions,) how much each interaction counts, disliked ones as well."""
        weights: Float32Array = np.abs(people.weights) / (1 + people.ages / self.settings.half_life)
        return weights


def disliked(people: People) -> BoolArray:
    """(n_interactions,) what people did not like.

    A kind of negative weight says so, and a value that is low for this person: below the mean of
    their values by more than the standard deviation. Who gives the same value to all dislikes none.
    """
    values = people.histories.values.astype(np.float64)
    rows, counts = people.histories.rows, np.maximum(people.histories.lengths, 1)
    means = np.bincount(rows, values, minlength=len(counts)) / counts
    below = means[rows] - values
    variances = np.bincount(rows, below * below, minlength=len(counts)) / counts
    # a hair more than nothing, as rounding makes differences where there are none
    low = below > np.sqrt(variances)[rows] + 1e-6 * np.abs(means)[rows]
    return (people.weights < 0) | ((people.weights > 0) & low)


@dataclass(frozen=True)
class Choices:
    """What people did with items that have words, oldest first.

    Attributes:
        items: (n,) the item of each choice.
        positions: (n,) how many choices of the same person came before.
        disliked: (n,) what turned out not to be liked.
    """

    items: Int32Array
    positions: Int64Array
    disliked: BoolArray

    @classmethod
    def of(cls, people: People, readable: BoolArray) -> Self:
        """The choices of the people among the (n_items,) readable items."""
        counted = (people.weights != 0) & readable[people.histories.items]
        kept = people.take(counted)
        histories = kept.histories
        positions = np.arange(len(histories.items)) - histories.indptr[histories.rows]
        return cls(histories.items, positions, disliked(people)[counted])

    def sample(self, most: int, rng: np.random.Generator) -> Int64Array:
        """The numbers of at most so many choices before which the same person made others."""
        able = np.flatnonzero(self.positions > 0)
        return rng.permutation(able)[:most]


class TasteBatches(Shuffled):
    """What people did before, what came next, and what they might have been offered instead.

    Args:
        texts: (n_items, n_words) what each item says.
        choices: what people did.
        sampled: the numbers of the choices to learn from.
        settings: how many earlier choices to look at, and how many strangers to draw.
        seed: of the order and the drawing.
    """

    def __init__(
        self,
        texts: Int32Array,
        choices: Choices,
        sampled: Int64Array,
        settings: TextLikeSettings,
        seed: int,
    ) -> None:
        super().__init__((sampled,), settings.batch, seed)
        self.texts, self.choices, self.settings = texts, choices, settings
        self._readable = np.flatnonzero((texts != PADDING).any(axis=1))
        self._drawn = np.random.default_rng((seed, 1))

    def __iter__(self) -> Iterator[Batch]:
        """Batches of (size, looks, n_words) texts chosen before and (size, looks) float32, 1 where
        disliked; the (size, n_words) texts chosen next; the (strangers, n_words) drawn; and
        (size,) float32, 0 where what was chosen next was disliked and 1 elsewhere.
        """
        choices = self.choices
        for (chosen,) in super().__iter__():
            shape = (len(chosen), self.settings.looks)
            reach = np.minimum(choices.positions[chosen], REACH)[:, np.newaxis]
            # lately chosen ones more often, as they count more when a person is scored
            back = 1 + (reach * self._drawn.random(shape) ** 2).astype(np.int64)
            before = chosen[:, np.newaxis] - back
            yield (
                self.texts[choices.items[before]],
                choices.disliked[before].astype(np.float32),
                self.texts[choices.items[chosen]],
                self.texts[self._drawn.choice(self._readable, self.settings.strangers)],
                (~choices.disliked[chosen]).astype(np.float32),
            )


class Taste:
    """The network as Keras models that learn.

    Args:
        keras: the package.
        network: the weights it starts with.
        looks: texts of a history.
        n_words: words of each text.

    Attributes:
        layers: the layers that have weights, by name.
        reader: from texts to their vectors.
        person: from (n, looks, n_words) texts and the (n, looks) shares disliked to what they tell
            of the person.
        model: from the same and (n, n_words) texts to the chance that these suit that person.
    """

    def __init__(self, keras: Any, network: Network, looks: int, n_words: int) -> None:
        ops, layers = keras.ops, keras.layers
        known, n_numbers = network["words.0"].shape
        size = len(network["liked.1"])
        self.layers = {
            "words": layers.Embedding(known, n_numbers),
            "reader": layers.LSTM(size),
            "liked": layers.Dense(size),
            "disliked": layers.Dense(size),
            "suits": layers.Dense(1),
        }
        texts = keras.Input((n_words,), dtype="int32")
        words, there = self.layers["words"](texts), ops.not_equal(texts, PADDING)
        self.reader = keras.Model(texts, self.layers["reader"](words, mask=there))
        history = keras.Input((looks, n_words), dtype="int32")
        shares = keras.Input((looks,), dtype="float32")
        read = ops.reshape(self.reader(ops.reshape(history, (-1, n_words))), (-1, looks, size))
        disliked = shares[..., np.newaxis]
        told = self.layers["liked"](read) * (1 - disliked)
        told = told + self.layers["disliked"](read) * disliked
        self.person = keras.Model([history, shares], ops.mean(told, axis=1))
        suiting = ops.sum(self.person([history, shares]) * self.reader(texts), axis=-1)
        self.model = keras.Model([history, shares, texts], ops.sigmoid(self.logits(suiting)))
        set_weights(self.layers, network)

    def logits(self, products: Any) -> Any:
        """How sure it is that texts suit people of such products of their vectors."""
        return self.layers["suits"](products[..., np.newaxis])[..., 0]


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `text-like`."""
    register(TextLike)
