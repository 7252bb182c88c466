"""What a request prefers: boosts by rule, and variety."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from tastemaker.errors import InputError
from tastemaker.json_types import Json
from tastemaker.request.where import read_rule
from tastemaker.rules import Rule

BOOST_LIMIT = 1000.0
"""The largest factor of a boost, and one over it the smallest. Chosen, not measured."""


class Boost(NamedTuple):
    """Items that a rule matches count as `factor` times as good, or less where it is below 1.

    Attributes:
        where: which items.
        factor: above 0; 1 changes nothing.
    """

    where: Rule
    factor: float


class AtMost(NamedTuple):
    """At most `n` items of the same value of an attribute come before all others.

    Attributes:
        n: how many, at least 1.
        attribute: the attribute's name.
    """

    n: int
    attribute: str


BoostLike: TypeAlias = (
    Mapping[Rule, float] | Mapping[str, float] | Iterable["Boost | Mapping[str, object]"]
)
"""A mapping of rules to factors; or a list of `Boost`, or of mappings with `where` and `factor`."""

DiversityLike: TypeAlias = (
    float | AtMost | Mapping[str, object] | Iterable["float | AtMost | Mapping[str, object]"]
)
"""How much variety counts, from 0 to 1; or `AtMost`, or its fields; or several of these."""


def read_boosts(given: BoostLike) -> tuple[Boost, ...]:
    """Boosts, each checked.

    Raises:
        InputError: a rule or a factor is refused.
    """
    if isinstance(given, Mapping):
        return tuple(Boost(_rule(rule), _factor(value)) for rule, value in given.items())
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(
            f"boost is a {type(given).__name__}; give a mapping of rules to factors, such as "
            "{F.brand == 'acme': 1.5}."
        )
    return tuple(map(_read_boost, given))


def _read_boost(given: Boost | Mapping[str, object]) -> Boost:
    if isinstance(given, Boost):
        return Boost(_rule(given.where), _factor(given.factor))
    if not isinstance(given, Mapping) or set(given) != {"where", "factor"}:
        raise InputError("Every boost of a list must be a mapping with where and factor.")
    return Boost(_rule(given["where"]), _factor(given["factor"]))


def _rule(given: object) -> Rule:
    rule = read_rule(given)
    if rule is None:
        raise InputError("A boost's rule names nothing. Say which items it is about.")
    return rule


def _factor(value: object) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        factor = float(value)
        if 1 / BOOST_LIMIT <= factor <= BOOST_LIMIT:
            return factor
    raise InputError(
        f"The factor of a boost is {value!r}; it must be a number from {1 / BOOST_LIMIT:g} to "
        f"{BOOST_LIMIT:g}: 1.5 raises items, 0.5 lowers them."
    )


def boosts_as_json(boosts: Iterable[Boost]) -> list[Json]:
    """Boosts as JSON holds them."""
    return [{"where": str(boost.where), "factor": boost.factor} for boost in boosts]


def read_diversity(given: DiversityLike) -> tuple[float | AtMost, ...]:
    """The wishes for variety, each checked.

    Raises:
        InputError: one of them is refused.
    """
    if isinstance(given, AtMost | Mapping | str) or not isinstance(given, Iterable):
        return (_read_wish(given),)
    return tuple(map(_read_wish, given))


def _read_wish(given: object) -> float | AtMost:
    if isinstance(given, AtMost):
        return _at_most(given.n, given.attribute)
    if isinstance(given, Mapping) and set(given) == {"at_most", "attribute"}:
        return _at_most(given["at_most"], given["attribute"])
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        strength = float(given)
        if math.isfinite(strength) and 0 <= strength <= 1:
            return strength
    raise InputError(
        f"diversity is {given!r}; give a number from 0 (none) to 1, or AtMost(2, 'brand'): in JSON "
        '{"at_most": 2, "attribute": "brand"}.'
    )


def _at_most(n: object, attribute: object) -> AtMost:
    if isinstance(n, bool) or not isinstance(n, numbers.Integral) or n < 1:
        raise InputError(f"AtMost allows {n!r} items; give a whole number of at least 1.")
    if not isinstance(attribute, str) or not attribute:
        raise InputError(f"AtMost names the attribute {attribute!r}; give an attribute's name.")
    return AtMost(int(n), attribute)


def diversity_as_json(wishes: Iterable[float | AtMost]) -> list[Json]:
    """Wishes for variety as JSON holds them."""
    return [
        {"at_most": wish.n, "attribute": wish.attribute} if isinstance(wish, AtMost) else wish
        for wish in wishes
    ]
