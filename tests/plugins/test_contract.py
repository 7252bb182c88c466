from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Recommender
from tastemaker.testing import CONTRACT, Check, checkerboard, scored, trained
from tastemaker_plugins.content.tfidf import Tfidf
from tastemaker_plugins.factors.bpr import Bpr
from tastemaker_plugins.item_item.ease import Ease
from tastemaker_plugins.item_item.ease_trending import Trending
from tastemaker_plugins.item_item.item_knn import ItemKnn
from tastemaker_plugins.item_item.rp3beta import Rp3Beta
from tastemaker_plugins.item_item.slim import Slim
from tastemaker_plugins.item_item.transition import Transition
from tastemaker_plugins.popularity.demographic_popularity import Peers
from tastemaker_plugins.popularity.new_items import NewArrivals
from tastemaker_plugins.popularity.popular import Popular, RecentPopular

PERSONAL = (Bpr, Ease, ItemKnn, Rp3Beta, Slim, Transition, Tfidf, Trending)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "kind", (*PERSONAL, NewArrivals, Peers, Popular, RecentPopular), ids=lambda kind: kind.name
)
def test_contract(kind: type[Recommender], check: Check) -> None:
    check(kind)


@pytest.mark.parametrize(
    "kind", (Bpr, Ease, ItemKnn, Rp3Beta, Slim, Tfidf), ids=lambda kind: kind.name
)
def test_even_people_are_offered_the_even_item_they_left_out(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    for person in range(len(data.people) - 1):
        left_out = person % data.n_items
        strangers = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, left_out] > scores[person, strangers].max()


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.name)
def test_personal_recommenders_abstain_without_a_history(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    assert np.isnan(scores[-1]).all()


@pytest.mark.parametrize("kind", (Popular, RecentPopular), ids=lambda kind: kind.name)
def test_popularity_answers_everybody_alike(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    assert np.isfinite(scores).all()
    assert (scores == scores[0]).all()
