"""SLIM: each item foretold by a few others, by a non-negative elastic net."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import coo_array, csr_array

from tastemaker import (
    Float32Array,
    Int32Array,
    Int64Array,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.gram import common
from tastemaker_plugins.item_item.linked import Linked
from tastemaker_plugins.item_item.neighbours import Neighbours, strongest
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    fading_setting,
    half_life_setting,
    strengths,
)

CELLS = 4_000_000
"""Cells of the matrices solved at once: bounds the memory."""


@dataclass(frozen=True)
class SlimSettings(HistorySettings):
    """The settings of `slim`."""

    shrinkage: float = setting(
        2.0,
        "How strongly weights are kept small, as a multiple of the mean count of an item.",
        low=0.0,
        high=100.0,
    )
    sparsity: float = setting(
        0.1,
        "How much two items must have in common to be linked, as a multiple of the mean count.",
        low=0.0,
        high=10.0,
    )
    candidates: int = setting(
        80, "Items that may foretell an item: those most alike.", low=1, high=500, log=True
    )
    rounds: int = setting(8, "Passes over the weights of each item.", low=1, high=100, log=True)
    neighbours: int = setting(50, "Links kept of each item.", low=1, high=1000, log=True)
    max_items: int = setting(
        12_000,
        "Items that are linked, the most chosen first; memory grows with its square.",
        low=1,
        high=50_000,
    )
    fading: float = fading_setting(0.5)
    half_life: float = half_life_setting(6.0)


class Slim(Linked):
    """Sparse linear method: every column of X as a sum of others, weights not below zero.

    With X (people x items, older interactions counting less), for each item i:
    minimise |X[:, i] - X w| ** 2 / 2 + shrinkage * |w| ** 2 / 2 + sparsity * |w|_1 with w >= 0 and
    w[i] = 0, over the `candidates` items most alike (cosine), by `rounds` of coordinate descent;
    score(u, i) = sum over the history j of recency(j) * w[j].

    Ning, X., Karypis, G.: SLIM: Sparse Linear Methods for Top-N Recommender Systems. ICDM 2011.
    """

    name: ClassVar[str] = "slim"
    family: ClassVar[str] = "collaborative"
    settings_type: ClassVar[type[HistorySettings]] = SlimSettings
    settings: SlimSettings

    def memory(self, data: TrainingData) -> int:
        """The matrix of what items have in common, sparse and dense, and what is solved at once."""
        n = min(data.n_items, self.settings.max_items)
        return 12 * n * n + 16 * CELLS

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the weights of every item."""
        settings = self.settings
        progress(0, data.n_items, "co-occurrence")
        matrix = strengths(data.people, settings.fading)
        places, gram = common(matrix, settings.max_items)
        links = self._links(gram, places, data.n_items, progress)
        known = np.zeros(data.n_items, dtype=np.bool_)
        known[places] = True
        self.links = Neighbours(*strongest(links, settings.neighbours), known)
        return self

    def _links(
        self, gram: Float32Array, places: Int32Array, n_items: int, progress: Progress
    ) -> csr_array:
        """Sparse (n_items, n_items): the weight of each item (row) in foretelling each other."""
        settings, n = self.settings, len(gram)
        k = max(0, min(settings.candidates, n - 1))
        shape = (n_items, n_items)
        shrinkage, sparsity = (
            np.float32(share * np.trace(gram) / max(1, n))
            for share in (settings.shrinkage, settings.sparsity)
        )
        nothing = np.zeros(0, dtype=np.int64)
        found = [(np.zeros(0, dtype=np.float32), nothing, nothing)]
        step = CELLS // (k * k + 1) + 1
        for first in range(0, n if k else 0, step):
            progress(first, n, "elastic net")
            targets = np.arange(first, min(first + step, n))
            candidates = alike(gram, targets, k)
            weights = elastic_net(gram, targets, candidates, shrinkage, sparsity, settings.rounds)
            row, column = np.nonzero(weights)
            found.append((weights[row, column], candidates[row, column], targets[row]))
        weights, sources, offered = (np.concatenate(part) for part in zip(*found, strict=True))
        return coo_array((weights, (places[sources], places[offered])), shape=shape).tocsr()


def alike(gram: Float32Array, targets: Int64Array, k: int) -> Int64Array:
    """(len(targets), k) the items whose columns have the greatest cosine with each target's."""
    cosines = gram[targets] / np.sqrt(np.diag(gram))
    cosines[np.arange(len(targets)), targets] = -1.0
    return np.argpartition(-cosines, k - 1, axis=1)[:, :k]


def elastic_net(
    gram: Float32Array,
    targets: Int64Array,
    candidates: Int64Array,
    shrinkage: np.float32,
    sparsity: np.float32,
    rounds: int,
) -> Float32Array:
    """Weights that foretell each target from its candidates, by coordinate descent.

    All targets take the same step at once: the t-th weight of each is set to its best value while
    the others stay.

    Args:
        gram: (n, n) float32, how much items have in common.
        targets: (n_targets,) items.
        candidates: (n_targets, k) items to foretell each from.
        shrinkage: of the squares of weights.
        sparsity: of the weights.
        rounds: how often every weight is set.

    Returns:
        (n_targets, k) float32, not negative.
    """
    columns = np.ascontiguousarray(candidates.T)
    # inner[t, b] is what the t-th candidate of target b has in common with all candidates of b
    inner = gram[columns[:, :, np.newaxis], candidates]
    squares = np.diag(gram)[columns]
    weights = np.zeros_like(squares)
    # what each candidate has in common with its target, less what the weights explain already
    left = gram[targets[:, np.newaxis], candidates] - sparsity
    for _ in range(rounds):
        for t, own in enumerate(inner):
            best = (left[:, t] + squares[t] * weights[t]) / (squares[t] + shrinkage)
            step = np.maximum(best, 0) - weights[t]
            weights[t] += step
            left -= step[:, np.newaxis] * own
    return weights.T


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `slim`."""
    register(Slim)
