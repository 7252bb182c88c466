"""Greedy weights: the member that helps most is added, again and again, on bags of people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend.candidates import SUNK
from tastemaker.blend.combination import foremost
from tastemaker.blend.trials import Trial, joined
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array
from tastemaker.metrics import ndcg

CUTOFFS = (10, 100)
"""What is maximised is the mean NDCG at these; the second one steadies the first."""

STEPS = 8
"""How often a member is added to a bag's blend."""

BAGS = 5
BAG_SIZE = 600

CHANCE = np.float32(1e-3)
"""How far chance decides: no further than where the members chosen so far have nothing to say."""


def bagged(trials: Sequence[Trial], odds: Sequence[Float64Array], seed: int) -> Float64Array:
    """(n_members,) the mean of the weights that suit several bags of people drawn at random.

    A mean over bags is steadier than one choice on everybody: a member that wins on a few people
    by chance wins in few bags.

    Caruana, R. et al.: Ensemble Selection from Libraries of Models. ICML 2004.

    Args:
        trials: where the people are from.
        odds: for each trial (n,) how likely each person is to be drawn, relative to the others.
        seed: what the drawing starts from.
    """
    rng = np.random.default_rng(seed)
    starts = np.cumsum([0, *(len(trial) for trial in trials)])
    shares = np.concatenate(odds)
    shares = shares / shares.sum()
    weights = np.zeros(trials[0].n_members)
    for _ in range(BAGS):
        drawn = np.sort(rng.choice(len(shares), BAG_SIZE, p=shares))
        parts = [
            trial.select(drawn[(drawn >= start) & (drawn < start + len(trial))] - start)
            for trial, start in zip(trials, starts, strict=False)
        ]
        weights += greedy(joined([part for part in parts if len(part)]))
    return np.asarray(weights / weights.sum())


def greedy(bag: Trial) -> Float64Array:
    """(n_members,) weights found by forward selection with replacement."""
    values, totals, relevant = _foremost(bag)
    counts, best, best_counts = np.zeros(len(values)), -1.0, np.ones(len(values))
    for _ in range(STEPS):
        figures = [_worth(totals + own, relevant, bag.n_relevant) for own in values]
        winner = int(np.argmax(figures))
        counts[winner] += 1
        totals += values[winner]
        if figures[winner] > best:
            best, best_counts = figures[winner], counts.copy()
    return np.asarray(best_counts / best_counts.sum())


def _foremost(bag: Trial) -> tuple[Float32Array, Float32Array, BoolArray]:
    """The calibrated values, the totals to start from, and the relevance, of a bag's candidates.

    Only of those that could come first: a member has them among its first, as many as count.
    """
    values, valid = bag.calibrated.values, bag.slate.valid
    first = np.zeros(valid.shape, dtype=np.bool_)
    for own in values:
        first |= foremost(np.where(valid, own, -np.inf), max(CUTOFFS))
    width = int(np.count_nonzero(first & valid, axis=1).max())
    rows = np.arange(len(bag))[:, None]
    order = np.argsort(~(first & valid), axis=1, kind="stable")[:, :width]
    # as flat places: gathering is faster than by rows and columns
    values = values.reshape(len(values), -1).take(rows * valid.shape[1] + order, axis=1)
    # without it relevant items would come first among equals, or those of a low index
    totals = np.random.default_rng(0).random(order.shape, dtype=np.float32) * CHANCE
    np.copyto(totals, SUNK, where=~valid[rows, order])
    return values, totals, bag.relevant[rows, order]


def _worth(totals: Float32Array, relevant: BoolArray, n_relevant: Int64Array) -> float:
    """The mean NDCG at the cutoffs of a ranking by totals.

    Relevance rides in the last bit of what is sorted, where it decides nothing: sorting numbers is
    several times as fast as sorting places.
    """
    keys = (-totals).view(np.int32)
    keys &= ~1
    keys |= ~relevant
    ranked = _least(keys.view(np.float32), max(CUTOFFS))
    hits = (ranked.view(np.int32) & 1) == 0
    return float(np.mean([ndcg(hits, n_relevant, k).mean() for k in CUTOFFS]))


def _least(keys: Float32Array, count: int) -> Float32Array:
    """(n, count) the least of each row, ascending; parting first is twice as fast as sorting all.

    Overwrites what it is given.
    """
    if count < keys.shape[1]:
        keys.partition(count, axis=1)
    return np.sort(keys[:, :count], axis=1)
