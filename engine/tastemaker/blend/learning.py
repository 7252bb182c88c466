"""Learning the weight curve from trials, with the guarantee that no member alone does better."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.curve import KNOTS, WeightCurve, uniform_weights
from tastemaker.blend.greedy import bootstrapped_weights
from tastemaker.blend.guarantee import Bucket, buckets, guaranteed
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array, Int64Array

CUTOFF = 10
"""What is reported and guaranteed is NDCG at this."""

REACH = 0.5
"""How far a person speaks for other lengths of history, in log(1 + length)."""

THREADS = 4
"""At most so many knots are learnt at once; sorting, most of the work, leaves Python to others."""

CROWD = 0.2
"""A trial counts as if its best member reached at least this share of what is usual."""


@dataclass(frozen=True)
class RawWeights:
    """Weights as they were learnt, and who would stand in for them.

    Attributes:
        curve: the weights.
        best: (n_knots,) int64 which member alone ranks best for people near each knot.
    """

    curve: WeightCurve
    best: Int64Array

    def moved(self, shares: Float64Array) -> WeightCurve:
        """The curve with the weights of each knot moved so far (n_knots,) towards its best member.

        0 leaves them as they are, 1 is that member alone.
        """
        weights = self.curve.weights * (1 - shares)[:, np.newaxis]
        weights[np.arange(len(weights)), self.best] += shares
        return replace(self.curve, weights=weights)


@dataclass(frozen=True)
class FittedWeights:
    """A learnt curve and how it measured on what it was learnt from.

    Attributes:
        curve: the weights.
        buckets: NDCG at 10 of the blend and of each member, by length of history.
    """

    curve: WeightCurve
    buckets: tuple[Bucket, ...]


def fit_weights(
    members: Sequence[str], trials: Sequence[ScoredCases], *, seed: int = 0
) -> FittedWeights:
    """The weight curve that ranks the trials' people best, and never worse than a single member.

    Args:
        members: the members' names.
        trials: of several cuts of time, with histories cut to various lengths.
        seed: what anything random starts from.
    """
    if not any(len(trial) for trial in trials):
        return FittedWeights(uniform_weights(members), ())
    return apply_guarantee(fit_raw_weights(members, trials, seed=seed).curve, trials)


def fit_raw_weights(
    members: Sequence[str], trials: Sequence[ScoredCases], *, seed: int = 0
) -> RawWeights:
    """The weights that rank the trials' people best.

    At each knot the weights are those that greedily maximise NDCG, averaged over bags of people
    whose histories are about as long (see `bootstrapped_weights`). Quality counts relative to the
    best member of each group of cases, so that an easy fold does not drown a hard one.

    Args:
        members: the members' names.
        trials: of several cuts of time, with histories cut to various lengths; somebody is in them.
        seed: what anything random starts from.
    """
    useful = [trial for trial in trials if len(trial)]
    alone = [trial.alone(CUTOFF) for trial in useful]
    scales = scales_of(alone)
    near = [nearness(*pair, KNOTS) for pair in zip(useful, scales, strict=True)]
    contests = [trial.top_candidates for trial in useful]

    def weights_at(place: int) -> Float64Array:
        """(n_members,) what suits people whose histories are about as long as that knot."""
        return bootstrapped_weights(contests, [odds[place] for odds in near], seed)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        rows = list(pool.map(weights_at, range(len(KNOTS))))
    weights = _heard(np.array(rows), useful, KNOTS)
    merits = np.sum([odds @ own.T for odds, own in zip(near, alone, strict=True)], axis=0)
    best = np.argmax(merits, axis=1).astype(np.int64)
    return RawWeights(WeightCurve(tuple(members), KNOTS, weights), best)


def apply_guarantee(curve: WeightCurve, trials: Sequence[ScoredCases]) -> FittedWeights:
    """The curve with the guarantee that no member alone does better, and how it measures.

    Every bucket of history lengths in which some member alone has a higher mean NDCG at 10 is mixed
    towards that member until it has not (see `guaranteed`).
    """
    useful, knots = [trial for trial in trials if len(trial)], curve.knots
    curve = guaranteed(curve, useful, CUTOFF)
    return FittedWeights(curve, buckets(curve, knots, useful, CUTOFF))


def scales_of(alone: Sequence[Float64Array]) -> Float64Array:
    """(n_trials,) the mean quality of each trial's best member, or a share of the usual one."""
    best = np.array([figures.mean(axis=1).max() for figures in alone])
    usual = float(np.median(best))
    return np.asarray(np.maximum(best, max(CROWD * usual, 1e-9)))


def nearness(trial: ScoredCases, scale: float, knots: Sequence[int]) -> Float64Array:
    """(n_knots, n) how much each person of a trial says about a knot: by how near the length is.

    Args:
        trial: the people.
        scale: how high quality is in that trial; it counts relative to that.
        knots: history lengths.
    """
    lengths = np.clip(trial.lengths, knots[0], knots[-1])
    distance = (np.log1p(lengths) - np.log1p(np.asarray(knots))[:, np.newaxis]) / REACH
    return np.asarray((np.exp(-(distance**2)) + 1e-12) / scale)


def _heard(
    weights: Float64Array, trials: Sequence[ScoredCases], knots: Sequence[int]
) -> Float64Array:
    """The weights without those of members that are silent to everybody of a knot's length.

    They change no ranking, but would tell whoever reads the curve that such a member mattered.
    """
    heard = np.zeros(weights.shape, dtype=np.bool_)
    for trial in trials:
        places = np.searchsorted(np.asarray(knots), trial.lengths, side="right") - 1
        places = np.maximum(places, 0)
        for place in np.unique(places):
            heard[place] |= trial.calibrated.informative[:, places == place].any(axis=1)
    kept = weights * heard
    kept = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, weights)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))
