from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.holdout.cases import blend_cases, full_history_cases
from tastemaker.holdout.scoring import score_cases
from tastemaker.holdout.splits import by_time
from tastemaker.testing import people_of

N_ITEMS = 400


class LowAndHigh:
    """Two members, of which one likes low indexes and the other high ones."""

    def __init__(self, retrievers: list[int]) -> None:
        self.retrievers = retrievers
        self.rankers = [place for place in (0, 1) if place not in retrievers]

    def score(self, people: People) -> list[Float32Array]:
        """The scores of all items by those that retrieve."""
        likes = np.tile(np.arange(N_ITEMS, dtype=np.float32), (len(people), 1))
        return [likes if place else -likes for place in self.retrievers]

    def score_items(self, people: People, items: Int64Array) -> list[Float32Array]:
        """The scores of some items by the others."""
        return [(items if place else -items).astype(np.float32) for place in self.rankers]


def test_candidates_are_what_was_not_seen_and_relevant_is_what_was_chosen() -> None:
    times = [[1.0, 2, 3, 11, 12], [13.0, 14, 15], [4.0, 5, 6, 7]]
    people = people_of([[0, 1, 2, 1, 3], [4, 5, 6], [7, 8, 9, 9]], N_ITEMS, times=times)
    held_out = full_history_cases(people, by_time(people, 7 / 12, 1.0))
    scored = score_cases(held_out, LowAndHigh([0, 1]))
    assert scored is not None
    assert scored.n_relevant.tolist() == [1, 3]
    assert scored.lengths.tolist() == [3, 0]
    shown = scored.candidates.items[0][scored.candidates.valid[0]].tolist()
    assert 3 in shown and not {0, 1, 2} & set(shown)
    relevant = [set(scored.candidates.items[n][scored.relevant[n]].tolist()) for n in range(2)]
    assert relevant == [{3}, {4, 5, 6}]


def test_whoever_does_not_retrieve_scores_what_the_others_bring() -> None:
    people = people_of([[0, 1, 2], [3]], N_ITEMS, times=[[1.0, 2, 4], [5.0]])
    held_out = full_history_cases(people, by_time(people, 0.5, 1.0))
    both = score_cases(held_out, LowAndHigh([0, 1]))
    high = score_cases(held_out, LowAndHigh([1]))
    assert both is not None and high is not None
    # the hundred highest of the one who retrieves, with the scores of both, in their order
    assert high.candidates.items.tolist() == [list(range(300, 400))] * 2
    assert np.array_equal(high.candidates.values[0], -high.candidates.items)
    assert np.array_equal(high.candidates.values[1], high.candidates.items)
    assert both.candidates.valid.sum() == 2 * 200
    assert np.array_equal(high.n_relevant, both.n_relevant)


def test_everybody_of_a_fold_is_scored() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.random((300, 30))).tolist()
    many = people_of([list(range(30))] * 300, N_ITEMS, times=times)
    held_out = list(blend_cases(many, by_time(many, 0.8, 0.9)))
    scored = [score_cases(cases, LowAndHigh([0, 1])) for cases in held_out]
    assert [0 if one is None else len(one) for one in scored] == [len(one) for one in held_out]
