"""Text-LSTM: learns whether a text suits a person's taste, from what they chose and disliked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
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
from tastemaker_plugins.neural.keras_training import Pace, keras_for, train_network
from tastemaker_plugins.neural.layers import Lstm, dense
from tastemaker_plugins.neural.liking_examples import LabelledChoices, LikingBatches, disliked
from tastemaker_plugins.neural.lstm_training import LstmWeights, lstm_output
from tastemaker_plugins.neural.reading import (
    READING_RESUMED,
    Network,
    ReadingSettings,
    TextRecommender,
    set_weights,
    text_length_setting,
    weights_of,
)
from tastemaker_plugins.neural.settings import (
    batch_size_setting,
    embedding_size_setting,
    learning_rate_setting,
    negative_weight_setting,
    text_negatives_setting,
    word_embedding_size_setting,
)
from tastemaker_plugins.neural.texts import PADDING, READ_SHARE, Vocabulary, truncated
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors

TEXTS = 1024
"""Texts read at once: bounds the memory."""


@dataclass(frozen=True)
class TextLstmSettings(ReadingSettings):
    """The settings of `text-lstm`."""

    text_length: int = text_length_setting(16)
    word_embedding_size: int = word_embedding_size_setting(32)
    embedding_size: int = embedding_size_setting(32, "items")
    history_sample: int = setting(
        4,
        "Number of items of a history that are read for each interaction in training.",
        low=1,
        high=50,
        formerly=("looks",),
    )
    n_negatives: int = text_negatives_setting(128)
    negative_weight: float = negative_weight_setting(4.0)
    epochs: int = setting(
        2, "Number of epochs: passes over the interactions.", low=1, high=50, log=True
    )
    learning_rate: float = learning_rate_setting(0.01)
    batch_size: int = batch_size_setting(128, "interactions", low=16, high=8192)
    max_samples: int = setting(
        10_000, "Number of interactions at most.", low=100, high=10_000_000, log=True
    )


class TextLstm(TextRecommender):
    """Text-LSTM: an LSTM reads items, and a sigmoid predicts whether one suits a person's taste.

    h(i) = LSTM(words of i); a liked item j stands for L h(j) + l in a history, a disliked one for
    D h(j) + d; score(u, i) = b + the mean of these over the history, weighted by recency, . h(i);
    P(i suits u) = sigmoid(score(u, i)), trained on what people chose next, against what they
    disliked and items drawn at random. Disliked is what a kind of negative weight marks, or a value
    below the person's mean by more than the standard deviation of their values. Items added later
    are scored by their text; an item without known words scores NaN.

    Hochreiter, S., Schmidhuber, J.: Long short-term memory. Neural Computation 9(8), 1997.
    """

    name: ClassVar[str] = "text-lstm"
    former_names: ClassVar[tuple[str, ...]] = ("text-like",)
    summary: ClassVar[str] = (
        "Recurrent network over item texts (LSTM) that learns from likes and dislikes"
    )
    settings_type: ClassVar[type[ReadingSettings]] = TextLstmSettings
    uses_dislikes: ClassVar[bool] = True
    settings: TextLstmSettings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        read = (settings.history_sample + 1) * settings.batch_size + settings.n_negatives
        choices = 40 * len(data.people.histories.items)
        size = 10 * settings.embedding_size
        return self.memory_to_read(data, settings.word_embedding_size, size, read) + choices

    def _learn(self, data: TrainingData, progress: Progress, before: Self | None) -> Self:
        settings, rng = self.settings, np.random.default_rng(data.seed)
        self.vocabulary = Vocabulary.of(data.items, settings.max_words, settings.text_length)
        texts = self.vocabulary.read(data.items)
        self.network, warm = self._begun(self.start(rng), before)
        choices = LabelledChoices.of(data.people, (texts != PADDING).any(axis=1))
        sampled = choices.sample(settings.max_samples, rng)
        if len(sampled):
            batches = self._batches(truncated(texts, READ_SHARE), choices, sampled, data.seed)
            self.network = self._trained(batches, data.seed, progress, warm)
        self.items = self.encoded(texts).finished()
        return self

    def start(self, rng: np.random.Generator) -> Network:
        """The network before training: alike texts suit those who chose one of them."""
        size, words = self.settings.embedding_size, self.settings.word_embedding_size

        def drawn(*shape: int) -> Float32Array:
            spread = np.float32(1 / np.sqrt(shape[0]))
            return rng.standard_normal(shape, dtype=np.float32) * spread

        bias = np.zeros(4 * size, dtype=np.float32)
        bias[size : 2 * size] = 1  # remembers, until it learns when to forget
        same, none = np.eye(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
        known = len(self.vocabulary) + 1
        return {
            "words.0": rng.standard_normal((known, words), dtype=np.float32),
            "reader.0": drawn(words, 4 * size),
            "reader.1": drawn(size, 4 * size),
            "reader.2": bias,
            "liked.0": same,
            "liked.1": none,
            "disliked.0": 0 * same,
            "disliked.1": none,
            "suits.0": np.ones((1, 1), dtype=np.float32),
            "suits.1": np.full(1, -2, dtype=np.float32),
        }

    def _batches(
        self, texts: Int32Array, choices: LabelledChoices, sampled: Int64Array, seed: int
    ) -> LikingBatches:
        settings = self.settings
        return LikingBatches(
            texts,
            choices,
            sampled,
            batch_size=settings.batch_size,
            history_sample=settings.history_sample,
            n_negatives=settings.n_negatives,
            seed=seed,
        )

    def _trained(
        self, batches: LikingBatches, seed: int, progress: Progress, warm: bool
    ) -> Network:
        settings = self.settings
        with keras_for(seed) as keras:
            model = TextLstmModel(
                keras, self.network, settings.history_sample, batches.texts.shape[1]
            )
            ops = keras.ops

            def loss(read: Any, disliked: Any, candidates: Any, negatives: Any, liked: Any) -> Any:
                person, chosen, drawn = model.vectors(read, disliked, candidates, negatives)
                suits = model.logits(ops.sum(person * chosen, axis=-1))
                negative = model.logits(person @ ops.transpose(drawn))
                missed = ops.mean(liked * ops.softplus(-suits) + (1 - liked) * ops.softplus(suits))
                return missed + settings.negative_weight * ops.mean(ops.softplus(negative))

            pace = Pace(settings.epochs, settings.learning_rate)
            pace = pace.resumed(READING_RESUMED) if warm else pace
            train_network(keras, loss, model.model.trainable_variables, batches, pace, progress)
            return weights_of(model.layers)

    def encoded(self, texts: Int32Array) -> ItemVectors:
        """The vectors of each text in a history, liked and disliked, and as a candidate."""
        network, read = self.network, self.read(texts)
        ones = np.ones((len(texts), 1), dtype=np.float32)
        slope, bias = network["suits.0"], network["suits.1"]
        history = [
            np.concatenate((dense(read, network[f"{name}.0"], network[f"{name}.1"]), ones), axis=1)
            for name in ("liked", "disliked")
        ]
        history_vectors = np.stack(history, axis=1).reshape(2 * len(texts), -1)
        vectors = np.concatenate((read * slope, ones * bias), axis=1)
        return ItemVectors(vectors, (texts != PADDING).any(axis=1), history_vectors)

    def read(self, texts: Int32Array) -> Float32Array:
        """(n_texts, size) float32: what the network makes of each text."""
        names = ("reader.0", "reader.1", "reader.2")
        reader = Lstm(*(self.network[name] for name in names))
        vectors = np.zeros((len(texts), self.network["reader.1"].shape[0]), dtype=np.float32)
        lengths = np.count_nonzero(texts, axis=1)
        order = np.argsort(-lengths, kind="stable")
        for first in range(0, len(texts), TEXTS):
            rows = order[first : first + TEXTS]  # texts of about the same length
            part = truncated(texts[rows])
            steps = np.arange(1, part.shape[1] + 1)
            active = np.searchsorted(-lengths[rows], -steps, side="right").tolist()
            words = gathered(self.network["words.0"], part)
            vectors[rows] = reader.output(reader.read(reader.start(len(rows)), words, active))
        return vectors

    def rows(self, people: People) -> Int64Array:
        """(n_interactions,) the row of the item's vector as a liked or a disliked one."""
        return 2 * people.histories.items.astype(np.int64) + disliked(people)

    def weights(self, people: People) -> Float32Array:
        """(n_interactions,) how much each interaction counts, disliked ones as well."""
        weights: Float32Array = np.abs(people.weights) / (1 + people.ages / self.settings.half_life)
        return weights


