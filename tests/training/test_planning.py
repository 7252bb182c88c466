from __future__ import annotations

import pytest

from tastemaker.training.planning import Cost, Costs, Plan, thinned

COSTS = Costs(
    {
        "cheap": Cost(1.0),
        "useful": Cost(15.0, 5.0),
        "useless": Cost(50.0),
        "idle": Cost(10.0),
        "helpful": Cost(8.0, 2.0),
    },
    shared=5.0,
)
WEIGHTS = {"cheap": 0.04, "useful": 0.7, "useless": 0.0, "idle": 0.0, "helpful": 0.26}


def plan(seconds: float) -> Plan:
    """The plan with two further folds: each member is fitted three more times."""
    return thinned(COSTS, 2, seconds, WEIGHTS)


def test_what_is_ahead() -> None:
    # on two further folds fit and score, and in the end fit
    assert COSTS.of("useful", 2) == 2 * 20 + 15
    assert COSTS.ahead(Plan(("cheap", "useful"), 2)) == 3 + 55 + 2 * 5
    assert COSTS.ahead(Plan(("cheap",), 0)) == 1


@pytest.mark.parametrize(
    ("seconds", "members", "further"),
    [
        (276, ("cheap", "useful", "useless", "idle", "helpful"), 2),
        (275, ("cheap", "useful", "idle", "helpful"), 2),  # the most expensive idle one goes first
        (126, ("cheap", "useful", "idle", "helpful"), 2),
        (125, ("cheap", "useful", "helpful"), 2),  # then the other idle one
        (95, ("cheap", "useful", "helpful"), 1),  # then a fold
        (59, ("useful", "helpful"), 1),  # then the member of little weight
        (57, ("useful", "helpful"), 0),  # then the last fold
        (22, ("useful",), 0),  # then the member of less weight
        (-100, ("useful",), 0),  # but never the one that has the most
    ],
)
def test_what_goes_first(seconds: float, members: tuple[str, ...], further: int) -> None:
    made = plan(seconds)
    assert (made.members, made.further) == (members, further)
    assert set(made.dropped) == set(COSTS.members) - set(members)


def test_the_reason_for_leaving_a_member_out_has_the_numbers() -> None:
    reasons = plan(0).dropped
    assert "no weight on the latest fold, and 150 s more needed" in reasons["useless"]
    assert "a mean weight of 26.0% on the latest fold, and 8 s more needed" in reasons["helpful"]
    assert all("--time-limit" in why for why in reasons.values())


def test_where_there_is_only_one_fold_only_the_last_fits_are_planned() -> None:
    assert thinned(COSTS, 0, 84.0, WEIGHTS) == Plan(tuple(COSTS.members), 0)
    assert thinned(COSTS, 0, 83.0, WEIGHTS).members == ("cheap", "useful", "idle", "helpful")
