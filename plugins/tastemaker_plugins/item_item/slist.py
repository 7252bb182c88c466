"""SLIST: what follows what in people's histories, as a linear model in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    People,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.ease import (
    KEPT_LINKS,
    drop_unsupported,
    kept_links,
    regularization_setting,
)
from tastemaker_plugins.item_item.gram import cholesky
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    decay_weights,
    half_life_setting,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import coo_array

_Pairs: TypeAlias = tuple[Float32Array, Int32Array, Int32Array]
"""What pairs of items weigh, and the two items of each."""

ADDED_PAIRS = 10_000_000
"""Pairs of interactions added to a matrix at once: bounds the memory."""


@dataclass(frozen=True)
class SlistSettings(HistorySettings):
    """The settings of `slist`."""

    distance_decay: float = setting(
        10.0,
        "Positions in a history after which a pair of items counts 1/e as much.",
        low=0.5,
        high=50.0,
        log=True,
    )
    regularization: float = regularization_setting(1.0, high=100.0)
    max_items: int = setting(
        8_000,
        "Number of items in the model at most, the most chosen first; memory grows with its "
        "square, time with its cube.",
        low=1,
        high=50_000,
    )
    time_decay: float = time_decay_setting(4.0)
    half_life: float = half_life_setting(2.0)


class Slist(Linked):
    """SLIST: the linear map from what a person had chosen to what the person chose after it.

    Each history is split at every place: before it stand the items that are known, the nearest
    weighing most, after it those to predict. Summed up over all splits, that makes
    D[j, i] = sum over i following j at a distance d of exp(-(d - 1) / distance_decay), and C the
    same for two items whichever comes first, exp(-d / distance_decay), with how often each
    item was chosen on its diagonal. Older pairs count less, by the square roots of what is left of
    both interactions.
    B = (C + lambda I) ** -1 D, without its diagonal; score(u, i) = sum over the history j of
    recency(j) * B[j, i]. Without times nobody knows what followed what: everything scores NaN.

    Choi, M. et al.: Session-aware Linear Item-Item Models for Session-based Recommendation.
    WWW 2021 (with a window in place of whole sessions).
    """

    name: ClassVar[str] = "slist"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "often follows {items}"
    summary: ClassVar[str] = "Item-item linear model of what follows what (SLIST)"
    settings_type: ClassVar[type[HistorySettings]] = SlistSettings
    settings: SlistSettings

    def memory(self, data: TrainingData) -> int:
        """Both matrices, a copy of one, and the pairs that are added at once."""
        n = min(data.n_items, self.settings.max_items)
        return 16 * n * n + 60 * ADDED_PAIRS + 12 * n * KEPT_LINKS

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Adds up what follows what, and solves for the links."""
        people = data.people.take(np.isfinite(data.people.times) & (data.people.weights > 0))
        places = most_chosen(people, self.settings.max_items)
        progress(0, 2, "pairs")
        follows, beside = self._pairs(people, places)
        progress(1, 2, "links")
        weights = solved(beside, follows, self.settings.regularization)
        np.fill_diagonal(weights, 0.0)
        drop_unsupported(weights, people.presence()[:, places], data.support)
        self.links = kept_links(places, weights, np.ones(data.n_items, dtype=np.float32))
        progress(2, 2, "links")
        return self

    def _pairs(self, people: People, places: Int32Array) -> tuple[Float32Array, Float32Array]:
        """(n, n) what each item (column) weighs after each other (row), and C (see the class)."""
        n, settings = len(places), self.settings
        decay = decay_weights(people, settings.time_decay)
        follows = np.zeros((n, n), dtype=np.float32)
        beside = np.zeros((n, n), dtype=np.float32)
        fall = np.float32(np.exp(-1 / settings.distance_decay))
        for pairs in _added(people, places, decay, settings):
            follows[pairs.row, pairs.col] += pairs.data
            beside[pairs.row, pairs.col] += pairs.data * fall
            beside[pairs.col, pairs.row] += pairs.data * fall
        numbers = _numbers(people, places)
        known = numbers >= 0
        counts = np.bincount(numbers[known], decay[known], minlength=n)
        np.einsum("ii->i", beside)[:] += counts.astype(np.float32)
        return follows, beside


def window_of(distance_decay: float) -> int:
    """The distance at which a pair counts 1/e ** 4: those further apart are left out.

    Nearer, the matrix of pairs would lose what makes it solvable.
    """
    return int(np.ceil(4 * distance_decay))


def most_chosen(people: People, max_items: int) -> Int32Array:
    """The items that were chosen most often, at most so many, ascending."""
    counts = np.bincount(people.histories.items, minlength=people.n_items)
    order = np.argsort(-counts, kind="stable")[:max_items]
    return np.sort(order[counts[order] > 0]).astype(np.int32)


def solved(gram: Float32Array, targets: Float32Array, regularization: float) -> Float32Array:
    """(n, n) the B of the least regularised error: (gram + lambda I) B = targets.

    Args:
        gram: (n, n) float32, symmetric; overwritten.
        targets: (n, n) float32.
        regularization: lambda as a multiple of the mean of the diagonal.
    """
    from scipy.linalg import lapack

    if not len(gram):
        return gram
    ridge = regularization * float(np.diag(gram).mean())
    found, _ = lapack.spotrs(cholesky(gram, ridge), targets, lower=1)
    return np.ascontiguousarray(found)


def _numbers(people: People, places: Int32Array) -> Int32Array:
    """(n_interactions,) the place of each item among those of the model; -1 for others."""
    numbers = np.full(people.n_items, -1, dtype=np.int32)
    numbers[places] = np.arange(len(places), dtype=np.int32)
    return numbers[people.histories.items]


def _added(
    people: People, places: Int32Array, decay: Float32Array, settings: SlistSettings
) -> Iterator[coo_array]:
    """Sparse (n, n) parts of what follows what, which add up to all of it."""
    numbers, rows, times = _numbers(people, places), people.histories.rows, people.times
    roots, found = np.sqrt(decay), list[_Pairs]()
    for distance in range(1, min(window_of(settings.distance_decay), len(numbers) - 1) + 1):
        pair = rows[distance:] == rows[:-distance]
        pair &= (numbers[distance:] >= 0) & (numbers[:-distance] >= 0)
        before, after = numbers[:-distance][pair], numbers[distance:][pair]
        fall = np.float32(np.exp(-(distance - 1) / settings.distance_decay))
        weights = roots[distance:][pair] * roots[:-distance][pair] * fall
        together = times[distance:][pair] == times[:-distance][pair]
        found.append((weights, before, after))
        found.append((weights[together], after[together], before[together]))
        if sum(len(own) for own, _, _ in found) >= ADDED_PAIRS:
            yield _summed(found, len(places))
            found = []
    yield _summed(found, len(places))


def _summed(found: Sequence[_Pairs], n: int) -> coo_array:
    """Sparse (n, n): the pairs, each once."""
    from scipy.sparse import coo_array

    nothing = np.zeros(0, dtype=np.int32)
    found = [(nothing.astype(np.float32), nothing, nothing), *found]
    weights, before, after = (np.concatenate(part) for part in zip(*found, strict=True))
    return coo_array((weights, (before, after)), shape=(n, n)).tocsr().tocoo()


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `slist`."""
    register(Slist)
