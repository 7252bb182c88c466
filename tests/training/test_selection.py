from __future__ import annotations

import numpy as np
import pytest

from tastemaker.training.expense import Expense
from tastemaker.training.selection import (
    ENOUGH_PEOPLE,
    NETWORKS_UNMISSED,
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


def of_networks(*names: str) -> dict[str, Expense]:
    """What each costs where these are networks."""
    return CHEAP | {name: Expense(5.0, 1.0, network=True) for name in names}


def test_networks_that_add_nothing_leave_together() -> None:
    made = select_members(NAMES, informed(), of_networks("copy", "noise"))
    assert made.networks_left == {"copy", "noise"}
    assert "good" in made.members and not made.networks_left & {*made.members}
    assert set(made.left_out) == {*NAMES} - {*made.members}
    assert made.left_out["copy"] == made.left_out["noise"] == NETWORKS_UNMISSED
    assert made.weights.keys() == {*NAMES} and made.weights["copy"] == 0


def test_networks_that_add_something_stay() -> None:
    made = select_members(NAMES, informed(), of_networks("good", "copy", "noise"))
    # one of the two that know, as the other one says the same
    assert len(made.networks_left) == 2 and "noise" in made.networks_left
    assert len({"good", "copy"} & {*made.members}) == 1
    alone = select_members(NAMES, informed(), of_networks(*NAMES))
    assert not alone.networks_left and "good" in alone.members


def test_repeats_may_be_learnt_without_the_networks_that_left() -> None:
    made = select_members(NAMES, informed(), of_networks("copy", "noise"))
    both = made.together(Selection(("bad",), {"good": 0.5, "bad": 0.5}))
    assert {"good", "bad"} <= {*both.members} and "copy" not in both.members
    assert both.weights["bad"] == 0.5 and both.weights["copy"] == 0


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
