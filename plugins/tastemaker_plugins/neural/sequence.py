"""Sequence: a recurrent network reads a history in its order and predicts what comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Int64Array,
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
from tastemaker_plugins.neural.state_cache import StateCache
from tastemaker_plugins.neural.training_examples import TrainingExamples
from tastemaker_plugins.neural.windows import newest_items
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

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


class Sequence(VectorRecommender):
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
    recurrent: Gru | Lstm
    head: tuple[Float32Array, ...]
    largest_weight: float
    cache: StateCache

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
        return self._learn(data, progress, None)

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Learns with a share of the epochs from where another one has ended."""
        alike = len(before.items.known) == data.n_items and before.shape() == self.shape()
        return self._learn(data, progress, before if alike and before.items.known.any() else None)

    def _learn(self, data: TrainingData, progress: Progress, before: Self | None) -> Self:
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
            start = None if before is None else before._weights(examples.chosen, own)
            weights = train_sequence(examples, own, shape, data.seed, progress, start)
        self.assemble(examples, content, weights)
        return self

    def _weights(self, chosen: Int64Array, content: Float32Array) -> SequenceWeights:
        """The network again, of the chosen items with this content."""
        recurrent = tuple(getattr(self.recurrent, part) for part in RECURRENT_PARTS)
        own = gathered(self.items.vectors, chosen) - content @ self.content_projection
        bias = self._biases[chosen]
        return SequenceWeights(own, self.content_projection, bias, recurrent, self.head)

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
        vectors = content @ weights.content_projection
        vectors[examples.chosen] += weights.own
        typical = weights.bias.mean() if len(weights.bias) else 0
        biases = np.full(len(content), typical, np.float32)
        biases[examples.chosen] = weights.bias
        known: BoolArray = np.asarray(content.any(axis=1) & (not examples.empty), np.bool_)
        known[examples.chosen] = True
        self.items = ItemVectors(vectors, known, biases=biases).finished()
        self.cache = StateCache()

    def extend(self, items: Items) -> None:
        """Places the items added since training by their content."""
        content = self.content.read(items)
        before, known = self._biases, self.items.known
        typical = before[known].mean() if known.any() else 0
        biases = np.full(len(items), typical, np.float32)
        placed = np.asarray(content.any(axis=1) & bool(known.any()), dtype=np.bool_)
        vectors = content @ self.content_projection
        self.items = self.items.joined(ItemVectors(vectors, placed, biases=biases))

    @property
    def _biases(self) -> Float32Array:
        """(n_items,) float32, the items' biases."""
        biases = self.items.biases
        return np.zeros(len(self.items.known), np.float32) if biases is None else biases

    def profiles(self, people: People) -> Float32Array:
        """(len(people), size) float32: what is expected next; NaN for who chose nothing known."""
        counted = (people.weights > 0) & self.items.known[people.histories.items]
        states = self._state(people, counted) if len(people) == 1 else self._states(people, counted)
        kernel, bias = self.head
        return dense(self.recurrent.output(states), kernel, bias)

    def _state(self, people: People, counted: BoolArray) -> Float32Array:
        """(1, width) the state after the history of one person; NaN where none of it counts.

        After the same history it is remembered, and after a history of one more it takes one step.
        """
        counts, length = np.flatnonzero(counted), self.settings.history_length
        places = counts[-length:]
        if not len(places):
            return np.full_like(self.recurrent.start(1), np.nan)
        items = people.histories.items[places]
        weights = people.weights[places] / np.float32(self.largest_weight)
        read = np.column_stack((items.view(np.float32), weights)).tobytes()
        before = self.cache.get(read)
        if before is not None:
            return before
        if len(counts) <= length:  # else what was read before began with another item
            before = self.cache.get(read[: -len(read) // len(places)])
        news = slice(0 if before is None else -1, None)
        given = gathered(self.items.vectors, items[news]) * weights[news, np.newaxis]
        start = self.recurrent.start(1) if before is None else before
        state = self.recurrent.read(start, given[np.newaxis])
        self.cache.put(read, state)
        return state

    def _states(self, people: People, counted: BoolArray) -> Float32Array:
        """(len(people), width) the states after the histories; NaN where nothing of one counts."""
        items, places = newest_items(people, self.settings.history_length, counted)
        weights = people.weights / np.float32(self.largest_weight)
        lengths = np.count_nonzero(items >= 0, axis=1)
        states = self.recurrent.start(len(people))
        # those who read as much stand together, so that nobody steps over padding
        order = np.argsort(-lengths, kind="stable")
        for first in range(0, len(people), HISTORIES):
            rows = order[first : first + HISTORIES]
            columns = slice(items.shape[1] - int(lengths[rows[0]]), None)
            read = np.maximum(items[rows, columns], 0)
            given = gathered(self.items.vectors, read)
            given *= weights[places[rows, columns]][..., np.newaxis]
            steps = np.arange(read.shape[1], 0, -1)
            active = np.searchsorted(-lengths[rows], -steps, side="right").tolist()
            states[rows] = self.recurrent.read(states[rows], given, active)
        states[lengths == 0] = np.nan
        return states

    def state(self) -> State:
        """The items' vectors, the weights of the network, and how content is read."""
        parts = {f"reader {part}": getattr(self.recurrent, part) for part in RECURRENT_PARTS}
        parts |= {f"head {part}": own for part, own in zip(HEAD_PARTS, self.head, strict=True)}
        arrays = {
            "content_projection": self.content_projection,
            **self.items.arrays(),
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
        restored.items, restored.cache = ItemVectors.of(arrays), StateCache()
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
