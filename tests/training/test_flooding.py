"""Attacks by people, on a set small enough for a test; benchmarks/flooding.py has the long form."""

from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Recommender, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker.testing.attacks import FILLERS, busy_person, fake_profiles, with_target
from tastemaker.training.data_quality import examine
from tastemaker_plugins.factors.svd_trending import SvdTrending
from tastemaker_plugins.item_item.ease import Ease
from tastemaker_plugins.item_item.ease_trending import EaseTrending
from tastemaker_plugins.item_item.item_knn import ItemKnn
from tastemaker_plugins.item_item.rp3beta import Rp3Beta
from tastemaker_plugins.item_item.transition import Transition
from tastemaker_plugins.popularity.new_items import NewItems
from tastemaker_plugins.popularity.popular import Popular, RecentPopular

N_PEOPLE, N_ITEMS = 400, 120
DAY = 86_400.0

MEMBERS: tuple[type[Recommender], ...] = (
    Popular,
    RecentPopular,
    NewItems,
    ItemKnn,
    Rp3Beta,
    Transition,
    Ease,
    EaseTrending,
    SvdTrending,
)


@pytest.fixture(scope="module")
def genuine() -> TrainingData:
    """People of two tastes who come one after the other over two hundred days; and the target."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, N_ITEMS // 2 + 1)
    histories, times = [], []
    for person in range(N_PEOPLE):
        half = np.arange(N_ITEMS // 2) * 2 + person % 2
        chosen = rng.choice(half, rng.integers(5, 30), replace=False, p=shares / shares.sum())
        histories.append(chosen.tolist())
        start = 200 * DAY * person / N_PEOPLE
        times.append((start + DAY * np.sort(rng.random(len(chosen)))).tolist())
    data = TrainingData(items_of(N_ITEMS), people_of(histories, N_ITEMS, times=times))
    return with_target(data)


def share_of_lists(member: Recommender, attacked: TrainingData, genuine: TrainingData) -> float:
    """The share of genuine people whose ten best unseen items hold the target."""
    examined = examine(attacked, 1e9).data
    scores = member.fit(examined, no_progress).score(genuine.people)
    seen = genuine.people.presence().toarray() > 0
    scores = np.where(seen | ~np.isfinite(scores), -np.inf, scores)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    target = np.isfinite(scores[:, -1]) & (best == N_ITEMS).any(axis=1)
    return float(target.mean())


@pytest.mark.parametrize("attack", FILLERS)
@pytest.mark.parametrize("member", MEMBERS, ids=lambda kind: kind.name)
def test_a_flood_of_fakes_hardly_moves_an_item(
    member: type[Recommender], attack: str, genuine: TrainingData
) -> None:
    attacked = fake_profiles(genuine, FILLERS[attack], 0.01)
    assert len(attacked.people) == N_PEOPLE + 4
    assert share_of_lists(member(), attacked, genuine) <= 0.02


@pytest.mark.parametrize("member", MEMBERS, ids=lambda kind: kind.name)
def test_one_busy_person_moves_nothing(member: type[Recommender], genuine: TrainingData) -> None:
    assert share_of_lists(member(), busy_person(genuine, 900), genuine) == 0
    assert share_of_lists(member(), busy_person(genuine, 30_000), genuine) == 0
