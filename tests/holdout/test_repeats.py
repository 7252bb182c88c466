"""Held-out cases in which what people had chosen may come again."""

from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.holdout.cases import blend_cases, full_history_cases, truncated_cases
from tastemaker.holdout.scoring import score_cases, score_with_repeats
from tastemaker.holdout.splits import Split, by_time
from tastemaker.testing import people_of

N_ITEMS = 300
# known: 0, 1, 2 and 5; held out: 1 and 3, only 5, only 6
PEOPLE = people_of(
    [[0, 1, 2, 1, 3], [5, 5], [6]], N_ITEMS, times=[[1.0, 2, 3, 11, 12], [4.0, 13], [14.0]]
)
SPLIT = by_time(PEOPLE, 4 / 8, 1.0)


class High:
    """Two members that like high indexes; the second one only scores candidates."""

    retrievers, rankers = (0,), (1,)

    def __init__(self) -> None:
        self.calls = 0

    def score(self, people: People) -> list[Float32Array]:
        """The items' indexes."""
        self.calls += 1
        return [np.tile(np.arange(N_ITEMS, dtype=np.float32), (len(people), 1))]

    def score_items(self, people: People, items: Int64Array) -> list[Float32Array]:
        """The same."""
        self.calls += 1
        return [items.astype(np.float32)]


def test_what_was_chosen_before_may_be_right_and_is_not_hidden() -> None:
    assert full_history_cases(PEOPLE, SPLIT).n_relevant.tolist() == [1, 1]
    cases = full_history_cases(PEOPLE, SPLIT, repeats=True)
    assert cases.repeats
    assert cases.n_relevant.tolist() == [2, 1, 1]
    assert cases.seen.nnz == 0
    assert cases.select(np.array([0])).repeats


def test_what_was_cut_from_a_history_stays_hidden() -> None:
    known, _ = truncated_cases(PEOPLE, SPLIT, 2, repeats=True)
    assert known.people.histories.items.tolist() == [1, 2]
    assert known.seen.toarray()[0].nonzero()[0].tolist() == [0]
    assert known.n_relevant.tolist() == [2]
    known, _ = truncated_cases(PEOPLE, SPLIT, 1, repeats=True)
    assert known.n_relevant.tolist() == [1]


def test_what_counts_for_nothing_may_not_come_again() -> None:
    people = people_of([[0, 1, 0, 1]], 3, weights=[[1.0, -1.0, 1.0, 1.0]])
    known = np.array([1, 1, 0, 0], dtype=np.bool_)
    cases = full_history_cases(people, Split(known, ~known, ""), repeats=True)
    assert cases.seen.toarray().tolist() == [[False, True, False]]
    assert cases.n_relevant.tolist() == [1]


def test_members_score_once_for_both_and_the_own_items_are_always_candidates() -> None:
    (group, *_), members = blend_cases(PEOPLE, SPLIT, repeats=True), High()
    both = score_with_repeats(group, members)
    assert both is not None
    first, again = both
    assert members.calls == 2
    alone = score_cases(full_history_cases(PEOPLE, SPLIT), High())
    assert alone is not None
    # those who only repeat themselves come last, and not at all where nothing may come again
    assert first.candidates.items.tolist() == alone.candidates.items.tolist()
    assert np.array_equal(first.relevant, alone.relevant)
    assert np.array_equal(first.candidates.values, alone.candidates.values)
    assert again.n_relevant.tolist() == [2, 1, 1]
    assert again.lengths.tolist() == [3, 0, 1]
    assert again.repeats is not None
    own = [again.candidates.items[row][again.repeats[row]].tolist() for row in range(3)]
    assert own == [[0, 1, 2], [], [5]]
    valid = again.candidates.valid
    assert np.array_equal(again.candidates.values[1][valid], again.candidates.items[valid])


def test_the_sample_without_repeats_is_what_it_was() -> None:
    rng = np.random.default_rng(1)
    times = np.sort(rng.random((300, 30))).tolist()
    people = people_of(rng.integers(0, 40, (300, 30)).tolist(), 40, times=times)
    split = by_time(people, 0.8, 0.9)
    plain = list(blend_cases(people, split))
    for group, own in zip(blend_cases(people, split, repeats=True), plain, strict=True):
        n = len(own)
        assert np.array_equal(group.people.histories.items[: own.people.histories.indptr[-1]],
                              own.people.histories.items)  # fmt: skip
        assert not group.select(np.arange(n, len(group))).n_relevant.any()
        assert group.with_repeats().n_relevant.all()
