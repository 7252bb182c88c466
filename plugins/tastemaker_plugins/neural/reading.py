"""What the recommenders that read texts have in common once their network is trained."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    Int64Array,
    Items,
    People,
    Progress,
    State,
    TrainingData,
    setting,
)
from tastemaker_plugins.neural.settings import RUNTIME
from tastemaker_plugins.neural.texts import Vocabulary
from tastemaker_plugins.shared.half_precision import Rows, Vectors, halved, whole
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting, recency
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

Network = Mapping[str, Vectors]
"""The weights of a network: "words.0" is the first of the layer "words"; it may be float16."""

READING_RESUMED = 1 / 3
"""The share of the epochs where a network starts where another one has ended: NDCG@10 was then .99
or more of that of all epochs, measured as for `sequence`."""


def text_length_setting(default: int) -> Any:
    """How much is read of an item."""
    return setting(
        default,
        "Number of words read of each item, at most.",
        low=1,
        high=500,
        log=True,
        formerly=("length",),
    )


@dataclass(frozen=True)
class ReadingSettings(HistorySettings):
    """The settings that recommenders have in common which read texts."""

    half_life: float = half_life_setting(4.0)
    max_words: int = setting(
        20_000,
        "Number of words known at most, the most frequent first.",
        low=10,
        high=1_000_000,
        log=True,
    )
    text_length: int = text_length_setting(24)


class TextRecommender(VectorRecommender):
    """Scores items by the vectors that a trained network makes of their texts, with NumPy alone.

    A subclass gives `_learn`, which sets the attributes, and `encoded`.

    Attributes:
        vocabulary: how items are read.
        network: the trained weights by name.
        items: what the network makes of every item.
        only_trained: the layers that only training needs.
    """

    family: ClassVar[str] = "content"
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings_type: ClassVar[type[ReadingSettings]] = ReadingSettings
    settings: ReadingSettings
    vocabulary: Vocabulary
    network: Network
    only_trained: ClassVar[tuple[str, ...]] = ()

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns to read."""
        return self._learn(data, progress, None)

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Learns with a share of the epochs from where another one has ended."""
        return self._learn(data, progress, before)

    @abstractmethod
    def _learn(self, data: TrainingData, progress: Progress, before: Self | None) -> Self:
        """Learns as in `fit`, or as in `fit_from` where the one before knows the same words."""

    def _begun(self, start: Network, before: Self | None) -> tuple[Network, bool]:
        """The network to start with, and whether it has been trained before."""
        if before is None or not np.array_equal(before.vocabulary.words, self.vocabulary.words):
            return start, False
        known = {
            name: whole(array)
            for name, array in before.network.items()
            if name.split(".")[0] not in self.only_trained and name in start
        }
        fits = all(start[name].shape == array.shape for name, array in known.items())
        return ({**start, **known}, True) if fits else (start, False)

    @abstractmethod
    def encoded(self, texts: Int32Array) -> ItemVectors:
        """What the network makes of each text: (n_texts, n_words) numbers of words, padded."""

    def memory_to_read(self, data: TrainingData, word: int, item: int, texts: int) -> int:
        """The bytes that any `fit` takes: TensorFlow, words, texts, vectors, and one step.

        Args:
            data: what it learns from.
            word: size of a word's vector.
            item: how many numbers are kept of an item.
            texts: texts that one step reads.
        """
        settings = self.settings
        # a word has its vector, the optimiser's two, and its part of the gradient, and is copied
        words = 4 * 6 * settings.max_words * word
        items = 4 * data.n_items * (4 * settings.text_length + 3 * item)
        step = 4 * 8 * texts * settings.text_length * max(word, item)
        return RUNTIME + words + items + step

    def rows(self, people: People) -> Rows:
        """(n_interactions,) which of the history vectors each interaction takes."""
        return people.histories.items

    def weights(self, people: People) -> Float32Array:
        """(n_interactions,) how much each interaction counts."""
        return recency(people, self.settings.half_life)

    def extend(self, items: Items) -> None:
        """Reads the items added since training."""
        self.items = self.items.joined(self.encoded(self.vocabulary.read(items)))

    def profiles(self, people: People) -> Float32Array:
        """(len(people), size) float32: the mean of each history; NaN for empty ones."""
        shares = self.items.shares(people, self.weights(people))
        return self.items.profiles(people, shares, self.rows(people))

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the score of some items."""
        return self.items.mean_reasons(people, self.weights(people), items, self.rows(people))

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) float32: the score of every item for a person who chose this one only."""
        return self.items.scores_after(item_index)

    def state(self) -> State:
        """The words, the weights of the network, every item's vectors, and the half-life."""
        read = {
            f"network.{name}": halved(array) if name == "words.0" else array
            for name, array in self.network.items()
            if name.split(".")[0] not in self.only_trained
        }
        arrays = read | self.items.arrays() | self.vocabulary.arrays()
        return State(arrays, {"half_life": self.settings.half_life, **self.vocabulary.values()})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(cls.settings_type.from_values(state.values))
        restored.vocabulary = Vocabulary.restored(state.arrays, state.values)
        restored.items = ItemVectors.of(state.arrays)
        restored.network = {
            name.removeprefix("network."): array
            for name, array in state.arrays.items()
            if name.startswith("network.")
        }
        return restored


def weights_of(layers: Mapping[str, Any]) -> Network:
    """The weights of Keras layers."""
    return {
        f"{name}.{position}": array
        for name, layer in layers.items()
        for position, array in enumerate(layer.get_weights())
    }


def set_weights(layers: Mapping[str, Any], network: Network) -> None:
    """Gives Keras layers that are built the weights of a network."""
    for name, layer in layers.items():
        layer.set_weights([network[f"{name}.{place}"] for place in range(len(layer.weights))])
