"""SLIM: each item predicted from a few others, by a non-negative elastic net."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.gram import most_chosen_items
from tastemaker_plugins.item_item.predictors import (
    WHOLE_GRAM_ITEMS,
    CoOccurrence,
    Systems,
    co_occurrence_memory,
    co_occurrence_of,
)
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import strongest, supported_links
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    strengths,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SOLVED_CELLS = 4_000_000
"""Cells of the matrices solved at once: bounds the memory."""

MANY_INTERACTIONS = 5_000_000
"""Of more, only so many items are in the model as have a dense matrix: the others would take an
hour. Estimated, not measured."""


@dataclass(frozen=True)
class SlimSettings(HistorySettings):
    """The settings of `slim`."""

    l2_regularization: float = setting(
        2.0,
        "Strength of the L2 regularization, as a multiple of the mean count of an item.",
        low=0.0,
        high=100.0,
        formerly=("shrinkage",),
    )
    l1_regularization: float = setting(
        0.1,
        "Strength of the L1 regularization, as a multiple of the mean count of an item; the "
        "higher, the fewer neighbours.",
        low=0.0,
        high=10.0,
        formerly=("sparsity",),
    )
    n_predictors: int = setting(
        80,
        "Number of items that each item is predicted from: those most alike.",
        low=1,
        high=500,
        log=True,
        formerly=("candidates",),
    )
    epochs: int = setting(
        8,
        "Number of epochs: passes of coordinate descent over the weights.",
        low=1,
        high=100,
        log=True,
        formerly=("rounds",),
    )
    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    max_items: int = setting(
        100_000,
        "Number of items in the model at most, the most chosen first.",
        low=1,
        high=1_000_000,
    )
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(6.0)


class Slim(Linked):
    """Sparse linear method: every column of X as a sum of others, weights not below zero.

    With X (people x items, older interactions counting less), for each item i:
    minimise |X[:, i] - X w| ** 2 / 2 + l2 * |w| ** 2 / 2 + l1 * |w|_1 with w >= 0 and w[i] = 0,
    over the `n_predictors` items most alike (cosine), by `epochs` of coordinate descent;
    score(u, i) = sum over the history j of recency(j) * w[j].

    Ning, X., Karypis, G.: SLIM: Sparse Linear Methods for Top-N Recommender Systems. ICDM 2011.
    """

    name: ClassVar[str] = "slim"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Sparse item-item linear model (SLIM), by an elastic net"
    settings_type: ClassVar[type[HistorySettings]] = SlimSettings
    settings: SlimSettings

    def memory(self, data: TrainingData) -> int:
        """The co-occurrence of the items, and the systems of what is solved at once."""
        n = min(data.n_items, self._most_items(len(data.people.histories.items)))
        solved = min(n, SOLVED_CELLS // (self.settings.n_predictors**2 + 1) + 1)
        shared = co_occurrence_memory(n, len(data.people.histories.items))
        return shared + 20 * min(n, WHOLE_GRAM_ITEMS) * solved + 16 * SOLVED_CELLS

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the weights of every item."""
        settings = self.settings
        progress(0, data.n_items, "co-occurrence")
        matrix = strengths(data.people, settings.time_decay)
        places = most_chosen_items(matrix, self._most_items(matrix.nnz))
        common = co_occurrence_of(matrix[:, places])
        links = self._links(common, places, data.n_items, progress)
        links = supported_links(links, matrix.T.tocsr(), matrix, 0, data.support)
        known = np.zeros(data.n_items, dtype=np.bool_)
        known[places] = True
        self.links = Links.kept(*strongest(links, settings.neighbours), known)
        return self

    def _most_items(self, n_interactions: int) -> int:
        """How many items are in the model at most."""
        most = self.settings.max_items
        return most if n_interactions <= MANY_INTERACTIONS else min(most, WHOLE_GRAM_ITEMS)

    def _links(
        self, common: CoOccurrence, places: Int32Array, n_items: int, progress: Progress
    ) -> csr_array:
        """Sparse (n_items, n_items): the weight of each item (row) in predicting each other."""
        from scipy.sparse import coo_array

        settings, n = self.settings, len(places)
        k = max(0, min(settings.n_predictors, n - 1))
        shape = (n_items, n_items)
        mean = float(common.squares.sum()) / max(1, n)
        l2, l1 = (
            np.float32(share * mean)
            for share in (settings.l2_regularization, settings.l1_regularization)
        )
        nothing = np.zeros(0, dtype=np.int64)
        found = [(np.zeros(0, dtype=np.float32), nothing, nothing)]
        step = SOLVED_CELLS // (k * k + 1) + 1
        for first in range(0, n if k else 0, step):
            progress(first, n, "elastic net")
            targets = np.arange(first, min(first + step, n))
            systems = common.systems(targets, k)
            weights = elastic_net(systems, l2, l1, settings.epochs)
            row, column = np.nonzero(weights)
            found.append((weights[row, column], systems.predictors[row, column], targets[row]))
        weights, sources, predicted = (np.concatenate(part) for part in zip(*found, strict=True))
        return coo_array((weights, (places[sources], places[predicted])), shape=shape).tocsr()


def elastic_net(systems: Systems, l2: np.float32, l1: np.float32, epochs: int) -> Float32Array:
    """Weights that predict each target from its predictors, by coordinate descent.

    All targets take the same step at once: the t-th weight of each is set to its best value while
    the others stay.

    Args:
        systems: what each target is predicted from.
        l2: the regularization of the squares of weights.
        l1: the regularization of the weights.
        epochs: how often every weight is set.

    Returns:
        (n_targets, k) float32, not negative.
    """
    squares = np.einsum("tbt->tb", systems.inner)
    weights = np.zeros_like(squares)
    # the co-occurrence of each predictor with its target, less what the weights explain already
    left = systems.cross - l1
    for _ in range(epochs):
        for t, own in enumerate(systems.inner):
            best = (left[:, t] + squares[t] * weights[t]) / (squares[t] + l2)
            step = np.maximum(best, 0) - weights[t]
            weights[t] += step
            left -= step[:, np.newaxis] * own
    return np.asarray(weights.T)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `slim`."""
    register(Slim)
