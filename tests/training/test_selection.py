from __future__ import annotations

import numpy as np
import pytest

from tastemaker.training.expense import Expense
from tastemaker.training.selection import (
    ENOUGH_PEOPLE,
    Selection,
    prune_on_folds,
    select_members,
)

from .samples import informed

NAMES = ["good", "copy", "noise", "bad"]
CHEAP = {name: Expense(1.0, 1.0) for name in NAMES}


@pytest.fixture(scope="module")
def selection() -> Selection:
    """What is chosen where the copy costs more than the one it copies."""
    return select_members(NAMES, informed(), CHEAP | {"copy": Expense(9.0, 9.0)})


def test_who_is_of_use_and_cheap_stays_and_retrieves(selection: Selection) -> None:
    assert "good" in selection.members
    assert selection.retrievers == ("good",)
    assert "bad" not in selection.members
    assert "copy" not in selection.members
    assert selection.retrieval is not None and selection.retrieval.overlap >= 0.95


def test_whoever_leaves_is_told_why(selection: Selection) -> None:
    assert set(selection.left_out) == {*NAMES} - {*selection.members}
    assert "no weight" in selection.left_out["bad"]
    assert selection.weights["bad"] == 0


def test_of_few_people_only_those_without_weight_leave() -> None:
    few = [one.select(np.arange(ENOUGH_PEOPLE - 1)) for one in informed()]
    made = select_members(NAMES, few, CHEAP)
    assert (made.retrievers, made.retrieval) == ((), None)
    assert "bad" not in made.members


def test_where_nobody_was_scored_nobody_leaves() -> None:
    assert select_members(NAMES, [], CHEAP).members == tuple(NAMES)


def test_on_several_folds_the_expensive_copy_goes() -> None:
    folds = [informed(seed) for seed in range(2)]
    expenses = CHEAP | {"copy": Expense(9.0, 9.0)}
    assert "copy" not in prune_on_folds(NAMES, folds, expenses, ["good"])
    # whoever retrieves stays
    assert "copy" in prune_on_folds(NAMES, folds, expenses, ["good", "copy"])
    assert prune_on_folds(NAMES, folds[:1], expenses, ["good"]) == NAMES
