"""Item-kNN: items chosen by the same people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

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
from tastemaker_plugins.neighbours import Neighbours, strongest
from tastemaker_plugins.recency import recency, strengths

Float32Array = npt.NDArray[np.float32]

BLOCK = 512


@dataclass(frozen=True)
class ItemKnnSettings(Settings):
    """The settings of `item-knn`."""

    neighbours: int = setting(50, "Links kept for each item.", low=1, high=1000, log=True)
    shrinkage: float = setting(
        0.2,
        "How much to distrust rare items, as a multiple of what a middling item weighs.",
        low=0.0,
        high=100.0,
    )
    asymmetry: float = setting(
        0.7,
        "Whose popularity is divided out: the offered item's (0), both alike (0.5), "
        "the history's (1).",
        low=0.0,
        high=1.0,
    )
    fading: float = setting(
        0.5,
        "An interaction teaches half as much at this multiple of the median age of all.",
        low=0.05,
        high=1000.0,
        log=True,
    )
    half_life: float = setting(
        3.0,
        "Interactions after which an older one of the same person counts half.",
        low=0.5,
        high=1000.0,
        log=True,
    )


class ItemKnn(Recommender):
    """Item-kNN: asymmetric cosine between items over the people who chose them.

    With X (people x items, older interactions counting less), a row divided by the square root of
    how many items it has, and q(i) the sum of squares of column i:
    sim(j, i) = sum over people of X[u, j] X[u, i] / (q(j) ** a * q(i) ** (1 - a) + shrinkage),
    the strongest kept of each j; score(u, i) = sum over the history j of recency(j) * sim(j, i).

    Deshpande, M., Karypis, G.: Item-based top-N recommendation algorithms. TOIS 22(1), 2004.
    Aiolli, F.: Efficient top-N recommendation for very large scale binary rated datasets.
    RecSys 2013.
    """

    name: ClassVar[str] = "item-knn"
    family: ClassVar[str] = "collaborative"
    settings_type: ClassVar[type[Settings]] = ItemKnnSettings
    settings: ItemKnnSettings
    links: Neighbours

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds each item's nearest items, a block of items at a time."""
        matrix = strengths(data.people, self.settings.fading)
        known = np.bincount(matrix.indices, minlength=data.n_items) > 0
        lengths = np.diff(matrix.indptr)
        matrix.data = matrix.data / np.repeat(np.sqrt(np.maximum(lengths, 1)), lengths)
        squares = np.asarray(matrix.power(2).sum(axis=0), dtype=np.float64).ravel()
        by_item = matrix.T.tocsr()
        parts = []
        for first in range(0, data.n_items, BLOCK):
            progress(first, data.n_items, "nearest items")
            common = csr_array(by_item[first : first + BLOCK] @ matrix)
            parts.append(self._nearest(common, first, squares))
        items, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.links = Neighbours(items, weights, known)
        return self

    def _nearest(
        self, common: csr_array, first: int, squares: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int32], Float32Array]:
        """The strongest links of a block of items, from what they have in common with all."""
        share = self.settings.asymmetry
        middling = np.median(squares[squares > 0]) if squares.any() else 1.0
        rows = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr)) + first
        scale = squares[rows] ** share * squares[common.indices] ** (1 - share)
        scale += self.settings.shrinkage * middling
        common.data = np.where(rows == common.indices, 0.0, common.data / scale)
        return strongest(common, self.settings.neighbours)

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for unknown items and empty histories."""
        return self.links.spread(people, recency(people, self.settings.half_life))

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score."""
        weights = recency(people, self.settings.half_life)
        return self.links.shares(people, weights, item_index)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the shrunk cosine of the item's neighbours, 0 for the rest."""
        return self.links.row(item_index)

    def state(self) -> State:
        """The links and the half-life."""
        return State(self.links.arrays(), {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(ItemKnnSettings(half_life=float(str(state.values["half_life"]))))
        restored.links = Neighbours.of(state.arrays)
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `item-knn`."""
    register(ItemKnn)
