from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.blend.samples import assert_guaranteed
from tests.blend.test_member_subset import cases_of

from tastemaker.blend import fit_weights, keep_members
from tastemaker.data import TrainingData
from tastemaker.holdout.methods import make_folds
from tastemaker.holdout.splits import Split
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import Candidate
from tastemaker.training.learning import LearnedBlend, TrainingContext, learn_blend, taught
from tastemaker.training.steps import Steps

from .conftest import KNN, POPULAR, community, named


def learnt(
    registry: Registry, candidates: Sequence[Candidate], data: TrainingData, cuts: Sequence[Split]
) -> LearnedBlend:
    steps = Steps(no_progress, len(candidates) * (len(cuts) + 1))
    return learn_blend(TrainingContext(registry, data, cuts, Deadline(900), steps), candidates)


def test_the_member_that_knows_gets_the_weight_and_the_others_are_left_out(
    registry: Registry,
) -> None:
    data = community()
    made = learnt(registry, named(registry, "fixed", KNN), data, make_folds(data.people))
    assert made.missing == ()
    assert made.notes == ()
    assert made.basis == "the time from 90% to 100% of the interactions"
    assert set(made.measures) == {"fixed", KNN, "blend"}
    assert made.measures[KNN]["ndcg@10"] > made.measures["fixed"]["ndcg@10"]
    assert made.measures["blend"]["ndcg@10"] >= made.measures[KNN]["ndcg@10"]
    assert made.curve.weights[-1, made.curve.members.index(KNN)] == 1


def test_nothing_to_ask_about_the_latest_cut(registry: Registry) -> None:
    data = community()
    latest, middle, oldest = make_folds(data.people)
    # what came after the latest cut is what everybody had before
    nothing = replace(latest, held_out=latest.known)
    made = learnt(registry, named(registry, POPULAR, KNN), data, [nothing, middle, oldest])
    assert made.measures == {}
    assert made.basis == ""
    assert KNN in made.curve.members
    only = learnt(registry, named(registry, POPULAR, KNN), data, [nothing])
    assert (only.measures, only.basis) == ({}, "")
    assert "Too little data" in only.notes[0]
    assert np.allclose(only.curve.weights, 0.5)


def test_without_any_cut_everybody_has_the_same_weight(registry: Registry) -> None:
    made = learnt(registry, named(registry, POPULAR, KNN), community(), [])
    assert np.allclose(made.curve.weights, 0.5)
    assert "Too little data" in made.notes[0]


def test_only_one_cut_is_said(registry: Registry) -> None:
    data = community()
    made = learnt(registry, named(registry, POPULAR, KNN), data, make_folds(data.people)[:1])
    assert "only one cut" in made.notes[0]
    assert made.measures["blend"]


def test_who_fails_at_any_cut_is_out(registry: Registry) -> None:
    data = community()
    candidates = named(registry, KNN, "popular")
    broken = Candidate(candidates[1].plugin, {"no_such_setting": 1})
    made = learnt(registry, [candidates[0], broken], data, make_folds(data.people))
    assert made.curve.members == (KNN,)
    (missing,) = made.missing
    assert "no_such_setting" in missing.problem
    assert not missing.declined


def test_short_of_time_the_best_stays_and_learns_from_the_first_cut_alone(
    registry: Registry,
) -> None:
    data, looks = community(), itertools.count()
    # the time is over once the first cut has been fitted
    deadline = Deadline(10.0, lambda: 0.0 if next(looks) < 3 else 100.0)
    cuts = make_folds(data.people)
    course = TrainingContext(registry, data, cuts, deadline, Steps(no_progress, 6))
    made = learn_blend(course, named(registry, "fixed", KNN))
    assert made.curve.members == (KNN,)
    (missing,) = made.missing
    assert missing.candidate.name == "fixed" and missing.declined
    assert "Short of time: learnt on 1 of 3 cuts." in made.notes
    assert made.measures["blend"]["ndcg@10"] == made.measures[KNN]["ndcg@10"] > 0


@pytest.mark.parametrize("seed", range(3))
def test_who_has_no_weight_is_left_out_and_the_guarantee_holds_for_the_others(seed: int) -> None:
    everybody = cases_of([0, 1, 2, 3])
    # a member that says the opposite of another one is never of use
    values = everybody.candidates.values.copy()
    values[0] += everybody.relevant * np.float32(4)
    values[3] = -values[0]
    trials = [replace(everybody, candidates=replace(everybody.candidates, values=values))]
    names = ["good", "noise", "other noise", "bad"]
    curve, measured = taught(names, [trials], seed)
    assert measured is curve
    assert "good" in curve.members
    assert "bad" not in curve.members
    kept = [keep_members(one, [names.index(name) for name in curve.members]) for one in trials]
    assert_guaranteed(curve, kept)


def test_where_all_have_weight_all_stay() -> None:
    everybody = cases_of([0, 1])
    once = fit_weights(["a", "b"], [everybody], seed=0)
    assert (once.weights.max(axis=0) > 0.1).all()
    curve, _ = taught(["a", "b"], [[everybody]], 0)
    assert np.array_equal(curve.weights, once.weights)


def test_what_is_measured_has_not_seen_the_latest_cut() -> None:
    everybody = cases_of([0, 1])
    values = everybody.candidates.values.copy()
    values[0] = everybody.relevant
    values[1] = -values[0]
    good = replace(everybody, candidates=replace(everybody.candidates, values=values))
    bad = replace(good, candidates=replace(good.candidates, values=values[::-1].copy()))
    for latest, older, knows in ((bad, good, "a"), (good, bad, "b")):
        _, measured = taught(["a", "b"], [[latest], [older], [older]], 0)
        assert measured.weights[-1, measured.members.index(knows)] == 1
