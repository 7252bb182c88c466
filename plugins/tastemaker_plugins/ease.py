"""EASE: the best linear item-item model there is in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from tastemaker import (
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)

from tastemaker_plugins.recency import recency, strengths

Float32Array = npt.NDArray[np.float32]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True)
class EaseSettings(Settings):
    """The settings of `ease`."""

    regularization: float = setting(
        10.0,
        "How much to distrust co-occurrence, as a multiple of the mean count of an item.",
        low=0.1,
        high=100.0,
        log=True,
    )
    half_life: float = setting(
        10.0,
        "Interactions after which an older one of the same person counts half.",
        low=1.0,
        high=1000.0,
        log=True,
    )
    max_items: int = setting(
        12_000,
        "Items in the matrix, the most chosen first; memory grows with its square.",
        low=1,
        high=50_000,
    )


class Ease(Recommender):
    """Embarrassingly shallow autoencoder: history times an item-item matrix in closed form.

    With X (people x items), P = (X'X + lambda I) ** -1 and B = I - P / diag(P):
    score(u, i) = sum over the history j of recency(j) * B[j, i]. Only items someone chose are in
    the matrix, at most `max_items` of them; the others score NaN, as does everything for a person
    without a history.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "ease"
    family: ClassVar[str] = "collaborative"
    settings_type: ClassVar[type[Settings]] = EaseSettings
    settings: EaseSettings
    columns: Int32Array
    links: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Inverts the item-item matrix."""
        progress(0, 3, "co-occurrence")
        matrix = strengths(data.people)
        counts = np.bincount(matrix.indices, minlength=data.n_items)
        chosen = np.argsort(-counts, kind="stable")[: self.settings.max_items]
        chosen = np.sort(chosen[counts[chosen] > 0])
        self._place(chosen, data.n_items)
        part = matrix[:, chosen]
        gram = np.asarray((part.T @ part).toarray(), dtype=np.float32)
        progress(1, 3, "inverse")
        self.links = item_weights(gram, self.settings.regularization)
        progress(3, 3, "inverse")
        return self

    def _place(self, chosen: npt.NDArray[np.int64], n_items: int) -> None:
        self.columns = np.full(n_items, -1, dtype=np.int32)
        self.columns[chosen] = np.arange(len(chosen), dtype=np.int32)

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items outside the matrix and empty histories."""
        weights = recency(people, self.settings.half_life)
        scores = people.matrix(weights)[:, self.columns >= 0] @ self.links
        result = np.full((len(people), len(self.columns)), np.nan, dtype=np.float32)
        result[:, self.columns >= 0] = scores
        known = np.bincount(
            people.histories.rows,
            (weights > 0) & (self.columns[people.histories.items] >= 0),
            minlength=len(people),
        )
        result[known == 0] = np.nan
        return result

    def state(self) -> State:
        """The matrix, where each item stands in it, and the half-life."""
        return State(
            {"columns": self.columns, "links": self.links}, {"half_life": self.settings.half_life}
        )

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(EaseSettings(half_life=float(str(state.values["half_life"]))))
        restored.columns, restored.links = state.arrays["columns"], state.arrays["links"]
        return restored


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
    factor, problem = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if problem == 0:
        factor, problem = lapack.spotri(factor, lower=1, overwrite_c=1)
    if problem:
        raise ValueError(f"The item-item matrix cannot be inverted (LAPACK says {problem}).")
    inverse = np.tril(factor) + np.tril(factor, -1).T
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.ascontiguousarray(weights)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `ease`."""
    register(Ease)
