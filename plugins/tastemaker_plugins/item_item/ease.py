"""EASE: the best linear item-item model there is in closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    PluginError,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.gram import cholesky, co_occurrence, gram_memory
from tastemaker_plugins.item_item.rare_links import (
    RareLinks,
    join_links,
    rare_items,
    rare_memory,
    regress_rare_items,
)
from tastemaker_plugins.shared.dense_links import DenseLinks
from tastemaker_plugins.shared.halves import as_halves
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import presence_of
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    strengths,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DENSE_ITEMS = 2048
"""Up to so many items the matrix is kept whole: 8 MB as it is stored, 17 as it is used. Chosen, not
measured."""

KEPT_LINKS = 200
"""Links kept of each item of a larger matrix, the strongest for and against. Of the NDCG@10 of the
whole matrix they keep .997 (Debian packages, 12,000 items, held out at random) and .991 (Online
Retail, 3,630 items, by time; with trends .998); 50 links keep .992 and .992."""

SELECTED_ROWS = 256
"""Rows whose strongest links are found at once: bounds the memory."""


def regularization_setting(default: float, high: float) -> Any:
    """The ridge of the item-item regression."""
    return setting(
        default,
        "Strength of the L2 regularization, as a multiple of the mean count of an item.",
        low=0.1,
        high=high,
        log=True,
    )


@dataclass(frozen=True)
class EaseSettings(HistorySettings):
    """The settings of `ease`."""

    regularization: float = regularization_setting(10.0, high=100.0)
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(6.0)
    dense_items: int = setting(
        8_000,
        "Number of items, the most chosen first, whose weights come from one matrix; memory grows "
        "with its square, time with its cube. Rarer items are each linked with a few of these.",
        low=1,
        high=50_000,
    )
    max_items: int = setting(
        100_000,
        "Number of items in the model at most, the most chosen first.",
        low=1,
        high=1_000_000,
    )


class Ease(Linked):
    """Embarrassingly shallow autoencoder: history times an item-item matrix in closed form.

    With X (people x items, older interactions counting less), P = (X'X + lambda I) ** -1 and
    B = I - P / diag(P): score(u, i) = sum over the history j of recency(j) * B[j, i]. The matrix
    holds the `dense_items` that most people chose; each further item is regressed on those of them
    that are most alike (see `regress_rare_items`). Items that nobody chose, and those beyond
    `max_items`, score NaN, as does everything for a person without any other in the history. Of a
    large matrix only the strongest weights of each row are kept.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "ease"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Item-item linear model in closed form (EASE)"
    settings_type: ClassVar[type[HistorySettings]] = EaseSettings
    # where many choose the same few things again and again, links need less of a ridge
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ({"regularization": 3.0},)
    settings: EaseSettings

    def memory(self, data: TrainingData) -> int:
        """The co-occurrence matrix, whose place the inverse takes, a few rows, and what is kept."""
        known = min(data.n_items, self.settings.max_items)
        n = min(known, self.settings.dense_items)
        kept = 8 * min(n, DENSE_ITEMS) ** 2 + 12 * n * KEPT_LINKS
        return (
            gram_memory(n) + 32 * n * SELECTED_ROWS + kept + rare_memory(n, known - n, KEPT_LINKS)
        )

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Inverts the item-item matrix, and regresses the items that are not in it."""
        settings = self.settings
        progress(0, 3, "co-occurrence")
        matrix = strengths(data.people, settings.time_decay)
        places, gram = co_occurrence(matrix, min(settings.dense_items, settings.max_items))
        rare = rare_items(matrix, places, settings.max_items)
        ridge = settings.regularization * float(np.diag(gram).mean()) if len(gram) else 0.0
        progress(1, 3, "rare items")
        regressed = regress_rare_items(matrix, places, gram, rare, ridge, data.support)
        progress(2, 3, "inverse")
        weights, precisions = item_weights(gram, ridge)
        drop_unsupported(weights, matrix[:, places], data.support)
        both = regressed.both_ways(places, precisions) if len(rare) else None
        self.links = kept_links(places, weights, self._factors(data), both)
        progress(3, 3, "inverse")
        return self

    def _factors(self, data: TrainingData) -> Float32Array:
        """(n_items,) what each item's scores are multiplied by."""
        return np.ones(data.n_items, dtype=np.float32)


def kept_links(
    places: Int32Array,
    weights: Float32Array,
    factors: Float32Array,
    rare: RareLinks | None = None,
) -> Links | DenseLinks:
    """What is kept of an item-item matrix: all of a small one, of others the strongest links.

    The strongest are those of the largest weight before it is multiplied.

    Args:
        places: (n,) the items of the matrix, ascending.
        weights: (n, n) the weight from each (row) to each; overwritten.
        factors: (n_items,) what the weights to an item are multiplied by.
        rare: the links of items that are not in the matrix, if there are any.
    """
    if 0 < len(places) <= DENSE_ITEMS and rare is None:
        weights *= factors[places]
        halves, unit = as_halves(weights)
        return DenseLinks(places, halves, len(factors), unit)
    items, links = _strongest(places, weights)
    known = np.zeros(len(factors), dtype=np.bool_)
    known[places] = True
    if rare is not None:
        known[rare.items] = True
        items, links = join_links(places, items, links, rare, known, KEPT_LINKS)
    halves, unit = as_halves(links * factors[items])
    return Links(items, halves, known, unit)


def _strongest(places: Int32Array, weights: Float32Array) -> tuple[Int32Array, Float32Array]:
    """(n, k) where the strongest links of each item lead, and their weights."""
    items = np.zeros((len(places), min(KEPT_LINKS, len(places))), dtype=np.int32)
    links = np.zeros(items.shape, dtype=np.float32)
    for first in range(0, len(places), SELECTED_ROWS):
        rows = weights[first : first + SELECTED_ROWS]
        best = np.argpartition(-np.abs(rows), items.shape[1] - 1, axis=1)[:, : items.shape[1]]
        best.sort(axis=1)
        part = slice(first, first + len(rows))
        items[part] = places[best]
        links[part] = np.take_along_axis(rows, best, axis=1)
    return items, links


def item_weights(gram: Float32Array, ridge: float) -> tuple[Float32Array, Float32Array]:
    """B = I - P / diag(P) with P the inverse of the regularised Gram matrix; zero diagonal.

    Args:
        gram: (n, n) float32, overwritten.
        ridge: what is added to its diagonal.

    Returns:
        (n, n) float32 B, and (n,) float32 the diagonal of P.
    """
    from scipy.linalg import lapack

    if not len(gram):
        return gram, np.zeros(0, dtype=np.float32)
    inverse, problem = lapack.spotri(cholesky(gram, ridge), lower=1, overwrite_c=1)
    if problem:
        raise PluginError(f"The item-item matrix cannot be inverted (LAPACK reports {problem}).")
    weights = np.ascontiguousarray(inverse.T)
    _mirror(weights)
    precisions = np.diag(weights).copy()
    weights /= -precisions
    np.fill_diagonal(weights, 0.0)
    return weights, precisions


def drop_unsupported(weights: Float32Array, matrix: csr_array, support: int) -> None:
    """Sets the weights between items that too few people chose both of to 0, in place.

    Args:
        weights: (n, n) from each item of the matrix to each.
        matrix: sparse (n_people, n) what people chose of these items.
        support: how many people are enough; with 1 all weights stay as they are.
    """
    if support <= 1:
        return
    on = presence_of(matrix)
    back = on.T.tocsr()
    for first in range(0, len(weights), SELECTED_ROWS):
        part = slice(first, first + SELECTED_ROWS)
        weights[part] *= (back[part] @ on).toarray() >= support


def _mirror(matrix: Float32Array) -> None:
    """Copies what is above the diagonal to below it, in squares that the cache holds."""
    for first in range(0, len(matrix), SELECTED_ROWS):
        last = first + SELECTED_ROWS
        square = matrix[first:last, first:last]
        square[:] = np.triu(square) + np.triu(square, 1).T
        for other in range(last, len(matrix), SELECTED_ROWS):
            beside = slice(other, other + SELECTED_ROWS)
            matrix[beside, first:last] = matrix[first:last, beside].T


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `ease`."""
    register(Ease)
