"""ALS: what people chose and what they did not, as products of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Cluster,
    Float32Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.factors.alternating import Observations, improved, in_own_axes
from tastemaker_plugins.factors.folding import FoldedHistory
from tastemaker_plugins.shared.cluster_queries import strengths_query
from tastemaker_plugins.shared.half_precision import gathered, whole
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    recency,
    strengths,
    time_decay_setting,
)
from tastemaker_plugins.shared.vector_recommender import VectorRecommender
from tastemaker_plugins.shared.vector_search import able, histories_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SHARE_LEFT = 3 / 8
"""The share of the epochs where it starts from where another one has ended."""

LEAST_RIDGE = 1e-6
"""Every vector is held back a little, so that each has one solution."""

LAST_EPOCHS = 3
"""How many epochs follow those of a cluster. NDCG@10 as a share of what `fit` reaches, by time and
at random: without them .950 and .969 on Online Retail, .971 and .961 on ml-100k; with them .997
and .981, .993 and 1.008."""


@dataclass(frozen=True)
class AlsSettings(HistorySettings):
    """The settings of `als`."""

    factors: int = setting(
        96, "Number of latent factors.", low=1, high=1000, log=True, formerly=("rank",)
    )
    epochs: int = setting(
        8, "Number of epochs: items and people are fitted in turn.", low=1, high=200
    )
    unobserved_weight: float = setting(
        10.0,
        "Weight of all unobserved pairs together, as a multiple of all interactions; one pair "
        "never weighs more than an interaction.",
        low=0.1,
        high=100.0,
        log=True,
        formerly=("unobserved",),
    )
    regularization: float = setting(
        0.009, "Strength of the L2 regularization.", low=1e-5, high=1.0, log=True
    )
    frequency_scaling: float = setting(
        1.0,
        "Power of the number of interactions that the regularization grows with: 0 not at all, "
        "1 in proportion.",
        low=0.0,
        high=1.5,
        formerly=("frequency",),
    )
    time_decay: float = time_decay_setting(1.0)
    half_life: float = half_life_setting(5.0)


class Als(VectorRecommender):
    """Alternating least squares for implicit feedback; a history is folded in by one solve.

    People p and items q make the sum over the chosen of c(u, i) (1 - p(u) . q(i)) ** 2, over all of
    a (p(u) . q(i)) ** 2 and over people and items of
    lambda (sum of their c + a times how many they could have) ** f |.| ** 2 smallest; c is the
    strength of a choice, older ones weaker. Whoever is scored gets the p that does so for the
    recency weights of their history, and score(u, i) = p . q(i).

    Hu, Y., Koren, Y., Volinsky, C.: Collaborative Filtering for Implicit Feedback Datasets. ICDM
    2008. Rendle, S., Krichene, W., Zhang, L., Koren, Y.: Revisiting the Performance of iALS on Item
    Recommendation Benchmarks. RecSys 2022 (arXiv 2110.14037).
    """

    name: ClassVar[str] = "als"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Matrix factorisation by alternating least squares (implicit ALS)"
    settings_type: ClassVar[type[Settings]] = AlsSettings
    # dense data without times has its best at 20, sparse and ordered data at 10; many items that
    # people choose again and again have their best with more factors
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = (
        {"unobserved_weight": 20.0},
        {"factors": 192},
    )
    settings: AlsSettings
    spread: Float32Array
    unobserved: float

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fits people and items in turn."""
        return self._learn(data, progress, None)

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Fits with a share of the epochs from where another one has ended."""
        shape = (data.n_items, self.settings.factors)
        start = whole(before.items.vectors) if before.items.vectors.shape == shape else None
        return self._learn(data, progress, start)

    def _learn(self, data: TrainingData, progress: Progress, start: Float32Array | None) -> Self:
        chosen = strengths(data.people, self.settings.time_decay)
        self.unobserved = self._weight_of_a_pair(chosen)
        epochs = self.settings.epochs
        if start is not None:
            return self._fitted(chosen, start, max(1, round(epochs * SHARE_LEFT)), progress)
        known = np.bincount(chosen.indices, minlength=data.n_items) > 0
        return self._fitted(chosen, self._start(known, data.seed), epochs, progress)

    def _fitted(
        self, chosen: csr_array, items: Float32Array, epochs: int, progress: Progress
    ) -> Self:
        """Goes on from these items for some epochs, and takes what comes of it."""
        choosers = chosen.T.tocsr()
        sides = tuple(Observations(m.indptr, m.indices, m.data) for m in (chosen, choosers))
        people = np.zeros((chosen.shape[0], items.shape[1]), dtype=np.float32)
        for epoch in range(epochs):
            progress(epoch, epochs, "epochs")
            people, items = self._half_epoch(sides[0], items, people)
            items, people = self._half_epoch(sides[1], people, items)
        progress(epochs, epochs, "epochs")
        spread, rotation = in_own_axes(items)
        self.items = ItemVectors(items @ rotation, np.diff(choosers.indptr) > 0).finished()
        self.spread = spread * np.float32(self.unobserved)
        return self

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Fits the items' vectors on a cluster, but for the last epochs.

        What is minimised there differs a little: a pair that was not chosen weighs 1, one that was
        1 + alpha times its strength, all that was chosen should score 1, and a vector is held back
        by the number of its pairs. So everything is divided by the weight of an unobserved pair,
        with the regularization of a mean person and a mean item, and what is left of the difference
        the last epochs make up for, in this process.
        """
        settings = self.settings
        chosen = strengths(data.people, settings.time_decay)
        self.unobserved = self._weight_of_a_pair(chosen)
        n_people = len(data.people)
        size = float(chosen.sum()) / n_people + self.unobserved * data.n_items
        held = settings.regularization * size**settings.frequency_scaling
        found = cluster.factorize(
            strengths_query(data.people, settings.time_decay),
            factors=settings.factors,
            epochs=settings.epochs,
            alpha=1 / self.unobserved,
            regularization=held * n_people / (self.unobserved * chosen.nnz),
            seed=data.seed,
        )
        items = np.zeros((data.n_items, settings.factors), dtype=np.float32)
        items[found.items] = found.vectors
        return self._fitted(chosen, items, LAST_EPOCHS, progress)

    def _weight_of_a_pair(self, chosen: csr_array) -> float:
        """How much an unobserved pair weighs beside these, which were chosen."""
        n_people, n_items = chosen.shape
        filled = float(chosen.sum()) / max(1, n_people * n_items)
        return min(1.0, self.settings.unobserved_weight * filled)

    def _start(self, known: BoolArray, seed: int) -> Float32Array:
        """(n_items, factors) short random vectors; 0 for items that nobody chose."""
        shape = (len(known), self.settings.factors)
        items = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
        items *= np.float32(0.1 / np.sqrt(self.settings.factors))
        items[~known] = 0
        return items

    def _half_epoch(
        self, observed: Observations, others: Float32Array, start: Float32Array
    ) -> tuple[Float32Array, Float32Array]:
        """One side fitted to the other; both, turned into the axes of the other."""
        spread, rotation = in_own_axes(others)
        others = others @ rotation
        ridge = self._ridge(observed, len(others), spread * np.float32(self.unobserved))
        return improved(observed, others, ridge, start @ rotation), others

    def _ridge(self, observed: Observations, n_others: int, spread: Float32Array) -> Float32Array:
        """(n, factors) what holds each row back along each axis."""
        sizes = observed.totals() + self.unobserved * n_others
        growth = sizes**self.settings.frequency_scaling
        held = np.maximum(self.settings.regularization * growth, LEAST_RIDGE)
        return np.asarray(held[:, np.newaxis] + spread, dtype=np.float32)

    def profiles(self, people: People) -> Float32Array:
        """(len(people), factors) float32: the p of each; NaN for whom there is none."""
        profiles = np.empty((len(people), self.items.vectors.shape[1]), dtype=np.float32)
        weights = self._weights(people)
        for person, history in enumerate(self._folded(people, weights)):
            profiles[person] = history.person()
        profiles[~able(people, weights)] = np.nan
        return profiles

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) what each interaction counts."""
        return self.items.counted(people, recency(people, self.settings.half_life))

    def _folded(self, people: People, weights: Float32Array) -> Iterator[FoldedHistory]:
        """The history of each person."""
        vectors, settings = self.items.vectors, self.settings
        others = self.unobserved * len(vectors)
        for here in histories_of(people):
            own = weights[here]
            growth = (float(own.sum()) + others) ** settings.frequency_scaling
            held = np.float32(max(settings.regularization * growth, LEAST_RIDGE))
            taken = gathered(vectors, people.histories.items[here])
            yield FoldedHistory.of(taken, own, self.spread + held)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the score of some items.

        An interaction also changes how the others count; the share is what it adds given that, as
        in section 5 of Hu et al., and the shares add up to the score.
        """
        shares = np.empty((len(people.histories.items), items.shape[1]), dtype=np.float32)
        folded = self._folded(people, self._weights(people))
        for person, (here, history) in enumerate(zip(histories_of(people), folded, strict=True)):
            shares[here] = history.shares(gathered(self.items.vectors, items[person]))
        if not self.items.known.all():
            shares *= self.items.known[items][people.histories.rows]
        return shares

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        dense = 4 * (len(data.people) + data.n_items) * self.settings.factors * 4
        return dense + 60 * len(data.people.histories.items) + (100 << 20)

    def state(self) -> State:
        """The items' vectors, how they spread, and what scoring needs of the settings."""
        settings = self.settings
        values: dict[str, Any] = {
            "unobserved": self.unobserved,
            "regularization": settings.regularization,
            "frequency_scaling": settings.frequency_scaling,
            "half_life": settings.half_life,
        }
        return State({**self.items.arrays(), "spread": self.spread}, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        unobserved = values.pop("unobserved")  # the weight of a pair, and no setting
        restored = cls(AlsSettings.from_values(values))
        restored.unobserved = unobserved
        restored.items, restored.spread = ItemVectors.of(state.arrays), state.arrays["spread"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `als`."""
    register(Als)
