"""Two-tower: a network for people and one for items, whose vectors are multiplied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

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
from tastemaker_plugins.neural.declared_features import DeclaredFeatures
from tastemaker_plugins.neural.item_content import CONTENT_SIZE, CONTENT_WORDS, ItemContent
from tastemaker_plugins.neural.sequence_network import zeros
from tastemaker_plugins.neural.settings import (
    RUNTIME,
    NetworkSettings,
    batch_size_setting,
    embedding_size_setting,
    history_length_setting,
    horizon_setting,
)
from tastemaker_plugins.neural.towers import (
    LOSSES,
    Tower,
    TowersShape,
    TowersWeights,
    train_towers,
)
from tastemaker_plugins.neural.training_examples import TrainingExamples
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import half_life_setting, recency
from tastemaker_plugins.shared.vector_recommender import VectorRecommender
from tastemaker_plugins.shared.vector_search import able

TOWER_PARTS = ("straight", "kernel", "bias", "last-kernel", "last-bias")


@dataclass(frozen=True)
class TwoTowerSettings(NetworkSettings):
    """The settings of `two-tower`."""

    loss: str = setting(
        "cross-entropy",
        "Loss: the cross-entropy of which item is chosen next, or the squared error of the value "
        "recorded with it (mse).",
        choices=LOSSES,
    )
    half_life: float = half_life_setting(10.0)
    history_length: int = history_length_setting(
        30, "Number of interactions in a window of history in training."
    )
    horizon: int = horizon_setting(5)
    embedding_size: int = embedding_size_setting(64, "items and people", log=False)
    hidden_size: int = setting(
        64, "Size of the hidden layer of a tower.", low=4, high=1024, formerly=("hidden",)
    )
    dropout: float = setting(0.2, "Dropout rate of each layer in training.", low=0.0, high=0.9)
    batch_size: int = batch_size_setting(64, "windows of history", low=1, high=4096)


class TwoTower(VectorRecommender):
    """One network gives people a vector, another one items: score(u, i) = p(u) . q(i) + b(i).

    With x(i) = own vector and content of an item, and f(u) = the mean vector of the declared
    features: p(u) = U([sum over the history of recency(j) x(j), divided by that of recency; f(u)])
    and q(i) = V(x(i)); U and V are layers of relu beside a linear one. They learn to rank what
    people choose next before its negatives (softmax, corrected for how those are drawn), or the
    values recorded (mse). Items that nobody chose are placed by their content, those added later
    too. A person with neither history nor known features scores NaN.

    Covington, P., Adams, J., Sargin, E.: Deep Neural Networks for YouTube Recommendations.
    RecSys 2016.
    Yi, X., et al.: Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations.
    RecSys 2019.
    """

    name: ClassVar[str] = "two-tower"
    family: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = (
        "Two networks, one for people (history and features) and one for items, multiplied"
    )
    on_request: ClassVar[str] = "a blend of the others gains nothing by it"
    because: ClassVar[str] = "suits what is known of you"
    settings_type: ClassVar[type[Settings]] = TwoTowerSettings
    uses_features: ClassVar[bool] = True
    requires: ClassVar[tuple[str, ...]] = ("tensorflow",)
    settings: TwoTowerSettings
    content: ItemContent
    features: DeclaredFeatures
    weights: TowersWeights
    typical_bias: float

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most."""
        settings = self.settings
        size = settings.embedding_size
        table = 4 * data.n_items * (8 * size + 4 * CONTENT_SIZE)
        wide = settings.n_negatives + 20 * (2 * size + CONTENT_SIZE + settings.hidden_size)
        step = settings.batch_size * settings.history_length * wide * 4 * 4
        examples = 60 * min(len(data.people.histories.items), settings.max_samples)
        return RUNTIME + table + step + examples + 8 * CONTENT_SIZE * settings.max_words

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns both towers."""
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
        self.features = DeclaredFeatures.of(data.people)
        content, features = self.content.read(data.items), self.features.read(data.people)
        examples = TrainingExamples.of(
            data,
            settings.history_length,
            settings.time_decay,
            settings.epochs,
            settings.max_samples,
        )
        shape = self.shape()
        if examples.empty:
            weights = TowersWeights.nothing(shape, CONTENT_SIZE)
        else:
            own = content[examples.chosen]
            start = None if before is None else before._weights(examples.chosen, self.features)
            weights = train_towers(examples, own, features, shape, data.seed, progress, start)
        self.assemble(examples, content, weights)
        return self

    def assemble(
        self, examples: TrainingExamples, content: Float32Array, weights: TowersWeights
    ) -> None:
        """Makes of trained towers what scores.

        Args:
            examples: what they were trained on.
            content: (n_items, content_size) float32, the items' content.
            weights: of the towers.
        """
        self.weights = weights
        own = np.zeros((len(content), weights.own.shape[1]), dtype=np.float32)
        own[examples.chosen] = weights.own
        bias = np.full(len(content), _mean(weights.bias), dtype=np.float32)
        bias[examples.chosen] = weights.bias
        known: BoolArray = np.asarray(content.any(axis=1) & (not examples.empty), dtype=np.bool_)
        known[examples.chosen] = True
        self.typical_bias = _mean(weights.bias)
        self.items = self._encoded(np.hstack([own, content]), bias, known).finished()

    def _weights(self, chosen: Int64Array, features: DeclaredFeatures) -> TowersWeights:
        """The towers again, of the chosen items; without vectors of features that are others."""
        own = gathered(self.items.sources, chosen)[:, : self.settings.embedding_size]
        biases = self.items.biases
        bias = zeros(len(chosen)) if biases is None else biases[chosen]
        same = np.array_equal(self.features.values, features.values)
        vectors = self.weights.features if same else zeros(0, own.shape[1])
        return replace(self.weights, own=own, bias=bias, features=vectors)

    def shape(self) -> TowersShape:
        """The shape of the towers that the settings describe."""
        settings = self.settings
        return TowersShape(
            settings.embedding_size,
            settings.hidden_size,
            settings.half_life,
            settings.dropout,
            settings.id_dropout,
            settings.horizon,
            settings.loss,
            settings.n_negatives,
            settings.batch_size,
            settings.learning_rate,
        )

    def _encoded(self, inputs: Float32Array, biases: Float32Array, known: BoolArray) -> ItemVectors:
        """The items of which this is known: histories sum it up, candidates pass the tower."""
        return ItemVectors(self.weights.item(inputs), known, inputs, biases)

    def extend(self, items: Items) -> None:
        """Places the items added since training by their content."""
        content = self.content.read(items)
        own = np.zeros((len(items), self.items.sources.shape[1] - content.shape[1]), np.float32)
        typical = np.full(len(items), self.typical_bias, dtype=np.float32)
        placed = np.asarray(content.any(axis=1) & bool(self.items.known.any()), np.bool_)
        self.items = self.items.joined(self._encoded(np.hstack([own, content]), typical, placed))

    def profiles(self, people: People) -> Float32Array:
        """(len(people), size) float32, the vectors of people.

        NaN for people of whom neither an item of the history nor a feature is known.
        """
        shares = self.items.shares(people, recency(people, self.settings.half_life))
        features, declared = self._mean_features(people)
        history = self.items.sums(people, shares)
        persons = self.weights.user(np.hstack([history, features]))
        persons[~(able(people, shares) | declared)] = np.nan
        return persons

    def _mean_features(self, people: People) -> tuple[Float32Array, BoolArray]:
        """(n_people, size) the mean vector of each person's features, and who has any known."""
        numbers = self.features.read(people)
        counts = np.count_nonzero(numbers, axis=1)
        sums = self.weights.features[numbers].sum(axis=1)
        means: Float32Array = sums / np.maximum(counts, 1).astype(np.float32)[:, np.newaxis]
        return means, counts > 0

    def state(self) -> State:
        """The towers, what is known of items, and how content and features are read."""
        arrays: dict[str, npt.NDArray[Any]] = {
            **self.items.arrays(),
            "feature vectors": self.weights.features,
            "feature values": self.features.values,
            **_named("item", self.weights.item),
            **_named("user", self.weights.user),
            **self.content.arrays(),
        }
        values: dict[str, Any] = {
            "half_life": self.settings.half_life,
            "typical_bias": self.typical_bias,
            "feature edges": {name: list(steps) for name, steps in self.features.edges.items()},
            "content": self.content.values(),
        }
        return State(arrays, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        arrays = state.arrays
        restored = cls(TwoTowerSettings.from_values(values))
        restored.content = ItemContent.restored(arrays, values["content"])
        restored.features = DeclaredFeatures(arrays["feature values"], values["feature edges"])
        towers = (
            Tower(tuple(arrays[f"{tower} {layer}"] for layer in TOWER_PARTS))
            for tower in ("item", "user")
        )
        nothing = zeros(0, restored.settings.embedding_size)
        restored.weights = TowersWeights(nothing, zeros(0), arrays["feature vectors"], *towers)
        if "inputs" in arrays:  # as it was stored before candidates' vectors were
            restored.typical_bias = _mean(arrays["chosen bias"])
            parts = (arrays["inputs"], arrays["bias"], arrays["known"])
            restored.items = restored._encoded(*parts)
        else:
            restored.typical_bias = values["typical_bias"]
            restored.items = ItemVectors.of(arrays)
        return restored


def _named(tower: str, layers: Tower) -> dict[str, npt.NDArray[Any]]:
    names = (f"{tower} {layer}" for layer in TOWER_PARTS)
    return dict(zip(names, layers.weights, strict=True))


def _mean(bias: Float32Array) -> float:
    return float(bias.mean()) if len(bias) else 0.0


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `two-tower`."""
    register(TwoTower)
