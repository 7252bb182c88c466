"""Splits: which interactions are known, and which are to be foretold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tastemaker.data import BoolArray, Float64Array, Int64Array, People
from tastemaker.errors import InputError

CUTS = (0.9, 0.8, 0.7)
"""Where the rolling cuts are made, as shares of all interactions in the order of time."""

WIDTH = 0.1
"""The share of the interactions that follows each cut and is to be foretold."""

TIMED = 0.5
"""The share of interactions whose time must be known to split by time."""


@dataclass(frozen=True)
class Split:
    """What is known and what is to be foretold, as masks over the interactions of `People`.

    Attributes:
        known: (n_interactions,) what members may learn from and see of a person.
        asked: (n_interactions,) what they are measured on.
        basis: in words, how the two were told apart.
    """

    known: BoolArray
    held_out: BoolArray
    basis: str


def timed(people: People) -> bool:
    """Whether enough times are known, and different, to split by time."""
    times = people.times[np.isfinite(people.times)]
    return len(times) > TIMED * len(people.times) and bool(times.min() < times.max())


def by_time(people: People, start: float, end: float) -> Split:
    """Asks for what happened between two shares of all interactions in the order of time.

    Interactions of the same moment stay together; those without a time count as oldest.

    Args:
        people: all histories.
        start: the share of interactions, the oldest, that are known.
        end: the share after which interactions are neither known nor asked for.
    """
    times = np.where(np.isfinite(people.times), people.times, -np.inf)
    first, last = _moment(times, start), _moment(times, end)
    basis = f"the time from {start:.0%} to {end:.0%} of the interactions"
    return Split(times < first, (times >= first) & (times < last), basis)


def _moment(times: Float64Array, share: float) -> float:
    """The time of the interaction that follows the oldest `share` of all; inf if none does."""
    place = round(share * len(times))
    return float(np.partition(times, place)[place]) if place < len(times) else np.inf


def global_time(people: People) -> tuple[Split, Split]:
    """The usual 80/10/10: a split for validation, and one for the test that knows both parts."""
    return by_time(people, 0.8, 0.9), by_time(people, 0.9, 1.0)


def last_out(people: People) -> Split:
    """Asks for the last interaction of everyone who has at least two."""
    histories = people.histories
    held_out = (histories.ages == 0) & (histories.lengths[histories.rows] >= 2)
    return Split(~held_out, held_out, "each person's last interaction")


def at_random(people: People, share: float, seed: int = 0) -> Split:
    """Asks for a share of everyone's interactions, drawn at random; at least one stays known.

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


def newcomers(people: People, split: Split) -> Int64Array:
    """The rows of the people of whom something is asked and nothing known."""
    rows, n_people = people.histories.rows, len(people)
    known = np.bincount(rows[split.known], minlength=n_people)
    held_out = np.bincount(rows[split.held_out], minlength=n_people)
    return np.flatnonzero((known == 0) & (held_out > 0))


def some(n: int, share: float, seed: int) -> BoolArray:
    """(n,) bool: a share of n, drawn at random; at least one, and not all, where there are two."""
    drawn = np.random.default_rng(seed).permutation(n)
    chosen = np.zeros(n, dtype=np.bool_)
    chosen[drawn[: min(max(round(share * n), 1), max(n - 1, 0))]] = True
    return chosen


def newest_part(people: People, share: float) -> BoolArray:
    """(n_interactions,) bool: the newest share of everyone's interactions.

    Everyone with two or more gives at least one, and keeps at least one.
    """
    histories = people.histories
    lengths = histories.lengths
    wanted = np.maximum(np.round(share * lengths), 1).astype(np.int64)
    return np.asarray(histories.ages < np.minimum(wanted, lengths - 1)[histories.rows])


def make_folds(people: People, way: str | None = None, seed: int = 0) -> tuple[Split, ...]:
    """Several splits of one kind to learn a blend on, the one nearest to what will be asked first.

    Splits with nothing known or nothing asked are left out.

    Args:
        people: all histories.
        way: one of `WAYS`: "time" asks for the future after each of some cuts, "last" for each
            person's last interaction, the last but one, and so on, "random" for interactions drawn
            at random. By time where times are known, and at random otherwise, if not given.
        seed: what is drawn at random starts from.

    Raises:
        InputError: there is no such way.
    """
    chosen = way or ("time" if timed(people) else "random")
    if chosen not in WAYS:
        raise InputError(f"There is no hold-out {way!r}. Choose one of: {', '.join(WAYS)}.")
    splits = WAYS[chosen](people, seed)
    return tuple(split for split in splits if split.known.any() and split.held_out.any())


def _rolling_cuts(people: People, seed: int) -> list[Split]:
    return [by_time(people, cut, cut + WIDTH) for cut in CUTS] if timed(people) else []


def _last_ones(people: People, seed: int) -> list[Split]:
    ages, lengths = people.histories.ages, people.histories.lengths[people.histories.rows]
    basis = "each person's last interaction"
    return [
        Split(ages > turn, (ages == turn) & (lengths >= turn + 2), basis)
        for turn in range(len(CUTS))
    ]


def _random_shares(people: People, seed: int) -> list[Split]:
    return [at_random(people, WIDTH, seed + turn) for turn in range(len(CUTS))]


WAYS: Mapping[str, Callable[[People, int], list[Split]]] = {
    "time": _rolling_cuts,
    "last": _last_ones,
    "random": _random_shares,
}
"""The ways to hold interactions out, by name."""
