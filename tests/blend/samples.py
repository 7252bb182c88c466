"""Scored cases to learn from: members that see what is relevant more or less well."""

from __future__ import annotations

import numpy as np

from tastemaker.blend import KNOTS, ScoredCases, WeightCurve, select_candidates
from tastemaker.blend.guarantee import length_groups
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array

N_ITEMS = 60


def noise_and_relevant(rng: np.random.Generator, n: int) -> tuple[Float32Array, BoolArray]:
    """Noise, and four relevant items for each of n people."""
    relevant = np.zeros((n, N_ITEMS), dtype=bool)
    relevant[:, :4] = True
    relevant = rng.permuted(relevant, axis=1)
    return rng.standard_normal((n, N_ITEMS)).astype(np.float32), relevant


def noisy(rng: np.random.Generator, relevant: BoolArray, noise: float) -> Float32Array:
    """A member that sees what is relevant through noise."""
    return (relevant + noise * rng.standard_normal(relevant.shape)).astype(np.float32)


def scored_cases(
    scores: list[Float32Array], relevant: BoolArray, length: int | Int64Array = 10
) -> ScoredCases:
    """People of whom the members give these scores, with histories of the given lengths."""
    n = len(relevant)
    candidates = select_candidates(np.stack(scores), np.zeros((n, N_ITEMS), dtype=bool), depth=30)
    found = relevant[np.arange(n)[:, None], candidates.items] & candidates.valid
    lengths = np.broadcast_to(np.asarray(length, dtype=np.int64), (n,)).copy()
    return ScoredCases(candidates, found, relevant.sum(axis=1), lengths)


def mean_ndcg(curve: WeightCurve, cases: ScoredCases) -> tuple[float, Float64Array]:
    """The mean NDCG@10 of the blend, and (n_members,) that of each member alone."""
    blend = cases.blend_ndcg(curve.at(cases.lengths), curve.carry, 10)
    return float(blend.mean()), cases.member_ndcg(10).mean(axis=1)


def assert_guaranteed(
    curve: WeightCurve, scored: list[ScoredCases], knots: tuple[int, ...] = KNOTS
) -> None:
    """The blend ranks at no length of history worse than one of its members alone."""
    for group in length_groups(knots, scored):
        assert group.blend_ndcg(curve) >= group.member_ndcg.max() - 1e-9
