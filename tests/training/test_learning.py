from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

import numpy as np

from tastemaker.data import TrainingData
from tastemaker.holdout.methods import make_folds
from tastemaker.holdout.splits import Split
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, no_progress
from tastemaker.training.building import build
from tastemaker.training.context import TrainingContext
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import choose
from tastemaker.training.learning import LearnedBlend, learn_blend
from tastemaker.training.steps import Steps
from tastemaker_plugins.item_item.item_knn import ItemKnn

from .conftest import KNN, POPULAR, community, named


class Resuming(ItemKnn):
    """Notes from how many interactions it starts, and on how many it is fitted."""

    name: ClassVar[str] = "resuming"
    started: ClassVar[list[tuple[int, int]]] = []
    size: int

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns anew."""
        self.size = len(data.people.times)
        return super().fit(data, progress)

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Notes what it could start from."""
        self.started.append((before.size, len(data.people.times)))
        return self.fit(data, progress)


def learnt(
    registry: Registry, participants: Sequence[Plugin], data: TrainingData, splits: Sequence[Split]
) -> LearnedBlend:
    steps = Steps(no_progress, len(participants) * (len(splits) + 1))
    context = TrainingContext(registry, data, splits, Deadline(900), steps)
    return learn_blend(context, participants)


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


def test_nothing_held_out_on_the_latest_fold(registry: Registry) -> None:
    data = community()
    latest, middle, oldest = make_folds(data.people)
    # what came after on the latest fold is what everybody had before
    nothing = replace(latest, held_out=latest.known)
    made = learnt(registry, named(registry, POPULAR, KNN), data, [nothing, middle, oldest])
    assert made.measures == {}
    assert made.basis == ""
    assert KNN in made.curve.members
    only = learnt(registry, named(registry, POPULAR, KNN), data, [nothing])
    assert (only.measures, only.basis) == ({}, "")
    assert "Too little data" in only.notes[0]
    assert np.allclose(only.curve.weights, 0.5)


def test_without_any_fold_all_have_the_same_weight(registry: Registry) -> None:
    made = learnt(registry, named(registry, POPULAR, KNN), community(), [])
    assert np.allclose(made.curve.weights, 0.5)
    assert "Too little data" in made.notes[0]


def test_a_single_fold_is_noted(registry: Registry) -> None:
    data = community()
    made = learnt(registry, named(registry, POPULAR, KNN), data, make_folds(data.people)[:1])
    assert "only one fold" in made.notes[0]
    assert made.measures["blend"]


def test_a_recommender_that_fails_on_any_fold_is_left_out(registry: Registry) -> None:
    data = community()
    knn, popular = named(registry, KNN, "popular")
    broken = popular.configured({"no_such_setting": 1})
    made = learnt(registry, [knn, broken], data, make_folds(data.people))
    assert made.curve.members == (KNN,)
    (missing,) = made.missing
    assert "no_such_setting" in missing.problem
    assert not missing.declined


def test_short_of_time_the_best_stays_and_learns_from_the_first_fold_alone(
    registry: Registry,
) -> None:
    data, looks = community(), itertools.count()
    # the time is over once the first fold has been fitted
    deadline = Deadline(10.0, lambda: 0.0 if next(looks) < 3 else 100.0)
    splits = make_folds(data.people)
    context = TrainingContext(registry, data, splits, deadline, Steps(no_progress, 6))
    made = learn_blend(context, named(registry, "fixed", KNN))
    assert made.curve.members == (KNN,)
    (missing,) = made.missing
    assert missing.name == "fixed" and missing.declined
    assert "Short of time: learnt on 1 of 3 folds." in made.notes
    assert made.measures["blend"]["ndcg@10"] == made.measures[KNN]["ndcg@10"] > 0


def test_members_that_can_start_from_an_earlier_fit_do(registry: Registry) -> None:
    Resuming.started.clear()
    data = community()
    # the guarantee keeps whoever ranks best alone
    resuming, knn = choose(Registry([Resuming]), {}, ("resuming", KNN))
    built = build(Registry([Resuming]), [resuming, knn], data, no_progress)
    assert "resuming" in built.curve.members
    known = [int(split.known.sum()) for split in make_folds(data.people)]
    # the middle fold from the oldest, the last fit from the latest fold
    assert Resuming.started == [(known[2], known[1]), (known[0], len(data.people.times))]


def test_of_many_people_few_members_bring_candidates_and_the_cost_is_measured() -> None:
    data = community(n_people=300, n_items=400, length=8)
    registry = Registry([])
    made = learnt(registry, named(registry, POPULAR, KNN, "ease"), data, make_folds(data.people))
    assert made.retrieval is not None
    assert set(made.curve.retrievers) <= set(made.curve.members)
    assert made.curve.retrievers
    assert made.retrieval.quality > 0.99
    assert made.retrieval.candidates <= made.retrieval.all_candidates
    assert set(made.left_out) | set(made.curve.members) >= {POPULAR, KNN, "ease"}
