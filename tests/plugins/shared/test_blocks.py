from __future__ import annotations

import numpy as np

from tastemaker_plugins.shared.blocks import blocks


def test_a_block_ends_before_it_has_too_many_people_or_interactions() -> None:
    starts = np.array([0, 2, 4, 5, 5, 5, 9, 20])
    assert list(blocks(starts, 3, 5)) == [(0, 3), (3, 6), (6, 7)]
    assert list(blocks(starts, 100, 100)) == [(0, 7)]


def test_one_person_is_a_block_however_long_the_history() -> None:
    assert list(blocks(np.array([0, 50, 51]), 0, 5)) == [(0, 1), (1, 2)]
    assert list(blocks(np.array([0, 50]), 1, 5)) == [(0, 1)]


def test_nobody_is_no_block() -> None:
    assert list(blocks(np.array([0]), 5, 5)) == []
