from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.item_knn import ItemKnn, ItemKnnSettings

NAN = float("nan")
HALF = 2.0**-11
"""To how much of itself a weight is kept: as float16."""

HISTORIES = [[0, 1], [0, 1], [0, 2], [3]]


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[NAN] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def fitted(**settings: float) -> ItemKnn:
    chosen = ItemKnnSettings(**{"shrinkage": 0.0, "asymmetry": 0.5} | settings)  # type: ignore[arg-type]
    return ItemKnn(chosen).fit(untimed(HISTORIES, 5), no_progress)


def test_without_shrinkage_the_links_are_cosines() -> None:
    # rows of two items are divided by sqrt(2): columns (1, 1, 1, 0) / sqrt(2), (1, 1, 0, 0) / …
    likeness = fitted().similar(0)
    assert likeness[:4] == pytest.approx([0.0, 2 / np.sqrt(6), 1 / np.sqrt(3), 0.0], rel=HALF)
    assert np.isnan(likeness[4])


def test_asymmetry_sets_whose_popularity_is_divided_out() -> None:
    assert fitted(asymmetry=0.0).similar(0)[[1, 2]] == pytest.approx([1.0, 1.0], rel=HALF)
    assert fitted(asymmetry=1.0).similar(0)[[1, 2]] == pytest.approx([2 / 3, 1 / 3], rel=HALF)


def test_shrinkage_lowers_what_few_have_in_common() -> None:
    plain, shrunk = fitted().similar(0), fitted(shrinkage=1.0).similar(0)
    assert shrunk[2] / plain[2] < shrunk[1] / plain[1] < 1


def test_only_the_strongest_links_are_kept() -> None:
    assert fitted(neighbours=1).similar(0)[:4] == pytest.approx(
        [0.0, 2 / np.sqrt(6), 0.0, 0.0], rel=HALF
    )


def test_a_score_adds_up_the_links_of_the_history() -> None:
    recommender = fitted(half_life=1.0)
    score = recommender.score(people_of([[2, 1]], 5))[0]
    assert score[0] == pytest.approx(0.5 / np.sqrt(3) + 2 / np.sqrt(6), rel=HALF)
    assert score[3] == 0
    assert np.isnan(score[4])


def test_a_history_of_unknown_items_cannot_be_scored() -> None:
    assert np.isnan(fitted().score(people_of([[4, 4]], 5))).all()
