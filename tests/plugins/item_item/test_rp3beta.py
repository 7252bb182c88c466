from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.rp3beta import Rp3Beta, Rp3BetaSettings

NAN = float("nan")
HALF = 2.0**-11
"""To how much of itself a weight is kept: as float16."""

HISTORIES = [[0, 1], [0, 1, 2], [0, 2], [2]]


def fitted(**settings: float) -> Rp3Beta:
    plain = {"alpha": 1.0, "beta": 0.0} | settings
    people = people_of(HISTORIES, 4, times=[[NAN] * len(history) for history in HISTORIES])
    chosen = Rp3BetaSettings(**plain)  # type: ignore[arg-type]
    return Rp3Beta(chosen).fit(TrainingData(items_of(4), people), no_progress)


def test_links_are_the_chances_of_a_walk_to_another_item() -> None:
    # from item 0: a third of the walks go over each of its people, then on to one of their items
    to_1, to_2 = 1 / 3 * (1 / 2 + 1 / 3), 1 / 3 * (1 / 3 + 1 / 2)
    likeness = fitted().similar(0)
    assert likeness[:3] == pytest.approx([0, to_1 / (to_1 + to_2), to_2 / (to_1 + to_2)])
    assert np.isnan(likeness[3])


def test_beta_holds_popular_items_back() -> None:
    # two people chose item 1 and three chose item 2
    assert fitted(beta=1.0).similar(0)[:3] == pytest.approx([0, 3 / 5, 2 / 5], rel=HALF)


def test_alpha_below_one_takes_their_lead_from_likely_steps() -> None:
    # over one person each, from item 1: a step of 1/2 to item 0; a step of 1/3 to item 0 and 2
    plain, flat = fitted().similar(1), fitted(alpha=0.1).similar(1)
    assert plain[0] / plain[2] == pytest.approx(5 / 2, rel=2 * HALF)
    assert flat[0] / flat[2] == pytest.approx(
        ((1 / 2) ** 0.1 + (1 / 3) ** 0.1) / (1 / 3) ** 0.1, rel=2 * HALF
    )


def test_the_links_kept_of_an_item_add_up_to_one() -> None:
    assert fitted(neighbours=1).similar(1)[:3] == pytest.approx([1, 0, 0])


def test_a_score_adds_up_the_links_of_the_history() -> None:
    walks = fitted(half_life=1.0)
    score = walks.score(people_of([[1, 0]], 4))[0]
    assert score[2] == pytest.approx(0.5 * walks.similar(1)[2] + walks.similar(0)[2])
    assert np.isnan(score[3])
