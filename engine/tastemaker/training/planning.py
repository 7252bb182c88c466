"""What to leave out of a training run that would take too long, decided after its first fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

NO_WEIGHT = 0.01
"""A member whose weight is nowhere above this is not worth its cost. Chosen, not measured."""

LITTLE_WEIGHT = 0.05
"""Members of up to this mean weight are dropped before the last of the further folds is.

Chosen, not measured."""


@dataclass(frozen=True)
class Cost:
    """Seconds that a member takes on one fold: to fit, and to score the held-out cases."""

    fit: float
    score: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What the rest of a training run does.

    Attributes:
        members: who is fitted again.
        further: on how many further folds, besides the last fit on everything.
        dropped: by name, why others are not.
    """

    members: tuple[str, ...]
    further: int
    dropped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """What one fold costs, in seconds.

    Attributes:
        members: by name.
        shared: what all members together take besides, on a fold.
    """

    members: Mapping[str, Cost]
    shared: float = 0.0

    def of(self, name: str, further: int) -> float:
        """What a member still costs: on each further fold, and in the last fit."""
        own = self.members[name]
        return further * (own.fit + own.score) + own.fit

    def ahead(self, plan: Plan) -> float:
        """The forecast of all that a plan still costs."""
        own = sum(self.of(name, plan.further) for name in plan.members)
        return own + self.shared * plan.further


def thinned(costs: Costs, further: int, seconds: float, weights: Mapping[str, float]) -> Plan:
    """What fits into the time, and is worth most.

    First members without weight are dropped, the most expensive first; then folds, the oldest
    first, down to one further one; then members of little weight, that with the least for its time
    first; then the last further fold, after which the blend learns from the first one alone; then
    members with the least weight, but never the one with the most.

    Args:
        costs: what one fold costs.
        further: how many folds there are besides the first.
        seconds: left for all this.
        weights: by name, the mean weight over people in a blend learnt on the first fold alone; 0
            for a member that is worth its cost nowhere.
    """
    plan = Plan(tuple(costs.members), further)
    slow = sorted(costs.members, key=lambda name: -costs.of(name, further))
    idle = [name for name in slow if not weights[name]]
    cheap = sorted(costs.members, key=lambda name: weights[name] / max(costs.of(name, 1), 1e-9))
    little = [name for name in cheap if weights[name] <= LITTLE_WEIGHT]
    plan = _drop_members(plan, idle, costs, seconds, weights)
    plan = _drop_folds(plan, 1, costs, seconds)
    plan = _drop_members(plan, little, costs, seconds, weights)
    plan = _drop_folds(plan, 0, costs, seconds)
    return _drop_members(plan, sorted(weights, key=weights.__getitem__), costs, seconds, weights)


def _drop_folds(plan: Plan, least: int, costs: Costs, seconds: float) -> Plan:
    """The plan with fewer further folds, until it fits."""
    while costs.ahead(plan) > seconds and plan.further > least:
        plan = replace(plan, further=plan.further - 1)
    return plan


def _drop_members(
    plan: Plan, order: list[str], costs: Costs, seconds: float, weights: Mapping[str, float]
) -> Plan:
    """The plan without some of the members, in that order, until it fits."""
    best = max(plan.members, key=weights.__getitem__)
    for name in order:
        if costs.ahead(plan) <= seconds:
            break
        if name in plan.members and name != best:
            members = tuple(other for other in plan.members if other != name)
            why = _reason(weights[name], costs.of(name, plan.further))
            plan = Plan(members, plan.further, {**plan.dropped, name: why})
    return plan


def _reason(weight: float, seconds: float) -> str:
    standing = f"a mean weight of {weight:.1%}" if weight else "no weight"
    return (
        f"left out to save time: {standing} on the latest fold, and {seconds:,.0f} s more needed; "
        "see --time-limit"
    )
