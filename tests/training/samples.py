"""Scored cases of members that know, copy, guess and mislead."""

from __future__ import annotations

import numpy as np

from tastemaker.blend import Candidates, ScoredCases

PEOPLE, ITEMS = 120, 200


def informed(seed: int = 0) -> list[ScoredCases]:
    """Full and truncated histories, scored by one that knows, its copy, a guess, its opposite."""
    return [_scored(seed, 20), _scored(seed + 100, 1)]


def _scored(seed: int, length: int) -> ScoredCases:
    rng = np.random.default_rng(seed)
    relevant = rng.random((PEOPLE, ITEMS)) < 0.05
    relevant[:, 0] = True
    noise = rng.normal(size=(2, PEOPLE, ITEMS))
    knowing = 3 * relevant + noise[0]
    values = np.array([knowing, knowing, noise[1], -knowing], dtype=np.float32)
    items = np.tile(np.arange(ITEMS, dtype=np.int64), (PEOPLE, 1))
    return ScoredCases(
        Candidates(items, np.ones(items.shape, dtype=np.bool_), values),
        relevant,
        relevant.sum(axis=1).astype(np.int64),
        np.full(PEOPLE, length, dtype=np.int64),
    )
