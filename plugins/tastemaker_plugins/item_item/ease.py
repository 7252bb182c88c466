"""EASE: the best linear item-item model there is in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_array

from tastemaker import (
    Float32Array,
    Int32Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.gram import co_occurrence, gram_memory
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    recency,
    strengths,
    time_decay_setting,
)

SHORT = 128
"""Up to so many interactions of one person, their rows are copied for a dense product; beyond, the
product is sparse. Chosen, not measured."""


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
    max_items: int = setting(
        12_000,
        "Number of items in the model at most, the most chosen first; memory grows with its "
        "square.",
        low=1,
        high=50_000,
    )


class Ease(Recommender):
    """Embarrassingly shallow autoencoder: history times an item-item matrix in closed form.

    With X (people x items, older interactions counting less), P = (X'X + lambda I) ** -1 and
    B = I - P / diag(P): score(u, i) = sum over the history j of recency(j) * B[j, i]. Only items
    someone chose are in the matrix, at most `max_items` of them; the others score NaN, as does
    everything for a person without any of them in the history.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "ease"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Item-item linear model in closed form (EASE)"
    settings_type: ClassVar[type[HistorySettings]] = EaseSettings
    settings: EaseSettings
    places: Int32Array
    links: Float32Array
    n_items: int

    def memory(self, data: TrainingData) -> int:
        """The co-occurrence matrix; the inverse takes its place."""
        return gram_memory(min(data.n_items, self.settings.max_items))

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Inverts the item-item matrix."""
        progress(0, 2, "co-occurrence")
        matrix = strengths(data.people, self.settings.time_decay)
        places, gram = co_occurrence(matrix, self.settings.max_items)
        progress(1, 2, "inverse")
        self._take(places, item_weights(gram, self.settings.regularization), data.n_items)
        progress(2, 2, "inverse")
        return self

    def _take(self, places: Int32Array, links: Float32Array, n_items: int) -> None:
        self.places, self.links, self.n_items = places, links, n_items
        # where each item stands in the matrix: -1 for those that are not in it
        self._columns = np.full(n_items, -1, dtype=np.int32)
        self._columns[places] = np.arange(len(places), dtype=np.int32)

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items outside the matrix and empty histories."""
        weights, columns = self._counting(people)
        counted = np.flatnonzero(weights)
        rows = people.histories.rows[counted]
        starts = np.searchsorted(rows, np.arange(len(people) + 1))
        if not len(self.places):
            return np.full((len(people), self.n_items), np.nan, dtype=np.float32)
        scores = _products(weights[counted], columns[counted], starts, self.links)
        result = np.take(scores, np.maximum(self._columns, 0), axis=1)
        result[:, self._columns < 0] = np.nan
        result[np.diff(starts) == 0] = np.nan
        return result

    def _counting(self, people: People) -> tuple[Float32Array, Int32Array]:
        """(n_interactions,) how much each counts, and its item's place in the matrix."""
        columns = self._columns[people.histories.items]
        return recency(people, self.settings.half_life) * (columns >= 0), columns

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score."""
        weights, columns = self._counting(people)
        column = self._columns[item_index]
        if column < 0 or not len(columns):
            return np.zeros(len(columns), dtype=np.float32)
        shares: Float32Array = weights * self.links[columns, column]
        return shares

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the weights from the item to every other."""
        result = np.full(self.n_items, np.nan, dtype=np.float32)
        column = self._columns[item_index]
        if column >= 0:
            result[self.places] = self.links[column]
        return result

    def state(self) -> State:
        """The matrix, the items it is of, and the half-life."""
        return State(
            {"places": self.places, "links": self.links},
            {"n_items": self.n_items, "half_life": self.settings.half_life},
        )

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(cls.settings_type.from_values(state.values))
        n_items = int(str(state.values["n_items"]))
        restored._take(state.arrays["places"], state.arrays["links"], n_items)
        return restored


def _products(
    weights: Float32Array,
    columns: Int32Array,
    indptr: Int64Array,
    links: Float32Array,
) -> Float32Array:
    """(n_rows, n) each row's weights times the rows of `links` that they stand for."""
    if len(indptr) == 2 and len(columns) <= SHORT:
        return np.asarray(weights @ links[columns])[np.newaxis]
    shape = (len(indptr) - 1, len(links))
    return np.asarray(csr_array((weights, columns, indptr), shape=shape) @ links)


def item_weights(gram: Float32Array, regularization: float) -> Float32Array:
    """B = I - P / diag(P) with P the inverse of the regularised Gram matrix; zero diagonal.

    Args:
        gram: (n, n) float32, overwritten.
        regularization: a multiple of the mean of its diagonal.
    """
    if not len(gram):
        return gram
    diagonal = np.einsum("ii->i", gram)
    diagonal += regularization * diagonal.mean()
    # the transpose is in the order LAPACK wants, so that it works in place
    factor, problem = lapack.spotrf(gram.T, lower=1, overwrite_a=1)
    if problem == 0:
        factor, problem = lapack.spotri(factor, lower=1, overwrite_c=1)
    if problem:
        raise ValueError(f"The item-item matrix cannot be inverted (LAPACK reports {problem}).")
    weights = np.ascontiguousarray(factor.T)
    for row in range(len(weights)):
        weights[row + 1 :, row] = weights[row, row + 1 :]
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    return weights


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `ease`."""
    register(Ease)