class TextLstmModel:
    """The network as Keras models, for training.

    Args:
        keras: the package.
        network: the weights it starts with.
        history_sample: texts of a history.
        n_words: words of each text.

    Attributes:
        layers: the layers that have weights, by name.
        reader: from texts to their vectors.
        person: from (n, history_sample, n_words) texts and the (n, history_sample) shares disliked
            to the vector of the person.
        model: from the same and (n, n_words) texts to the probability that these suit that person.
    """

    def __init__(self, keras: Any, network: Network, history_sample: int, n_words: int) -> None:
        ops, layers = keras.ops, keras.layers
        self._ops = ops
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
        history = keras.Input((history_sample, n_words), dtype="int32")
        shares = keras.Input((history_sample,), dtype="float32")
        flat = self.reader(ops.reshape(history, (-1, n_words)))
        read = ops.reshape(flat, (-1, history_sample, size))
        self.person = keras.Model([history, shares], self._taste(read, shares))
        suiting = ops.sum(self.person([history, shares]) * self.reader(texts), axis=-1)
        self.model = keras.Model([history, shares, texts], ops.sigmoid(self.logits(suiting)))
        set_weights(self.layers, network)

    def _taste(self, read: Any, disliked: Any) -> Any:
        """(n, size) the vector of people who chose what was read, (n, history_sample, size)."""
        shares = disliked[..., np.newaxis]
        vectors = self.layers["liked"](read) * (1 - shares) + self.layers["disliked"](read) * shares
        return self._ops.mean(vectors, axis=1)

    def vectors(
        self, read: Any, disliked: Any, candidates: Any, negatives: Any
    ) -> tuple[Any, Any, Any]:
        """The vectors of people, of candidates and of negatives, for training.

        All texts are read at once: the steps of an LSTM take hardly longer for more of them.
        """
        ops, (n, history_sample, n_words) = self._ops, read.shape
        texts = ops.concatenate((ops.reshape(read, (-1, n_words)), candidates, negatives), axis=0)
        there = ops.cast(ops.not_equal(texts, PADDING), "float32")
        own = LstmWeights(*(one.value for one in self.layers["reader"].trainable_variables))
        found = lstm_output(self.layers["words"](texts), there, own)
        history, chosen, drawn = ops.split(found, (n * history_sample, n * (history_sample + 1)))
        person = self._taste(ops.reshape(history, (n, history_sample, -1)), disliked)
        return person, chosen, drawn

    def logits(self, products: Any) -> Any:
        """The logits that texts suit people of such products of their vectors."""
        return self.layers["suits"](products[..., np.newaxis])[..., 0]


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `text-lstm`."""
    register(TextLstm)
