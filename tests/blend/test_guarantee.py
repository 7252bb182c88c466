from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import WeightCurve, apply_guarantee
from tastemaker.blend.guarantee import length_groups

from .samples import assert_guaranteed, noise_and_relevant, noisy, scored_cases


@pytest.mark.parametrize("seed", range(8))
def test_the_guarantee_holds_for_any_curve_and_any_members(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scored = []
    for _ in range(3):
        noise, relevant = noise_and_relevant(rng, 60)
        scores = [noisy(rng, relevant, factor) for factor in rng.uniform(0.5, 3, 3)]
        for member in scores:
            member[rng.random(len(member)) < 0.2] = np.nan
        scored.append(scored_cases([noise, *scores], relevant, rng.integers(0, 90, 60)))
    knots = (0, 1, 2, 5, 10, 20, 50)
    curve = WeightCurve(tuple("abcd"), knots, rng.dirichlet(np.full(4, 0.2), len(knots)))
    assert_guaranteed(apply_guarantee(curve, scored), scored, knots)
    groups = length_groups(knots, scored)
    assert sum(len(cases) for group in groups for cases in group.scored) == 180


def test_interpolation_towards_a_misleading_neighbour_is_ended_by_a_knot() -> None:
    rng = np.random.default_rng(5)
    scored = []
    for length, good in ((9, 0), (10, 1)):
        noise, relevant = noise_and_relevant(rng, 60)
        scores = [noise, -relevant.astype(np.float32)]
        scores[good] = noisy(rng, relevant, 0.1)
        scores[1 - good] = -relevant.astype(np.float32) * np.float32(9)
        scored.append(scored_cases(scores, relevant, length))
    curve = WeightCurve(("a", "b"), (0, 10), np.array([[0.5, 0.5], [0.5, 0.5]]))
    held = apply_guarantee(curve, scored)
    assert held.knots == (0, 9, 10)
    assert_guaranteed(held, scored, (0, 10))
