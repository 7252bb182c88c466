from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, People
from tastemaker.holdout.cases import blend_cases, full_history_cases
from tastemaker.holdout.scoring import score_cases
from tastemaker.holdout.splits import by_time
from tastemaker.testing import people_of

N_ITEMS = 40


def in_order(part: People) -> list[Float32Array]:
    """A member that likes low indexes."""
    return [np.tile(-np.arange(N_ITEMS, dtype=np.float32), (len(part), 1))]


def test_candidates_are_what_was_not_seen_and_relevant_is_what_was_chosen() -> None:
    times = [[1.0, 2, 3, 11, 12], [13.0, 14, 15], [4.0, 5, 6, 7]]
    people = people_of([[0, 1, 2, 1, 3], [4, 5, 6], [7, 8, 9, 9]], N_ITEMS, times=times)
    scored = score_cases(full_history_cases(people, by_time(people, 7 / 12, 1.0)), in_order)
    assert scored is not None
    assert scored.n_relevant.tolist() == [1, 3]
    assert scored.lengths.tolist() == [3, 0]
    shown = scored.candidates.items[0][scored.candidates.valid[0]].tolist()
    assert 3 in shown and not {0, 1, 2} & set(shown)
    relevant = [set(scored.candidates.items[n][scored.relevant[n]].tolist()) for n in range(2)]
    assert relevant == [{3}, {4, 5, 6}]


def test_everybody_of_a_fold_is_scored() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.random((300, 30))).tolist()
    many = people_of([list(range(30))] * 300, N_ITEMS, times=times)
    held_out = list(blend_cases(many, by_time(many, 0.8, 0.9)))
    scored = [score_cases(cases, in_order) for cases in held_out]
    assert [0 if one is None else len(one) for one in scored] == [len(one) for one in held_out]
