from __future__ import annotations

from collections.abc import Mapping

import pytest

from tastemaker.training.planning import Costs, Plan, planned

COSTS = Costs({"cheap": 1.0, "useful": 20.0, "useless": 50.0, "idle": 10.0}, shared=5.0)
WEIGHTS = {"cheap": 0.1, "useful": 0.9, "useless": 0.0, "idle": 0.005}


def plan(seconds: float, costs: Costs = COSTS, weights: Mapping[str, float] = WEIGHTS) -> Plan:
    """The plan with two further cuts: each member is fitted three more times."""
    return planned(costs, 2, lambda: seconds, lambda: weights)


def never() -> Mapping[str, float]:
    raise AssertionError("no weights are needed")


def test_with_enough_time_everything_is_done_and_no_weights_are_asked_for() -> None:
    whole = planned(COSTS, 2, lambda: 253.0, never)
    assert whole == Plan(tuple(COSTS.members), 2)
    assert COSTS.ahead(whole) == 3 * 81 + 2 * 5


@pytest.mark.parametrize(
    ("seconds", "members", "further"),
    [
        (252, ("cheap", "useful", "idle"), 2),  # the most expensive one without weight goes first
        (103, ("cheap", "useful", "idle"), 2),
        (102, ("cheap", "useful"), 2),  # then the others without weight
        (72, ("cheap", "useful"), 1),  # then a cut
        (46, ("cheap",), 1),  # then those of little weight for their time
        (0, ("cheap",), 1),  # one stays in any case
    ],
)
def test_what_goes_first(seconds: float, members: tuple[str, ...], further: int) -> None:
    made = plan(seconds)
    assert (made.members, made.further) == (members, further)
    assert set(made.dropped) == set(COSTS.members) - set(members)


def test_who_is_left_out_is_told_why() -> None:
    reasons = plan(0).dropped
    assert "no weight at the latest cut, and 150 s more to go" in reasons["useless"]
    assert "a weight of at most 90%, and 40 s more to go" in reasons["useful"]
    assert all("--time-limit" in why for why in reasons.values())


def test_where_there_is_only_one_cut_only_the_last_fits_are_planned() -> None:
    assert planned(COSTS, 0, lambda: 81.0, never).further == 0
    made = planned(COSTS, 0, lambda: 80.0, lambda: WEIGHTS)
    assert (made.members, made.further) == (("cheap", "useful", "idle"), 0)
