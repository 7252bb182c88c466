from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.blend.samples import assert_guaranteed

from tastemaker.blend.member_subset import keep_scores
from tastemaker.training.served_weights import learn_served_weights

from .samples import informed

NAMES = ["good", "copy", "noise", "bad"]


def test_whoever_retrieves_is_a_member_even_without_weight() -> None:
    cases = informed()
    learned = learn_served_weights(NAMES, [cases], ["good", "bad"])
    curve = learned.curve
    for own in (curve, learned.measured):
        assert own.retrievers == ("good", "bad")
        assert own.weights[:, own.members.index("bad")].max() == 0
    rows = [NAMES.index(name) for name in curve.members]
    assert_guaranteed(curve, [keep_scores(one, rows) for one in cases])


def test_where_everybody_retrieves_nobody_is_named() -> None:
    curve = learn_served_weights(NAMES, [informed()], []).curve
    assert curve.retrievers == ()
    assert "bad" not in curve.members


def test_what_is_measured_has_not_seen_the_latest_fold() -> None:
    good = informed()
    values = [one.candidates.values[[3, 1, 2, 0]] for one in good]
    misled = [
        replace(one, candidates=replace(one.candidates, values=own))
        for one, own in zip(good, values, strict=True)
    ]
    folds = [misled, informed(1), informed(2)]
    measured = learn_served_weights(["a", "b", "c", "d"], folds, ["a", "b", "d"]).measured
    without_copy = measured.weights[-1, measured.members.index("d")]
    assert np.isclose(without_copy, 0)
