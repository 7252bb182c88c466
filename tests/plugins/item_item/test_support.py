"""Links rest on as many people as training asks for, whichever member learns them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tastemaker import Recommender, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.ease import Ease, EaseSettings
from tastemaker_plugins.item_item.item_knn import ItemKnn
from tastemaker_plugins.item_item.rp3beta import Rp3Beta
from tastemaker_plugins.item_item.slim import Slim
from tastemaker_plugins.item_item.slist import Slist
from tastemaker_plugins.item_item.transition import Transition
from tastemaker_plugins.item_item.transition_content import TransitionContent

A, B, C, D = range(4)
MEMBERS: tuple[type[Recommender], ...] = (
    Ease,
    ItemKnn,
    Rp3Beta,
    Slim,
    Slist,
    Transition,
    TransitionContent,
)


@pytest.fixture
def data() -> TrainingData:
    """Four people chose A and then B, two A and then C; one chose A and C three times over."""
    histories = [[A, B]] * 4 + [[A, C], [A, C, A, C, A, C], [D]]
    times = [[86_400.0 * (place + 1) for place in range(len(own))] for own in histories]
    return TrainingData(items_of(4), people_of(histories, 4, times=times))


@pytest.mark.parametrize("member", MEMBERS, ids=lambda kind: kind.name)
def test_links_rest_on_enough_people(member: type[Recommender], data: TrainingData) -> None:
    links = {
        support: np.nan_to_num(member().fit(replace(data, support=support), no_progress).similar(A))
        for support in (1, 2, 3, 5)
    }
    assert links[1][B] > 0 and links[1][C] > 0
    assert np.array_equal(links[2] != 0, np.isin(np.arange(4), (B, C)))
    assert np.array_equal(links[3] != 0, np.isin(np.arange(4), (B,)))
    assert not links[5].any()


def test_links_with_rare_items_rest_on_enough_people_too(data: TrainingData) -> None:
    def links(support: int) -> list[bool]:
        ease = Ease(EaseSettings(dense_items=2)).fit(replace(data, support=support), no_progress)
        return [bool(link) for link in np.nan_to_num(ease.similar(A))]

    assert links(1)[C] and links(2)[C]  # A and B are frequent
    assert links(3) == [False, True, False, False]
