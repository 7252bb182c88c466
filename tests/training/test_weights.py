from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.blend.test_member_subset import trial as scored_cases

from tastemaker.blend import fit_weights
from tastemaker.training.weights import learn_weights


@pytest.mark.parametrize("seed", range(3))
def test_members_without_weight_are_left_out_and_the_guarantee_holds_for_the_others(
    seed: int,
) -> None:
    everything = scored_cases([0, 1, 2, 3])
    # a member that scores the opposite of another one is never of use
    values = everything.candidates.values.copy()
    values[0] += everything.relevant * np.float32(4)
    values[3] = -values[0]
    cases = [replace(everything, candidates=replace(everything.candidates, values=values))]
    names = ["good", "noise", "other noise", "bad"]
    fitted, measured = learn_weights(names, [cases], seed)
    assert measured is fitted.curve
    assert "good" in fitted.curve.members
    assert "bad" not in fitted.curve.members
    assert set(fitted.buckets[0].alone) == set(fitted.curve.members)
    for bucket in fitted.buckets:
        assert bucket.blend >= max(bucket.alone.values()) - 1e-9


def test_where_all_members_have_weight_all_stay() -> None:
    everything = scored_cases([0, 1])
    once = fit_weights(["a", "b"], [everything], seed=0)
    assert (once.curve.weights.max(axis=0) > 0.1).all()
    fitted, _ = learn_weights(["a", "b"], [[everything]], 0)
    assert np.array_equal(fitted.curve.weights, once.curve.weights)


def test_what_is_measured_has_not_seen_the_latest_fold() -> None:
    everything = scored_cases([0, 1])
    values = everything.candidates.values.copy()
    values[0] = everything.relevant
    values[1] = -values[0]
    good = replace(everything, candidates=replace(everything.candidates, values=values))
    bad = replace(good, candidates=replace(good.candidates, values=values[::-1].copy()))
    for latest, older, knows in ((bad, good, "a"), (good, bad, "b")):
        _, measured = learn_weights(["a", "b"], [[latest], [older], [older]], 0)
        assert measured.weights[-1, measured.members.index(knows)] == 1
