"""Sequence: a recurrent network reads a history in its order and predicts what comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Int32Array,
    Items,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.neural.item_content import CONTENT_SIZE, CONTENT_WORDS, ItemContent
from tastemaker_plugins.neural.layers import Gru, Lstm, dense, recurrent_of
from tastemaker_plugins.neural.sequence_network import (
    SequenceShape,
    SequenceWeights,
    train_sequence,
)
from tastemaker_plugins.neural.settings import (
    RUNTIME,
    NetworkSettings,
    batch_size_setting,
    embedding_size_setting,
    history_length_setting,
    horizon_setting,
)
from tastemaker_plugins.neural.training_examples import TrainingExamples
from tastemaker_plugins.neural.windows import newest_items
from tastemaker_plugins.shared.item_vectors import ItemVectors

HISTORIES = 512
"""People scored at once: bounds the memory."""

RECURRENT_PARTS = ("kernel", "recurrent", "bias")
HEAD_PARTS = ("kernel", "bias")


@dataclass(frozen=True)
class SequenceSettings(NetworkSettings):
    """The settings of `sequence`."""

    recurrent_layer: str = setting(
        "gru", "The kind of recurrent layer.", choices=("gru", "lstm"), formerly=("reader",)
    )
    history_length: int = history_length_setting(
        20, "Number of newest interactions of a person that are read."
    )
    embedding_size: int = embedding_size_setting(64, "items")
    dropout: float = setting(0.25, "Dropout rate of items' vectors in training.", low=0.0, high=0.9)
    horizon: int = horizon_setting(1)
    batch_size: int = batch_size_setting(96, "windows of history", low=1, high=4096)


class Sequence(Recommender):
    """A recurrent network reads the history; what it then expects is compared with every item.

    With v(i) = own(i) + P content(i) for every item, h = GRU(v of the history, oldest first),
    score(u, i) = v(i) . (W h + c) + b(i). It learns to rank each next item before its negatives
    (softmax, corrected for how they are drawn). Items that nobody chose have no own part: their
    content places them, those added later too. Without a history it abstains.

    Hidasi, B., et al.: Session-based Recommendations with Recurrent Neural Networks. ICLR 2016.
    Hidasi, B., et al.: Parallel Recurrent Neural Network Architectures for Feature-rich
    Session-based Recommendations. RecSys 2016.
    """

    name: ClassVar[str] = "sequence"
    family: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = "Recurrent network over the ordered history (GRU or LSTM)"
    because: ClassVar[str] = "goes on from what you chose lately"
    settings_type: ClassVar[type[Settings]] = SequenceSettings
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings: SequenceSettings
    content: ItemContent
    content_projection: Float32Array
    vectors: Float32Array
    bias: Float32Array
    known: BoolArray
    recurrent: Gru | Lstm
    head: tuple[Float32Array, ...]
    largest_weight: float

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        size, width = settings.embedding_size, settings.n_negatives + 40 * settings.embedding_size
        table = 4 * data.n_items * (8 * size + 3 * CONTENT_SIZE)
        step = settings.batch_size * settings.history_length * width * 4 * 4
        examples = 40 * min(len(data.people.histories.items), settings.max_samples)
        return RUNTIME + table + step + examples + 8 * CONTENT_SIZE * settings.max_words

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns item vectors and how to read them."""
        settings = self.settings
        self.content = ItemContent.of(
            data.items, CONTENT_SIZE, settings.max_words, CONTENT_WORDS, data.seed
        )
        content = self.content.read(data.items)
        examples = TrainingExamples.of(
            data,
            settings.history_length,
            settings.time_decay,
            settings.epochs,
            settings.max_samples,
        )
        shape = self.shape()
        if examples.empty:
            weights = SequenceWeights.nothing(shape, CONTENT_SIZE)
        else:
            own = content[examples.chosen]
            weights = train_sequence(examples, own, shape, data.seed, progress)
        self.assemble(examples, content, weights)
        return self

    def shape(self) -> SequenceShape:
        """The shape of the network that the settings describe."""
        settings = self.settings
        return SequenceShape(
            settings.recurrent_layer,
            settings.embedding_size,
            settings.dropout,
            settings.id_dropout,
            settings.horizon,
            settings.n_negatives,
            settings.batch_size,
            settings.learning_rate,
        )

    def assemble(
        self, examples: TrainingExamples, content: Float32Array, weights: SequenceWeights
    ) -> None:
        """Makes of a trained network what scores.

        Args:
            examples: what it was trained on.
            content: (n_items, content_size) float32, the items' content.
            weights: of the network.
        """
        self.content_projection, self.head = weights.content_projection, weights.head
        self.recurrent = recurrent_of(self.settings.recurrent_layer, weights.recurrent)
        self.largest_weight = examples.largest_weight
        self.vectors = content @ weights.content_projection
        self.vectors[examples.chosen] += weights.own
        typical = weights.bias.mean() if len(weights.bias) else 0
        self.bias = np.full(len(content), typical, np.float32)
        self.bias[examples.chosen] = weights.bias
        self.known = np.asarray(content.any(axis=1) & (not examples.empty), dtype=np.bool_)
        self.known[examples.chosen] = True

    def extend(self, items: Items) -> None:
        """Places the items added since training by their content."""
        content = self.content.read(items)
        typical = self.bias[self.known].mean() if self.known.any() else 0
        self.vectors = np.vstack([self.vectors, content @ self.content_projection])
        self.bias = np.append(self.bias, np.full(len(items), typical, np.float32))
        self.known = np.append(self.known, content.any(axis=1) & bool(self.known.any()))

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items unknown and without known content.

        NaN as well for people who chose none of the others.
        """
        scores = np.full((len(people), len(self.vectors)), np.nan, dtype=np.float32)
        counted = (people.weights > 0) & self.known[people.histories.items]
        items, places = newest_items(people, self.settings.history_length, counted)
        if not items.size:
            return scores
        weights = people.weights / np.float32(self.largest_weight)
        for first in range(0, len(people), HISTORIES):
            part = slice(first, first + HISTORIES)
            scores[part] = self._expected(items[part], weights[places[part]]) @ self.vectors.T
        scores += self.bias
        scores[items[:, -1] < 0] = np.nan
        if not self.known.all():
            scores[:, ~self.known] = np.nan
        return scores

    def _expected(self, items: Int32Array, weights: Float32Array) -> Float32Array:
        """(n, size) what is expected next after the items; -1 for padding."""
        read = items >= 0
        given = self.vectors[items] * (weights * read)[..., np.newaxis]
        kernel, bias = self.head
        return dense(self.recurrent(given, None if read.all() else read), kernel, bias)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's vector and that of every item."""
        return ItemVectors(self.vectors, self.known).similar(item_index)

    def state(self) -> State:
        """The items' vectors, the weights of the network, and how content is read."""
        parts = {f"reader {part}": getattr(self.recurrent, part) for part in RECURRENT_PARTS}
        parts |= {f"head {part}": own for part, own in zip(HEAD_PARTS, self.head, strict=True)}
        arrays = {
            "content_projection": self.content_projection,
            "vectors": self.vectors,
            "bias": self.bias,
            "known": self.known,
            **parts,
            **self.content.arrays(),
        }
        values: dict[str, Any] = {
            "recurrent_layer": self.settings.recurrent_layer,
            "history_length": self.settings.history_length,
            "largest_weight": self.largest_weight,
            "content": self.content.values(),
        }
        return State(arrays, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        arrays = state.renamed({"told": "content_projection"}).arrays
        values: dict[str, Any] = dict(state.values)
        restored = cls(SequenceSettings.from_values(values))
        restored.content = ItemContent.restored(arrays, values["content"])
        restored.content_projection = arrays["content_projection"]
        restored.vectors = arrays["vectors"]
        restored.bias, restored.known = arrays["bias"], arrays["known"]
        restored.recurrent = recurrent_of(
            restored.settings.recurrent_layer,
            [arrays[f"reader {part}"] for part in RECURRENT_PARTS],
        )
        restored.head = tuple(arrays[f"head {part}"] for part in HEAD_PARTS)
        restored.largest_weight = values["largest_weight"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `sequence`."""
    register(Sequence)
