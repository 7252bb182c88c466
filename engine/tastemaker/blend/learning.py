"""Learning the weight curve from trials, with the guarantee that no member alone does better."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.curve import CARRY, KNOTS, Curve, even
from tastemaker.blend.greedy import bagged
from tastemaker.blend.guarantee import Bucket, buckets, guaranteed
from tastemaker.blend.trials import Trial
from tastemaker.data import Float64Array

CUTOFF = 10
"""What is reported and guaranteed is NDCG at this."""

REACH = 0.5
"""How far a person speaks for other lengths of history, in log(1 + length)."""

THREADS = 4
"""At most so many knots are learnt at once; sorting, most of the work, leaves Python to others."""

CROWD = 0.2
"""A trial counts as if its best member reached at least this share of what is usual."""


@dataclass(frozen=True)
class Lesson:
    """A learnt curve and how it measured on what it was learnt from.

    Attributes:
        curve: the weights.
        buckets: NDCG at 10 of the blend and of each member, by length of history.
    """

    curve: Curve
    buckets: tuple[Bucket, ...]


def learn(
    members: Sequence[str],
    trials: Sequence[Trial],
    *,
    knots: Sequence[int] = KNOTS,
    carry: float = CARRY,
    depth: int = DEPTH,
    seed: int = 0,
) -> Lesson:
    """The weight curve that ranks the trials' people best, and never worse than a single member.

    At each knot the weights are those that greedily maximise NDCG, averaged over bags of people
    whose histories are about as long (see `bagged`); in every trial quality counts relative to its
    best member, so that an easy cut of time does not drown a hard one. Then every bucket of history
    lengths in which some member alone has a higher mean NDCG at 10 is mixed towards that member
    until it has not (see `guaranteed`).

    Args:
        members: the members' names.
        trials: of several cuts of time, with histories cut to various lengths.
        knots: the history lengths to learn weights for.
        carry: see `Curve`.
        depth: how many items each member brought to the trials' slates.
        seed: what anything random starts from.
    """
    useful = [trial for trial in trials if len(trial)]
    if not useful:
        return Lesson(even(members), ())
    scales = _scales(useful)

    def weights_at(knot: int) -> Float64Array:
        """(n_members,) what suits people whose histories are about that long."""
        odds = [_odds(*pair, knot, knots) for pair in zip(useful, scales, strict=True)]
        return bagged(useful, odds, seed)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        rows = list(pool.map(weights_at, knots))
    weights = _heard(np.array(rows), useful, knots)
    curve = Curve(tuple(members), tuple(knots), weights, carry, depth)
    curve = guaranteed(curve, useful, CUTOFF)
    return Lesson(curve, buckets(curve, knots, useful, CUTOFF))


def _scales(trials: Sequence[Trial]) -> Float64Array:
    """(n_trials,) the mean quality of each trial's best member, or a share of the usual one."""
    best = np.array([trial.alone(CUTOFF).mean(axis=1).max() for trial in trials])
    usual = float(np.median(best))
    return np.asarray(np.maximum(best, max(CROWD * usual, 1e-9)))


def _odds(trial: Trial, scale: float, knot: int, knots: Sequence[int]) -> Float64Array:
    """(n,) how likely each person is to be asked about a knot: by the nearness of the length."""
    lengths = np.clip(trial.lengths, knots[0], knots[-1])
    distance = (np.log1p(lengths) - np.log1p(knot)) / REACH
    return np.asarray((np.exp(-(distance**2)) + 1e-12) / scale)


def _heard(weights: Float64Array, trials: Sequence[Trial], knots: Sequence[int]) -> Float64Array:
    """The weights without those of members that are silent to everybody of a knot's length.

    They change no ranking, but would tell whoever reads the curve that such a member mattered.
    """
    heard = np.zeros(weights.shape, dtype=np.bool_)
    for trial in trials:
        places = np.searchsorted(np.asarray(knots), trial.lengths, side="right") - 1
        places = np.maximum(places, 0)
        for place in np.unique(places):
            heard[place] |= trial.calibrated.speaks[:, places == place].any(axis=1)
    kept = weights * heard
    kept = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, weights)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))
