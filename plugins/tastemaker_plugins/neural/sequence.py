"""Sequence: reads a history in its order and foretells what comes next."""

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
from tastemaker_plugins.factors.item_vectors import ItemVectors
from tastemaker_plugins.neural.content import CONTENT, WORDS, Content
from tastemaker_plugins.neural.layers import Gru, Lstm, dense, recurrent_of
from tastemaker_plugins.neural.sequence_network import Learnt, Shape, learn
from tastemaker_plugins.neural.settings import RUNTIME, NetworkSettings
from tastemaker_plugins.neural.training_examples import Lesson
from tastemaker_plugins.neural.windows import newest_items

BLOCK = 512
"""People scored at once: bounds the memory."""

READER = ("kernel", "recurrent", "bias")
HEAD = ("kernel", "bias")


@dataclass(frozen=True)
class SequenceSettings(NetworkSettings):
    """The settings of `sequence`."""

    reader: str = setting("gru", "The recurrent layer that reads.", choices=("gru", "lstm"))
    length: int = setting(
        20, "Newest interactions of a person that are read.", low=2, high=200, log=True
    )
    size: int = setting(64, "Numbers in an item's vector.", low=4, high=512, log=True)
    dropout: float = setting(
        0.25, "Share of an item's vector hidden at random in training.", low=0.0, high=0.9
    )
    horizon: int = setting(
        1, "It foretells one of so many items that come next.", low=1, high=50, log=True
    )
    batch: int = setting(96, "Stretches of history in one step.", low=1, high=4096, log=True)


class Sequence(Recommender):
    """A recurrent network reads the history; what it then expects is compared with every item.

    With v(i) = own(i) + P content(i) for every item, h = GRU(v of the history, oldest first),
    score(u, i) = v(i) . (W h + c) + b(i). It learns to tell each next item from its rivals
    (softmax, corrected for how they are drawn). Items that nobody chose have no own part: their
    content places them, those added later too. Without a history it abstains.

    Hidasi, B., et al.: Session-based Recommendations with Recurrent Neural Networks. ICLR 2016.
    Hidasi, B., et al.: Parallel Recurrent Neural Network Architectures for Feature-rich
    Session-based Recommendations. RecSys 2016.
    """

    name: ClassVar[str] = "sequence"
    family: ClassVar[str] = "hybrid"
    because: ClassVar[str] = "goes on from what you chose lately"
    settings_type: ClassVar[type[Settings]] = SequenceSettings
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings: SequenceSettings
    content: Content
    told: Float32Array
    vectors: Float32Array
    bias: Float32Array
    known: BoolArray
    reader: Gru | Lstm
    head: tuple[Float32Array, ...]
    largest_weight: float

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        table = 4 * data.n_items * (8 * settings.size + 3 * CONTENT)
        step = settings.batch * settings.length * (settings.rivals + 40 * settings.size) * 4 * 4
        lesson = 40 * min(len(data.people.histories.items), settings.max_samples)
        return RUNTIME + table + step + lesson + 8 * CONTENT * settings.max_words

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns item vectors and how to read them."""
        settings = self.settings
        self.content = Content.of(data.items, CONTENT, settings.max_words, WORDS, data.seed)
        said = self.content.read(data.items)
        lesson = Lesson.of(
            data, settings.length, settings.fading, settings.epochs, settings.max_samples
        )
        shape = self.shape()
        if lesson.empty:
            learnt = Learnt.nothing(shape, CONTENT)
        else:
            learnt = learn(lesson, said[lesson.chosen], shape, data.seed, progress)
        self.assemble(lesson, said, learnt)
        return self

    def shape(self) -> Shape:
        """The shape of the network that the settings ask for."""
        settings = self.settings
        return Shape(
            settings.reader,
            settings.size,
            settings.dropout,
            settings.anonymity,
            settings.horizon,
            settings.rivals,
            settings.batch,
            settings.rate,
        )

    def assemble(self, lesson: Lesson, said: Float32Array, learnt: Learnt) -> None:
        """Makes of what was learnt what scores.

        Args:
            lesson: what it was learnt from.
            said: (n_items, content_size) float32, what the items say of themselves.
            learnt: what the network learnt.
        """
        self.told, self.head = learnt.told, learnt.head
        self.reader = recurrent_of(self.settings.reader, learnt.reader)
        self.largest_weight = lesson.largest_weight
        self.vectors = said @ learnt.told
        self.vectors[lesson.chosen] += learnt.own
        self.bias = np.full(len(said), learnt.bias.mean() if len(learnt.bias) else 0, np.float32)
        self.bias[lesson.chosen] = learnt.bias
        self.known = np.asarray(said.any(axis=1) & (not lesson.empty), dtype=np.bool_)
        self.known[lesson.chosen] = True

    def extend(self, items: Items) -> None:
        """Places the items added since training by their content."""
        said = self.content.read(items)
        typical = self.bias[self.known].mean() if self.known.any() else 0
        self.vectors = np.vstack([self.vectors, said @ self.told])
        self.bias = np.append(self.bias, np.full(len(items), typical, np.float32))
        self.known = np.append(self.known, said.any(axis=1) & bool(self.known.any()))

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items unknown and without known content.

        NaN as well for people who chose none of the others.
        """
        scores = np.full((len(people), len(self.vectors)), np.nan, dtype=np.float32)
        counted = (people.weights > 0) & self.known[people.histories.items]
        items, places = newest_items(people, self.settings.length, counted)
        if not items.size:
            return scores
        weights = people.weights / np.float32(self.largest_weight)
        for first in range(0, len(people), BLOCK):
            part = slice(first, first + BLOCK)
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
        return dense(self.reader(given, None if read.all() else read), kernel, bias)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's vector and that of every item."""
        return ItemVectors(self.vectors, self.known).similar(item_index)

    def state(self) -> State:
        """The items' vectors, the weights of the reader, and how content is read."""
        arrays = {
            "told": self.told,
            "vectors": self.vectors,
            "bias": self.bias,
            "known": self.known,
            **{f"reader {part}": getattr(self.reader, part) for part in READER},
            **{f"head {part}": weights for part, weights in zip(HEAD, self.head, strict=True)},
            **self.content.arrays(),
        }
        values: dict[str, Any] = {
            "reader": self.settings.reader,
            "length": self.settings.length,
            "largest_weight": self.largest_weight,
            "content": self.content.values(),
        }
        return State(arrays, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        arrays = state.arrays
        restored = cls(SequenceSettings(reader=values["reader"], length=values["length"]))
        restored.content = Content.restored(arrays, values["content"])
        restored.told, restored.vectors = arrays["told"], arrays["vectors"]
        restored.bias, restored.known = arrays["bias"], arrays["known"]
        restored.reader = recurrent_of(
            values["reader"], [arrays[f"reader {part}"] for part in READER]
        )
        restored.head = tuple(arrays[f"head {part}"] for part in HEAD)
        restored.largest_weight = values["largest_weight"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `sequence`."""
    register(Sequence)
