"""Greedy weights: the member that helps most is added, again and again, on bags of people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend.top_candidates import TopCandidates, drawn
from tastemaker.data import Float64Array

STEPS = 8
"""How often a member is added to a bag's blend."""

N_SAMPLES = 5
SAMPLE_SIZE = 600


def bootstrapped_weights(
    contests: Sequence[TopCandidates], odds: Sequence[Float64Array], seed: int
) -> Float64Array:
    """(n_members,) the mean of the weights that suit several bags of people drawn at random.

    A mean over bags is steadier than one choice on everybody: a member that wins on a few people
    by chance wins in few bags.

    Caruana, R. et al.: Ensemble Selection from Libraries of Models. ICML 2004.

    Args:
        contests: of the people that are drawn from.
        odds: for each contest (n,) how likely each person is to be drawn, relative to the others.
        seed: what the drawing starts from.
    """
    rng = np.random.default_rng(seed)
    shares = np.concatenate(odds)
    shares = shares / shares.sum()
    weights = np.zeros(len(contests[0].values))
    for _ in range(N_SAMPLES):
        rows = np.sort(rng.choice(len(shares), SAMPLE_SIZE, p=shares))
        weights += greedy(drawn(contests, rows))
    return np.asarray(weights / weights.sum())


def greedy(bag: TopCandidates) -> Float64Array:
    """(n_members,) weights found by forward selection with replacement."""
    totals = bag.start()
    counts, best, best_counts = np.zeros(len(bag.values)), -1.0, np.ones(len(bag.values))
    for _ in range(STEPS):
        figures = [bag.worth(totals + own) for own in bag.values]
        winner = int(np.argmax(figures))
        counts[winner] += 1
        totals += bag.values[winner]
        if figures[winner] > best:
            best, best_counts = figures[winner], counts.copy()
    return np.asarray(best_counts / best_counts.sum())
