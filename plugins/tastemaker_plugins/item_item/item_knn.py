"""Item-kNN: items chosen by the same people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    Cluster,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.shared.cluster_queries import (
    number,
    padded,
    strengths_query,
    strongest_query,
    summed,
)
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import AnyArray, nearest
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    strengths,
    time_decay_setting,
)


@dataclass(frozen=True)
class ItemKnnSettings(HistorySettings):
    """The settings of `item-knn`."""

    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    shrinkage: float = setting(
        0.2,
        "Shrinkage of the similarity of rare items, as a multiple of a median item's sum of "
        "squares.",
        low=0.0,
        high=100.0,
    )
    asymmetry: float = setting(
        0.7,
        "Whose popularity is divided out: the candidate's (0), both alike (0.5), the history "
        "item's (1).",
        low=0.0,
        high=1.0,
    )
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(3.0)


class ItemKnn(Linked):
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
    summary: ClassVar[str] = "Nearest neighbours between items (cosine over people)"
    on_request: ClassVar[str] = "a blend with rp3beta and ease gains nothing by it"
    settings_type: ClassVar[type[HistorySettings]] = ItemKnnSettings
    settings: ItemKnnSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds each item's nearest items."""
        matrix = strengths(data.people, self.settings.time_decay)
        known = np.bincount(matrix.indices, minlength=data.n_items) > 0
        lengths = np.diff(matrix.indptr)
        matrix.data = matrix.data / np.repeat(np.sqrt(np.maximum(lengths, 1)), lengths)
        squares = np.asarray(matrix.power(2).sum(axis=0), dtype=np.float64).ravel()
        shrinkage, share = self._shrinkage(squares), self.settings.asymmetry
        history, candidate = squares**share, squares ** (1 - share)

        def rate(common: AnyArray, sources: AnyArray, targets: AnyArray) -> AnyArray:
            return common / (history[sources] * candidate[targets] + shrinkage)

        back, k = matrix.T.tocsr(), self.settings.neighbours
        best = nearest(back, matrix, k, rate, progress, data.support)
        self.links = Links.kept(*best, known)
        return self

    def _shrinkage(self, squares: AnyArray) -> float:
        return self.settings.shrinkage * float(
            np.median(squares[squares > 0]) if squares.any() else 1
        )

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Finds each item's nearest items on a cluster."""
        settings, n_items = self.settings, data.n_items
        chosen = strengths_query(data.people, settings.time_decay)
        rows = (
            f"WITH rows AS (SELECT person, item, rating / sqrt(count(*) OVER (PARTITION BY person))"
            f" AS x FROM ({chosen})),"
            f" squares AS (SELECT item, sum(x * x) AS total FROM rows GROUP BY item) "
        )
        progress(0, 2, "sums of squares")
        squares = summed(cluster.select(f"{rows} SELECT item, total FROM squares"), n_items)
        progress(1, 2, "nearest items")
        # each pair once: what two items have in common is the same both ways
        common = (
            "SELECT a.item AS one, b.item AS other, sum(a.x * b.x) AS common FROM rows a"
            " JOIN rows b ON a.person = b.person AND a.item < b.item GROUP BY a.item, b.item"
            f" HAVING count(*) >= {data.support}"
        )
        both = (
            "SELECT explode(array(struct(one AS source, other AS target, common),"
            f" struct(other AS source, one AS target, common))) AS link FROM ({common})"
        )
        scale = (
            f"power(s.total, {number(settings.asymmetry)})"
            f" * power(t.total, {number(1 - settings.asymmetry)})"
        )
        links = (
            f"SELECT link.source, link.target, link.common / ({scale}"
            f" + {number(self._shrinkage(squares))}) AS weight FROM ({both})"
            " JOIN squares s ON s.item = link.source JOIN squares t ON t.item = link.target"
        )
        found = cluster.select(rows + strongest_query(links, settings.neighbours))
        best = padded(found, n_items, settings.neighbours)
        self.links = Links.kept(*best, squares > 0)
        progress(2, 2, "nearest items")
        return self


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `item-knn`."""
    register(ItemKnn)
