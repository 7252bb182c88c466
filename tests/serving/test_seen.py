from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.data import BoolArray, Histories, People
from tastemaker.request.request import Seen
from tastemaker.serving.seen import excluded_items
from tastemaker.store.kinds import Kind

KINDS = (
    Kind(1, "view", 0.2),
    Kind(4, "purchase", 1.0, repeatable=True),
    Kind(5, "never", 0.0),
    Kind(7, "less", -1.0, repeatable=True),
)
VIEW, PURCHASE, NEVER, LESS, NEW = range(5)
N_ITEMS = 6
NOTHING = np.zeros(N_ITEMS, dtype=np.bool_)


def people(*histories: list[tuple[int, int]]) -> People:
    """People with histories of (item, index of the kind)."""
    events = [event for own in histories for event in own]
    items = np.array([item for item, _ in events], dtype=np.int32)
    kinds = np.array([kind for _, kind in events], dtype=np.int16)
    weights = np.array([*(kind.weight for kind in KINDS), 1.0], dtype=np.float32)[kinds]
    indptr = np.cumsum([0, *map(len, histories)]).astype(np.int64)
    ones = np.ones(len(items), dtype=np.float32)
    return People(Histories(indptr, items, ones, N_ITEMS), np.zeros(len(items)), kinds, weights)


def hidden(excluded: BoolArray) -> list[list[int]]:
    return [np.flatnonzero(own).tolist() for own in excluded]


ANN = [(0, VIEW), (1, PURCHASE), (2, PURCHASE), (2, VIEW), (3, NEVER), (4, LESS)]
BOB = [(5, NEW), (1, PURCHASE), (1, NEVER)]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, [[0, 2, 3], [1, 5], []]),
        ("exclude", [[0, 1, 2, 3, 4], [1, 5], []]),
        ("include", [[3], [1], []]),
        ("only", [[3, 4, 5], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]),
    ],
)
def test_what_becomes_of_the_history(seen: Seen | None, expected: list[list[int]]) -> None:
    assert hidden(excluded_items(people(ANN, BOB, []), KINDS, NOTHING, seen)) == expected


@pytest.mark.parametrize("seen", [None, "exclude", "include", "only"])
def test_what_nobody_may_be_shown_is_shown_to_nobody(seen: Seen | None) -> None:
    ineligible = NOTHING.copy()
    ineligible[[1, 5]] = True
    excluded = excluded_items(people(ANN, BOB, []), KINDS, ineligible, seen)
    assert excluded[:, [1, 5]].all()
    assert ineligible.sum() == 2


def test_without_repeatable_kinds_nothing_of_the_history_is_shown() -> None:
    kinds = [kind._replace(repeatable=False) for kind in KINDS]
    everybody = people(ANN, BOB, [])
    by_kind = excluded_items(everybody, kinds, NOTHING)
    assert np.array_equal(by_kind, excluded_items(everybody, kinds, NOTHING, "exclude"))
    assert np.array_equal(by_kind, excluded_items(everybody, (), NOTHING, "exclude"))


EVENTS = st.lists(st.tuples(st.integers(0, N_ITEMS - 1), st.integers(0, NEW)), max_size=12)


@given(st.lists(EVENTS, max_size=4), st.sampled_from([None, "exclude", "include", "only"]))
def test_each_item_by_itself_is_treated_alike(
    histories: list[list[tuple[int, int]]], seen: Seen | None
) -> None:
    excluded = excluded_items(people(*histories), KINDS, NOTHING, seen)
    repeatable = [kind.repeatable for kind in KINDS] + [False]
    weights = [kind.weight for kind in KINDS] + [1.0]
    for row, own in enumerate(histories):
        for item in range(N_ITEMS):
            done = [kind for thing, kind in own if thing == item]
            never = NEVER in done
            expected = {
                None: not all(repeatable[kind] for kind in done),
                "exclude": bool(done),
                "include": False,
                "only": not any(weights[kind] > 0 for kind in done),
            }[seen]
            assert excluded[row, item] == (expected or never)


def test_it_costs_next_to_nothing_for_one_person() -> None:
    one = people([(item % N_ITEMS, item % NEW) for item in range(100)])
    fastest = np.inf
    for _ in range(200):
        began = time.perf_counter()
        excluded_items(one, KINDS, NOTHING)
        fastest = min(fastest, time.perf_counter() - began)
    assert fastest < 100e-6  # about 15 on a machine that does nothing else
