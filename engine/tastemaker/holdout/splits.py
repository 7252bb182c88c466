"""Splits: which interactions are known, and which are held out to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.data import BoolArray, Float64Array, People

TIMED = 0.5
"""The share of interactions whose time must be known to split by time. Chosen, not measured."""

LAST = "each person's last interaction"


@dataclass(frozen=True)
class Split:
    """What is known and what is held out, as masks over the interactions of `People`.

    Attributes:
        known: (n_interactions,) what members may learn from and see of a person.
        held_out: (n_interactions,) what they are to predict.
        description: in words, what is held out.
    """

    known: BoolArray
    held_out: BoolArray
    description: str


def timed(people: People) -> bool:
    """Whether enough times are known, and different, to split by time."""
    times = people.times[np.isfinite(people.times)]
    return len(times) > TIMED * len(people.times) and bool(times.min() < times.max())


def by_time(people: People, start: float, end: float) -> Split:
    """Holds out what happened between two shares of all interactions in the order of time.

    Interactions of the same moment stay together; those without a time count as oldest.

    Args:
        people: all histories.
        start: the share of interactions, the oldest, that are known.
        end: the share after which interactions are neither known nor held out.
    """
    times = np.where(np.isfinite(people.times), people.times, -np.inf)
    first, last = _moment(times, start), _moment(times, end)
    description = f"the time from {start:.0%} to {end:.0%} of the interactions"
    return Split(times < first, (times >= first) & (times < last), description)


def _moment(times: Float64Array, share: float) -> float:
    """The time of the interaction that follows the oldest `share` of all; inf if none does."""
    place = round(share * len(times))
    return float(np.partition(times, place)[place]) if place < len(times) else np.inf


def last_out(people: People) -> Split:
    """Holds out the last interaction of everyone who has at least two."""
    histories = people.histories
    held_out = (histories.ages == 0) & (histories.lengths[histories.rows] >= 2)
    return Split(~held_out, held_out, LAST)


def at_random(people: People, share: float, seed: int = 0) -> Split:
    """Holds out a share of everyone's interactions, drawn at random; at least one stays known.

    Everyone with two or more gives at least one.
    """
    histories = people.histories
    drawn = np.random.default_rng(seed).random(len(histories.items))
    order = np.lexsort((drawn, histories.rows))
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order)) - histories.indptr[histories.rows]
    lengths = histories.lengths
    wanted = np.maximum(np.round(share * lengths), 1).astype(np.int64)
    held_out = places < np.minimum(wanted, lengths - 1)[histories.rows]
    return Split(~held_out, held_out, f"{share:.0%} of everyone's interactions, drawn at random")


def random_share(n: int, share: float, seed: int) -> BoolArray:
    """(n,) bool: a share of n, drawn at random; at least one, and not all, where there are two."""
    drawn = np.random.default_rng(seed).permutation(n)
    chosen = np.zeros(n, dtype=np.bool_)
    chosen[drawn[: min(max(round(share * n), 1), max(n - 1, 0))]] = True
    return chosen


def newest_share(people: People, share: float) -> BoolArray:
    """(n_interactions,) bool: the newest share of everyone's interactions.

    Everyone with two or more gives at least one, and keeps at least one.
    """
    histories = people.histories
    lengths = histories.lengths
    wanted = np.maximum(np.round(share * lengths), 1).astype(np.int64)
    return np.asarray(histories.ages < np.minimum(wanted, lengths - 1)[histories.rows])
