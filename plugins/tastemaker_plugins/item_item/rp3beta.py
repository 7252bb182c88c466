"""RP3beta: where a random walk from an item over its people to their items ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import Progress, Recommender, TrainingData, hookimpl, setting
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import AnyArray, nearest
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    strengths,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Rp3BetaSettings(HistorySettings):
    """The settings of `rp3beta`."""

    alpha: float = setting(
        1.0,
        "Power of each step's probability: below 1 likely steps lose their lead.",
        low=0.1,
        high=2.0,
    )
    beta: float = setting(
        0.45, "Power of the candidate's popularity that is divided out.", low=0.0, high=1.0
    )
    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(3.0)


class Rp3Beta(Linked):
    """RP3beta: a random walk of three steps, with popular ends held back.

    With X (people x items, older interactions counting less), the probability of stepping from
    item j to person u is p(j, u) = X[u, j] / sum of column j, and from u to item i it is
    p(u, i) = X[u, i] / sum of row u:
    link(j, i) = sum over u of (p(j, u) * p(u, i)) ** alpha / (popularity of i) ** beta,
    the strongest kept of each j and scaled to a sum of 1;
    score(u, i) = sum over the history j of recency(j) * link(j, i).

    Paudel, B., Christoffel, F., Newell, C., Bernstein, A.: Updatable, Accurate, Diverse, and
    Scalable Recommendations for Interactive Applications. TiiS 7(1), 2017.
    """

    name: ClassVar[str] = "rp3beta"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Random walk from item to people to items (RP3beta)"
    settings_type: ClassVar[type[HistorySettings]] = Rp3BetaSettings
    settings: Rp3BetaSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Walks from every item."""
        matrix = strengths(data.people, self.settings.time_decay)
        popularity = np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
        held_back = np.maximum(popularity, np.finfo(np.float64).tiny) ** self.settings.beta

        def rate(walks: AnyArray, sources: AnyArray, targets: AnyArray) -> AnyArray:
            return walks / held_back[targets]

        steps = (_steps(matrix.T.tocsr(), self.settings), _steps(matrix, self.settings))
        k = self.settings.neighbours
        items, weights = nearest(*steps, k, rate, progress, data.support)
        sums = weights.sum(axis=1, keepdims=True)
        weights = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
        self.links = Links.kept(items, weights, popularity > 0)
        return self


def _steps(matrix: csr_array, settings: Rp3BetaSettings) -> csr_array:
    """The probability of each step from a row to a column, to the power alpha."""
    from scipy.sparse import csr_array

    sums = np.asarray(matrix.sum(axis=1)).ravel()
    lengths = np.diff(matrix.indptr)
    data = (matrix.data / np.repeat(sums, lengths)) ** settings.alpha
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `rp3beta`."""
    register(Rp3Beta)
