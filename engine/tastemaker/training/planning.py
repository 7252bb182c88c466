"""What to leave out of a training run that would take too long, decided after its first cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NO_WEIGHT = 0.01
"""A member whose weight is nowhere above this is not worth its cost."""


@dataclass(frozen=True)
class Plan:
    """What the rest of a training run does.

    Attributes:
        members: who is fitted again.
        further: at how many further cuts.
        dropped: by name, why others are not.
    """

    members: tuple[str, ...]
    further: int
    dropped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """What one cut costs, in seconds.

    Attributes:
        members: by name, fitting and scoring.
        shared: what everything else takes.
    """

    members: Mapping[str, float]
    shared: float = 0.0

    def of(self, name: str, further: int) -> float:
        """What a member still costs: it is fitted at the further cuts, and once on everything."""
        return self.members[name] * (further + 1)

    def ahead(self, plan: Plan) -> float:
        """The forecast of all that a plan still costs."""
        own = sum(self.of(name, plan.further) for name in plan.members)
        return own + self.shared * plan.further


def planned(
    costs: Costs,
    further: int,
    left: Callable[[], float],
    weights: Callable[[], Mapping[str, float]],
) -> Plan:
    """Everything, if there is time for it; otherwise what is worth most for its time.

    First those go that have no weight in a blend learnt on the first cut alone, the most expensive
    first. Then cuts, the oldest first, down to one further one. Then those with the least weight
    for their time. What fits into the time is always the same for the same data and seed; only a
    run that is short of time depends on how fast the machine is.

    Args:
        costs: what one cut costs.
        further: how many cuts there are besides the first.
        left: seconds left for all this.
        weights: by name, the largest weight in a blend learnt on the first cut; asked only if
            something must be left out.
    """
    everything = Plan(tuple(costs.members), further)
    if not costs.members or costs.ahead(everything) <= left():
        return everything
    worth = weights()
    plan, seconds = everything, left()
    idle = [name for name in plan.members if worth[name] <= NO_WEIGHT]
    for name in sorted(idle, key=lambda name: -costs.members[name]):
        if costs.ahead(plan) > seconds and len(plan.members) > 1:
            plan = _without(plan, name, costs, "no weight at the latest cut")
    while costs.ahead(plan) > seconds and plan.further > 1:
        plan = Plan(plan.members, plan.further - 1, plan.dropped)
    for name in sorted(plan.members, key=lambda name: worth[name] / max(costs.members[name], 1e-9)):
        if costs.ahead(plan) > seconds and len(plan.members) > 1:
            plan = _without(plan, name, costs, f"a weight of at most {worth[name]:.0%}")
    return plan


def _without(plan: Plan, name: str, costs: Costs, standing: str) -> Plan:
    why = (
        f"left out for want of time: {standing}, and {costs.of(name, plan.further):,.0f} s more "
        "to go; see --time-limit"
    )
    members = tuple(other for other in plan.members if other != name)
    return Plan(members, plan.further, {**plan.dropped, name: why})
