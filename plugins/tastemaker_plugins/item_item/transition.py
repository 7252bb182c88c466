"""Transitions: what people chose soon after an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Cluster,
    Float32Array,
    Int32Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.shared.cluster_queries import (
    decay_query,
    number,
    padded,
    strongest_query,
    summed,
)
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import strongest
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    decay_weights,
    half_life_setting,
    time_decay_setting,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class TransitionSettings(HistorySettings):
    """The settings of `transition`."""

    window: int = setting(
        5, "Largest distance in a history at which one item follows another.", low=1, high=50
    )
    distance_decay: float = setting(
        0.8,
        "Factor by which a transition's weight falls with each further position.",
        low=0.1,
        high=1.0,
        formerly=("decay",),
    )
    shrinkage: float = setting(
        5.0,
        "Added to each item's count, so that the transitions of rare items count less.",
        low=0.0,
        high=100.0,
        formerly=("smoothing",),
    )
    time_decay: float = time_decay_setting(0.5)
    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    half_life: float = half_life_setting(3.0)


class Transition(Linked):
    """Transitions: how often one item follows another within a few positions of a history.

    N[a, b] = sum over all histories of distance_decay ** (distance - 1) for b up to `window`
    positions after a, older ones counting less, and what one person chose n times an nth each;
    items of the same moment follow each other both ways.
    T[a, b] = N[a, b] / (sum of N[a] + shrinkage);
    score(u, b) = sum over the history a of recency(a) * T[a, b]. Without times nobody knows what
    followed what, and everything scores NaN.

    Rendle, S. et al.: Factorizing Personalized Markov Chains for Next-Basket Recommendation.
    WWW 2010 (the unfactorised chain).
    """

    name: ClassVar[str] = "transition"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "often follows {items}"
    summary: ClassVar[str] = "What people chose soon after an item (first-order Markov chain)"
    settings_type: ClassVar[type[HistorySettings]] = TransitionSettings
    settings: TransitionSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts what follows what."""
        shares = following_shares(data, self.settings, progress)
        known = np.bincount(at_known_times(data.people).histories.items, minlength=data.n_items) > 0
        self.links = Links.kept(*strongest(shares, self.settings.neighbours), known)
        return self

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Counts what follows what on a cluster."""
        settings, n_items = self.settings, data.n_items
        progress(0, 1, "transitions")
        timed = "FROM interactions WHERE time IS NOT NULL AND weight > 0"
        decay = decay_query(at_known_times(data.people), settings.time_decay)
        decay += " / count(*) OVER (PARTITION BY person, item)"
        # what comes after each interaction, the next one first
        steps = (
            "SELECT person, item, time, collect_list(struct(item, time, decay)) OVER"
            " (PARTITION BY person ORDER BY place ROWS BETWEEN 1 FOLLOWING"
            f" AND {settings.window} FOLLOWING) AS later"
            f" FROM (SELECT person, place, item, time, {decay} AS decay {timed})"
        )
        pairs = (
            "SELECT person, item AS before, next.item AS after, next.time = time AS together,"
            f" next.decay * power({number(settings.distance_decay)}, distance) AS weight"
            f" FROM ({steps}) LATERAL VIEW posexplode(later) AS distance, next"
            " WHERE next.item <> item"
        )
        both = (
            f"WITH pairs AS ({pairs}) SELECT person, before, after, weight FROM pairs UNION ALL"
            " SELECT person, after, before, weight FROM pairs WHERE together"
        )
        counts = (
            f"SELECT before, after, sum(weight) AS count FROM ({both}) GROUP BY before, after"
            f" HAVING count(DISTINCT person) >= {data.support}"
        )
        links = (
            "SELECT before AS source, after AS target, count / (sum(count) OVER (PARTITION BY"
            f" before) + {number(settings.shrinkage)}) AS weight FROM ({counts})"
        )
        found = cluster.select(strongest_query(links, settings.neighbours))
        seen = cluster.select(f"SELECT item, count(*) AS total {timed} GROUP BY item")
        best = padded(found, n_items, settings.neighbours)
        self.links = Links.kept(*best, summed(seen, n_items) > 0)
        progress(1, 1, "transitions")
        return self


def following_shares(
    data: TrainingData, settings: TransitionSettings, progress: Progress
) -> csr_array:
    """Sparse (n_items, n_items) T: the share of each item in what follows another."""
    from scipy.sparse import coo_array, csr_array

    people = at_known_times(data.people)
    shape = (data.n_items, data.n_items)
    decay = decay_weights(people, settings.time_decay) / times_chosen(people)
    counts = csr_array(shape, dtype=np.float64)
    seen = [np.zeros((3, 0), dtype=np.int64)]
    for distance in range(1, settings.window + 1):
        progress(distance - 1, settings.window, "transitions")
        weights, pairs, who = _pairs(people, decay, distance)
        weights *= settings.distance_decay ** (distance - 1)
        counts = counts + coo_array((weights, pairs), shape=shape).tocsr()
        seen += [np.array((who, *pairs), dtype=np.int64)] if data.support > 1 else []
    if data.support > 1:
        counts = rested_on(counts, np.concatenate(seen, axis=1), data.support)
    sums = np.asarray(counts.sum(axis=1)) + settings.shrinkage
    counts.data = counts.data / np.repeat(sums, np.diff(counts.indptr))
    return counts


def _pairs(
    people: People, decay: Float32Array, distance: int
) -> tuple[Float32Array, tuple[Int32Array, Int32Array], Int64Array]:
    """What each pair of items that many positions apart counts, the pairs, and whose it is."""
    items, rows, times = people.histories.items, people.histories.rows, people.times
    follows = rows[distance:] == rows[:-distance]
    follows &= items[distance:] != items[:-distance]
    before, after = items[:-distance][follows], items[distance:][follows]
    weights = decay[distance:][follows]
    together = times[distance:][follows] == times[:-distance][follows]
    pairs = (
        np.concatenate((before, after[together])),
        np.concatenate((after, before[together])),
    )
    who = rows[distance:][follows]
    weights = np.concatenate((weights, weights[together]))
    return weights, pairs, np.concatenate((who, who[together]))


def rested_on(counts: csr_array, seen: Int64Array, support: int) -> csr_array:
    """The counts of what at least so many people did.

    Args:
        counts: sparse (n_items, n_items), what follows what.
        seen: (3, n) a person, and two of the person's items that followed each other.
        support: how many people are enough.
    """
    from scipy.sparse import coo_array, csr_array

    _, before, after = np.unique(seen, axis=1)
    one_each = np.ones(len(before), dtype=np.float32)
    people = coo_array((one_each, (before, after)), shape=counts.shape).tocsr()
    people.data = (people.data >= support).astype(np.float32)
    kept = csr_array(counts.multiply(people))
    kept.eliminate_zeros()
    return kept


def times_chosen(people: People) -> Float32Array:
    """(n_interactions,) how often the person had to do with the item of each."""
    keys = people.histories.rows * people.n_items + people.histories.items
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(counts[places], dtype=np.float32)


def at_known_times(people: People) -> People:
    """The same people with only the interactions that say what followed what."""
    return people.take(np.isfinite(people.times) & (people.weights > 0))


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `transition`."""
    register(Transition)
