"""Worlds in which it is known whether a step function is right."""

from __future__ import annotations

import numpy as np

from tastemaker.blend import ScoredCases, select_candidates
from tastemaker.data import Float32Array

N_ITEMS, N_RELEVANT = 60, 4
BORDER = 0.0
"""A score of the second member means something above this alone."""


def world(seed: int, stepped: bool, length: int = 20, n: int = 250) -> ScoredCases:
    """People who choose by what two members score: by both evenly, or by steps of the second."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((2, n, N_ITEMS)).astype(np.float32)
    liking = scores[0] + (4.0 * (scores[1] > BORDER) if stepped else scores[1])
    return chosen_by(scores, liking, length, rng)


def misleading(seed: int, length: int = 20, n: int = 250) -> ScoredCases:
    """The stepped world with what the second member's high scores mean turned around."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((2, n, N_ITEMS)).astype(np.float32)
    return chosen_by(scores, scores[0] - 4.0 * (scores[1] > BORDER), length, rng)


def chosen_by(
    scores: Float32Array, liking: Float32Array, length: int, rng: np.random.Generator
) -> ScoredCases:
    """People who chose at random, the more likely the more they like an item."""
    noisy = liking + rng.gumbel(size=liking.shape)
    relevant = np.zeros(noisy.shape, dtype=np.bool_)
    np.put_along_axis(relevant, np.argsort(-noisy, axis=1)[:, :N_RELEVANT], True, axis=1)
    n = len(relevant)
    candidates = select_candidates(scores, np.zeros(relevant.shape, dtype=np.bool_))
    found = np.take_along_axis(relevant, candidates.items, axis=1) & candidates.valid
    return ScoredCases(
        candidates, found, np.full(n, N_RELEVANT), np.full(n, length, dtype=np.int64)
    )
