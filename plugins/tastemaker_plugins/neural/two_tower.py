"""Two-tower: a network for people and one for items, whose vectors meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tastemaker import (
    BoolArray,
    Float32Array,
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
from tastemaker_plugins.neural.features import Features
from tastemaker_plugins.neural.settings import RUNTIME, NetworkSettings
from tastemaker_plugins.neural.towers import LOSSES, Learnt, Shape, Tower, learn
from tastemaker_plugins.neural.training_examples import Lesson
from tastemaker_plugins.shared.recency import half_life_of, half_life_setting, recency

LAYERS = ("straight", "kernel", "bias", "last-kernel", "last-bias")


@dataclass(frozen=True)
class TwoTowerSettings(NetworkSettings):
    """The settings of `two-tower`."""

    loss: str = setting(
        "cross-entropy",
        "What is learnt: which item is chosen next, or the value recorded with it (mse).",
        choices=LOSSES,
    )
    half_life: float = half_life_setting(10.0)
    length: int = setting(
        30, "Interactions of a person that are learnt from at once.", low=2, high=200, log=True
    )
    horizon: int = setting(
        5, "It foretells one of so many items that come next.", low=1, high=50, log=True
    )
    size: int = setting(64, "Numbers in the vector of an item or a person.", low=4, high=512)
    hidden: int = setting(64, "Numbers in the hidden layer of a tower.", low=4, high=1024)
    dropout: float = setting(
        0.2, "Share of a layer hidden at random in training.", low=0.0, high=0.9
    )
    batch: int = setting(64, "Stretches of history in one step.", low=1, high=4096, log=True)


class TwoTower(Recommender):
    """One network gives people a vector, another one items: score(u, i) = p(u) . q(i) + b(i).

    With x(i) = own vector and content of an item, and f(u) = the mean vector of the declared
    features: p(u) = U([sum over the history of recency(j) x(j), divided by that of recency; f(u)])
    and q(i) = V(x(i)); U and V are layers of relu beside a linear one. They learn to tell what
    people choose next from its rivals (softmax, corrected for how those are drawn), or the values
    recorded (mse). Items that nobody chose are placed by their content, those added later too. A
    person with neither history nor known features scores NaN.

    Covington, P., Adams, J., Sargin, E.: Deep Neural Networks for YouTube Recommendations.
    RecSys 2016.
    Yi, X., et al.: Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations.
    RecSys 2019.
    """

    name: ClassVar[str] = "two-tower"
    family: ClassVar[str] = "hybrid"
    because: ClassVar[str] = "suits what is known of you"
    settings_type: ClassVar[type[Settings]] = TwoTowerSettings
    uses_features: ClassVar[bool] = True
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings: TwoTowerSettings
    content: Content
    features: Features
    learnt: Learnt
    inputs: Float32Array
    vectors: Float32Array
    bias: Float32Array
    known: BoolArray

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        table = 4 * data.n_items * (8 * settings.size + 4 * CONTENT)
        wide = settings.rivals + 20 * (2 * settings.size + CONTENT + settings.hidden)
        step = settings.batch * settings.length * wide * 4 * 4
        lesson = 60 * min(len(data.people.histories.items), settings.max_samples)
        return RUNTIME + table + step + lesson + 8 * CONTENT * settings.max_words

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns both towers."""
        settings = self.settings
        self.content = Content.of(data.items, CONTENT, settings.max_words, WORDS, data.seed)
        self.features = Features.of(data.people)
        said, features = self.content.read(data.items), self.features.read(data.people)
        lesson = Lesson.of(
            data, settings.length, settings.fading, settings.epochs, settings.max_samples
        )
        shape = self.shape()
        if lesson.empty:
            learnt = Learnt.nothing(shape, CONTENT)
        else:
            learnt = learn(lesson, said[lesson.chosen], features, shape, data.seed, progress)
        self.assemble(lesson, said, learnt)
        return self

    def assemble(self, lesson: Lesson, said: Float32Array, learnt: Learnt) -> None:
        """Makes of what was learnt what scores.

        Args:
            lesson: what it was learnt from.
            said: (n_items, content_size) float32, what the items say of themselves.
            learnt: what the towers learnt.
        """
        self.learnt = learnt
        own = np.zeros((len(said), learnt.own.shape[1]), dtype=np.float32)
        own[lesson.chosen] = learnt.own
        bias = np.full(len(said), _mean(learnt.bias), dtype=np.float32)
        bias[lesson.chosen] = learnt.bias
        known: BoolArray = np.asarray(said.any(axis=1) & (not lesson.empty), dtype=np.bool_)
        known[lesson.chosen] = True
        self._take(np.hstack([own, said]), bias, known)

    def shape(self) -> Shape:
        """The shape of the towers that the settings ask for."""
        settings = self.settings
        return Shape(
            settings.size,
            settings.hidden,
            settings.half_life,
            settings.dropout,
            settings.anonymity,
            settings.horizon,
            settings.loss,
            settings.rivals,
            settings.batch,
            settings.rate,
        )

    def _take(self, inputs: Float32Array, bias: Float32Array, known: BoolArray) -> None:
        self.inputs, self.bias, self.known = inputs, bias, known
        self.vectors = self.learnt.item(inputs)

    def extend(self, items: Items) -> None:
        """Places the items added since training by their content."""
        said = self.content.read(items)
        own = np.zeros((len(items), self.inputs.shape[1] - said.shape[1]), dtype=np.float32)
        typical = np.full(len(items), _mean(self.learnt.bias), dtype=np.float32)
        told = said.any(axis=1) & bool(self.known.any())
        self._take(
            np.vstack([self.inputs, np.hstack([own, said])]),
            np.append(self.bias, typical),
            np.append(self.known, told),
        )

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32.

        NaN for items nobody chose that say nothing known, and for people of whom neither an item
        of the history nor a feature is known.
        """
        weights = recency(people, self.settings.half_life) * self.known[people.histories.items]
        totals = np.bincount(people.histories.rows, weights, minlength=len(people))
        told, declared = self._told(people)
        able = (totals > 0) | declared
        if not able.any() or not self.known.any():
            return np.full((len(people), len(self.bias)), np.nan, dtype=np.float32)
        weights /= np.maximum(totals, 1e-30)[people.histories.rows].astype(np.float32)
        parts = (weights, people.histories.items, people.histories.indptr)
        history = csr_array(parts, shape=(len(people), len(self.inputs))) @ self.inputs
        persons = self.learnt.user(np.hstack([history, told]))
        scores: Float32Array = persons @ self.vectors.T
        scores += self.bias
        scores[~able] = np.nan
        if not self.known.all():
            scores[:, ~self.known] = np.nan
        return scores

    def _told(self, people: People) -> tuple[Float32Array, BoolArray]:
        """(n_people, size) the mean vector of each person's features, and who has any known."""
        numbers = self.features.read(people)
        counts = np.count_nonzero(numbers, axis=1)
        sums = self.learnt.features[numbers].sum(axis=1)
        means: Float32Array = sums / np.maximum(counts, 1).astype(np.float32)[:, np.newaxis]
        return means, counts > 0

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's vector and that of every item."""
        return ItemVectors(self.vectors, self.known).similar(item_index)

    def state(self) -> State:
        """The towers, what is known of items, and how content and features are read."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "inputs": self.inputs,
            "bias": self.bias,
            "known": self.known,
            "chosen bias": self.learnt.bias,
            "feature vectors": self.learnt.features,
            "feature values": self.features.values,
            **_named("item", self.learnt.item),
            **_named("user", self.learnt.user),
            **self.content.arrays(),
        }
        values: dict[str, Any] = {
            "half_life": self.settings.half_life,
            "feature edges": {name: list(cuts) for name, cuts in self.features.edges.items()},
            "content": self.content.values(),
        }
        return State(arrays, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        arrays = state.arrays
        restored = cls(TwoTowerSettings(half_life=half_life_of(state)))
        restored.content = Content.restored(arrays, values["content"])
        restored.features = Features(arrays["feature values"], values["feature edges"])
        towers = (
            Tower(tuple(arrays[f"{tower} {layer}"] for layer in LAYERS))
            for tower in ("item", "user")
        )
        restored.learnt = Learnt(
            arrays["inputs"][:0], arrays["chosen bias"], arrays["feature vectors"], *towers
        )
        restored._take(arrays["inputs"], arrays["bias"], arrays["known"])
        return restored


def _named(tower: str, layers: Tower) -> dict[str, npt.NDArray[Any]]:
    names = (f"{tower} {layer}" for layer in LAYERS)
    return dict(zip(names, layers.weights, strict=True))


def _mean(bias: Float32Array) -> float:
    return float(bias.mean()) if len(bias) else 0.0


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `two-tower`."""
    register(TwoTower)
