from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, Histories, People
from tastemaker.holdout.cases import blend_cases, full_history_cases, score_cases, truncated_cases
from tastemaker.holdout.splits import by_time

N_ITEMS = 40


def people(*histories: list[tuple[int, float]]) -> People:
    flat = [entry for history in histories for entry in history]
    n = len(flat)
    return People(
        Histories(
            np.cumsum([0, *(len(history) for history in histories)]).astype(np.int64),
            np.array([item for item, _ in flat], dtype=np.int32),
            np.ones(n, dtype=np.float32),
            N_ITEMS,
        ),
        np.array([time for _, time in flat], dtype=np.float64),
        np.zeros(n, dtype=np.int16),
        np.ones(n, dtype=np.float32),
    )


REGULAR = [(0, 1.0), (1, 2.0), (2, 3.0), (1, 11.0), (3, 12.0)]
NEWCOMER = [(4, 13.0), (5, 14.0), (6, 15.0)]
AGAIN = [(7, 4.0), (7, 16.0)]
GONE = [(8, 5.0), (9, 6.0), (9, 7.0), (9, 8.0)]
EVERYONE = people(REGULAR, NEWCOMER, AGAIN, GONE)
SPLIT = by_time(EVERYONE, 8 / 14, 1.0)


def histories(part: People) -> list[list[int]]:
    indptr = part.histories.indptr
    return [
        part.histories.items[start:end].tolist()
        for start, end in zip(indptr[:-1], indptr[1:], strict=True)
    ]


def test_the_whole_history_and_what_is_new_in_the_future() -> None:
    question = full_history_cases(EVERYONE, SPLIT)
    assert histories(question.people) == [[0, 1, 2], []]
    answered = score_cases(question, in_order)
    assert answered is not None
    assert answered.n_relevant.tolist() == [1, 3]
    assert answered.lengths.tolist() == [3, 0]
    shown = answered.candidates.items[0][answered.candidates.valid[0]].tolist()
    assert 3 in shown and not {0, 1, 2} & set(shown)
    right = [set(answered.candidates.items[n][answered.relevant[n]].tolist()) for n in range(2)]
    assert right == [{3}, {4, 5, 6}]


def test_histories_are_cut_to_the_newest_of_regulars_and_the_first_of_newcomers() -> None:
    regulars, newcomers = truncated_cases(EVERYONE, SPLIT, 2)
    assert histories(regulars.people) == [[1, 2]]
    assert regulars.seen.indices.tolist() == [0, 1, 2]
    assert histories(newcomers.people) == [[4, 5]]
    assert newcomers.seen.indices.tolist() == [4, 5]
    assert newcomers.chosen.indices.tolist() == [6]


def test_a_newcomer_with_no_history_is_asked_for_everything() -> None:
    regulars, newcomers = truncated_cases(EVERYONE, SPLIT, 0)
    assert histories(regulars.people) == [[]]
    assert histories(newcomers.people) == [[]]
    assert newcomers.chosen.indices.tolist() == [4, 5, 6]


def test_forbidden_items_are_neither_shown_nor_right() -> None:
    forbidden = np.arange(N_ITEMS) == 3
    answered = score_cases(full_history_cases(EVERYONE, SPLIT), in_order, forbidden)
    assert answered is not None
    assert answered.n_relevant.tolist() == [0, 3]
    assert 3 not in answered.candidates.items


def test_all_questions_of_a_cut_become_trials() -> None:
    rng = np.random.default_rng(0)
    many = people(*[[(i, t) for i, t in enumerate(np.sort(rng.random(30)))] for _ in range(300)])
    asked = list(blend_cases(many, by_time(many, 0.8, 0.9)))
    assert len(asked) == 13
    assert [len(question) for question in asked[:2]] == [len(asked[0]), 250]
    answered = [score_cases(question, in_order) for question in asked]
    assert [len(one) for one in answered if one is not None] == [len(q) for q in asked if len(q)]


def in_order(part: People) -> list[Float32Array]:
    """A member that likes low indexes."""
    return [np.tile(-np.arange(N_ITEMS, dtype=np.float32), (len(part), 1))]
