"""How much each interaction counts: when a person is scored, and when a model is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tastemaker import BoolArray, Float32Array, Float64Array, People, Settings, setting

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SECONDS_A_DAY = 86_400.0

MOST_TIMES = 3
"""So often one person's choices of an item count at most. Of a shop where people buy again, the
NDCG@10 of `ease-trending` was .1715 so, .1692 where all count, and .1672 where one counts; that of
`svd-trending` .1641, .1659 and .1586."""


def half_life_setting(default: float) -> Any:
    """The half-life of interactions at scoring time."""
    return setting(
        default,
        "Half-life of an interaction's weight when a person is scored, in later interactions of "
        "that person.",
        low=0.5,
        high=1000.0,
        log=True,
    )


def time_decay_setting(default: float) -> Any:
    """The half-life of interactions in training."""
    return setting(
        default,
        "Half-life of an interaction's weight in training, as a multiple of the median age of all "
        "interactions.",
        low=0.05,
        high=1000.0,
        log=True,
        formerly=("fading",),
    )


@dataclass(frozen=True)
class HistorySettings(Settings):
    """The base of the settings of recommenders that score people by their histories."""

    half_life: float = half_life_setting(10.0)


def recency(people: People, half_life: float) -> Float32Array:
    """How much each interaction counts when a person is scored: the newest most.

    People forget ever more slowly, so the weight falls as a power and not exponentially: by half
    within `half_life` positions, but only to a third within twice as many.

    Wixted, J., Ebbesen, E.: On the form of forgetting. Psychological Science 2(6), 1991.

    Args:
        people: whose histories.
        half_life: in interactions of the same person.

    Returns:
        (n_interactions,) float32: the kind's weight over 1 + age / half_life; 0 for kinds
        without a positive weight.
    """
    return people.once(("recency", half_life), lambda: _recency(people, half_life))


def _recency(people: People, half_life: float) -> Float32Array:
    weights = people.ages / half_life
    weights += 1
    np.divide(np.maximum(people.weights, 0), weights, out=weights)
    weights.flags.writeable = False
    return weights


def counting(people: People, weights: Float32Array) -> BoolArray:
    """(n_people,) who has an interaction that counts.

    Args:
        people: whose histories.
        weights: (n_interactions,) float32, how much each counts, not below 0.
    """
    if len(people) == 1:
        return np.array([weights.any()])
    return np.bincount(people.histories.rows, weights, minlength=len(people)) > 0


def strengths(people: People, time_decay: float = np.inf) -> csr_array:
    """How strongly each person chose each item, from 0 to 1, for training.

    The weights of the kinds add up to at most the weight of the strongest kind: where all kinds
    weigh alike this is plain presence, and ten views of weight 0.1 are as good as one purchase.

    Args:
        people: whose histories.
        time_decay: the half-life of interactions, as a multiple of the median age of all.

    Returns:
        Sparse (n_people, n_items) float32 without stored zeros.
    """
    matrix = people.matrix(np.maximum(people.weights, 0) * decay_weights(people, time_decay))
    matrix.eliminate_zeros()
    if matrix.nnz:
        np.minimum(matrix.data / people.weights.max(), 1.0, out=matrix.data)
    return matrix


def chosen_counts(people: People, decay: Float32Array | None = None) -> Float64Array:
    """How often each item was chosen, by nobody more than `MOST_TIMES` times.

    The weights of what a person did with an item add up to at most so many times the weight of the
    strongest kind: whoever chooses it a thousand times alone makes nothing popular.

    Args:
        people: whose histories.
        decay: (n_interactions,) float32, what age leaves of each interaction; all of it if None.

    Returns:
        (n_items,) float64.
    """
    weights = np.maximum(people.weights, 0)
    chosen = people.matrix(weights if decay is None else weights * decay)
    capped = np.minimum(chosen.data, MOST_TIMES * weights.max(initial=0))
    counts = np.bincount(chosen.indices, capped, minlength=people.n_items)
    return counts.astype(np.float64)


def decay_weights(people: People, time_decay: float) -> Float32Array:
    """What age leaves of each interaction's weight in training.

    Args:
        people: whose histories.
        time_decay: the half-life of interactions, as a multiple of the median age of all.

    Returns:
        (n_interactions,) float32: 1 for the newest of all, 1/2 at `time_decay` times the median
        age; 1 for all where no time is known, or all have the same.
    """
    times = people.times
    known = np.isfinite(times)
    if not known.any():
        return np.ones(len(times), dtype=np.float32)
    ages = times[known].max() - times[known]
    median = float(np.median(ages))
    if median <= 0:
        return np.ones(len(times), dtype=np.float32)
    # what has no time is taken to be of the median age
    weights = np.full(len(times), np.exp2(-1 / time_decay), dtype=np.float32)
    weights[known] = np.exp2(-ages / (median * time_decay))
    return weights
