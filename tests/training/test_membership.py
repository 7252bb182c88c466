"""Who was learnt from, on a small set; benchmarks/membership.py is the long form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import ClassVar, Self

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from tastemaker import Float32Array, People, Progress, Recommender, State, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker.testing.membership import (
    FALSE_ALARMS,
    Advantage,
    advantage,
    attack,
    drawn_halves,
    likelihood_ratios,
    of_people,
    probes_of,
)
from tastemaker.training.data_quality import examine
from tastemaker_plugins.item_item.ease import Ease
from tastemaker_plugins.item_item.ease_private import EasePrivate, EasePrivateSettings
from tastemaker_plugins.item_item.item_knn import ItemKnn
from tastemaker_plugins.popularity.popular import Popular
from tastemaker_plugins.shared.gaussian_mechanism import largest_mu

from .conftest import Fixed

N_PEOPLE, N_ITEMS = 80, 40
TARGETS = np.arange(N_PEOPLE)


@cache
def data() -> TrainingData:
    """People who choose at random, popular items more often: whoever is found was remembered."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, N_ITEMS + 1)
    histories = [
        rng.choice(N_ITEMS, rng.integers(4, 9), replace=False, p=shares / shares.sum()).tolist()
        for _ in range(N_PEOPLE)
    ]
    return TrainingData(items_of(N_ITEMS), people_of(histories, N_ITEMS))


class Gossip(Recommender):
    """Scores highest what somebody chose whose history holds all of the session."""

    name: ClassVar[str] = "gossip"
    family: ClassVar[str] = "collaborative"
    known: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Remembers everybody."""
        self.known = data.people.presence().toarray()
        return self

    def score(self, people: People) -> Float32Array:
        """What the best match chose."""
        own = people.presence().toarray()
        lengths = np.maximum(own.sum(axis=1, keepdims=True), 1)
        return np.asarray((own @ self.known.T >= lengths).astype(np.float32) @ self.known)

    def state(self) -> State:
        """Everybody's choices."""
        return State({"known": self.known})

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same."""
        made = cls()
        made.known = state.arrays["known"]
        return made


def attacked(make: Callable[[], Recommender], support: int = 1) -> dict[str, Advantage]:
    """What the attacker reaches with a dozen pairs of models."""

    def learn(known: TrainingData) -> Recommender:
        examined = examine(replace(known, support=support), 1e9).data
        return make().fit(examined, no_progress)

    return attack(learn, data(), TARGETS, n_pairs=12, n_probes=6)


def test_one_that_remembers_everybody_gives_everybody_away() -> None:
    found = attacked(Gossip)
    assert found["white box"].auc > 0.95
    assert found["black box"].auc > 0.8
    assert found["white box"].found > 0.5


def test_one_that_learns_from_nobody_gives_nobody_away() -> None:
    assert set(attacked(Fixed).values()) == {Advantage(0.5, 0.0)}


def test_counts_give_away_less_than_links() -> None:
    counts, links = attacked(Popular), attacked(Ease)
    assert counts["white box"].auc < links["white box"].auc - 0.05


def test_what_is_learnt_from_few_people_gives_them_away_and_support_hides_some() -> None:
    alone, several = attacked(Ease), attacked(Ease, support=5)
    assert alone["white box"].auc > 0.8
    assert several["white box"].auc < alone["white box"].auc - 0.03
    assert attacked(ItemKnn)["white box"].auc > 0.7


@pytest.mark.parametrize("epsilon", [1.0, 10.0])
def test_nobody_finds_more_than_the_guarantee_allows(epsilon: float) -> None:
    settings = EasePrivateSettings(epsilon=epsilon)
    mu = largest_mu(epsilon, settings.delta)
    for found in attacked(lambda: EasePrivate(settings)).values():
        # 960 models and targets on each side: three standard errors, and as much for the bar
        assert found.auc <= ndtr(mu / 2**0.5) + 0.04
        assert found.found <= ndtr(ndtri(FALSE_ALARMS) + mu) + 0.03


def test_of_each_pair_one_model_knows_the_target() -> None:
    halves = drawn_halves(5, 3, np.random.default_rng(0))
    assert halves.shape == (6, 5)
    assert (halves[0::2] ^ halves[1::2]).all()
    half = of_people(data(), np.arange(N_PEOPLE) < 2)
    assert len(half.people) == N_PEOPLE
    assert set(half.people.histories.rows.tolist()) == {0, 1}


def test_probes_are_the_rarest_items_of_each_target() -> None:
    people = people_of([[0, 1, 2], [0, 1], [0], [3]], 4)
    probes = probes_of(people, np.array([0, 3]), 2)
    assert probes.items.tolist() == [[2, 1], [3, -1]]
    assert np.split(probes.alone.histories.items, [1, 2]) == [[2], [1], [3]]
    assert probes.without.histories.lengths.tolist() == [2, 2, 0, 1]


def test_ratios_are_high_for_those_who_were_learnt_from() -> None:
    inside = drawn_halves(20, 8, np.random.default_rng(0))
    noise = np.random.default_rng(1).normal(0, 0.1, (*inside.shape, 2))
    ratios = likelihood_ratios(inside[:, :, np.newaxis] + noise, inside)
    assert (ratios[inside] > 0).all()
    assert (ratios[~inside] < 0).all()
    assert advantage(ratios, inside) == Advantage(1.0, 1.0)


def test_the_advantage_of_guessing_is_none() -> None:
    inside = drawn_halves(20, 8, np.random.default_rng(0))
    assert advantage(np.zeros(inside.shape), inside) == Advantage(0.5, 0.0)
    found = likelihood_ratios(np.random.default_rng(1).normal(size=(*inside.shape, 2)), inside)
    assert advantage(found, inside).auc == pytest.approx(0.5, abs=0.1)
