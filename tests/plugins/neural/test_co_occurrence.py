from __future__ import annotations

import numpy as np

from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, people_of
from tastemaker_plugins.neural.co_occurrence import (
    clusters,
    frequent_pairs,
    recent_choices,
    sampled_pairs,
)

ALL = np.ones(10, dtype=bool)


def test_pairs_are_chosen_by_the_same_people() -> None:
    first, second, strength = frequent_pairs(
        recent_choices(checkerboard().people, ALL), 4, 1.0, no_progress
    )
    assert len(first) == 40
    assert (first % 2 == second % 2).all()
    assert (first != second).all()
    assert (strength > 0).all()


def test_pairs_of_few_people_count_less() -> None:
    people = people_of([[0, 1], *[[2, 3]] * 9], 4)
    _, _, strength = frequent_pairs(recent_choices(people, ALL[:4]), 1, 3.0, no_progress)
    assert strength[:2].max() < strength[2:].min()


def test_items_without_words_have_no_pairs() -> None:
    first, second, _ = frequent_pairs(
        recent_choices(checkerboard().people, ALL & False), 4, 1.0, no_progress
    )
    assert len(first) == len(second) == 0


def test_clusters_hold_what_the_same_people_chose() -> None:
    found = clusters(recent_choices(checkerboard().people, ALL), 2, np.random.default_rng(0))
    assert len(set(found[::2])) == len(set(found[1::2])) == 1
    assert found[0] != found[1]


def test_what_nobody_chose_is_in_no_cluster() -> None:
    people = people_of([[0, 1], [0, 1], [2, 3], [3, 2]], 5)
    found = clusters(recent_choices(people, ALL[:5]), 10, np.random.default_rng(0))
    assert found[4] == -1
    assert (found[:4] >= 0).all()
    nobody = clusters(recent_choices(people_of([[], []], 3), ALL[:3]), 2, np.random.default_rng(0))
    assert nobody.tolist() == [-1, -1, -1]


def test_a_sample_keeps_pairs_whole_and_strengths_about_one() -> None:
    numbers = np.arange(100, dtype=np.int32)
    pairs = (numbers, numbers + 100, (numbers + 1).astype(np.float32))
    first, second, strength = sampled_pairs(pairs, 10, np.random.default_rng(0))
    assert len(first) == 10
    assert (second - first == 100).all()
    assert abs(strength.mean() - 1) < 1e-5
