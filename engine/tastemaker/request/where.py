"""Rules as requests hold them, however they were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tastemaker.rules import Rule, Where, rule_from_json, rule_of
from tastemaker.validation import Json

RuleLike: TypeAlias = Where | Mapping[str, Json]
"""A rule, its text, its JSON, or a mapping of attributes to values."""

_JOINS = ("and", "or", "not")


def read_rule(given: object) -> Rule | None:
    """A rule; None for an empty mapping, which every item matches.

    A mapping is JSON where it has the form of that, and names attributes otherwise.

    Raises:
        RuleError: it is no rule.
    """
    if isinstance(given, Mapping) and _is_json(given):
        return rule_from_json(given)
    return rule_of(given)  # type: ignore[arg-type]  # it refuses what is none


def _is_json(given: Mapping[object, object]) -> bool:
    if "op" in given:
        return "attribute" in given or "field" in given
    return len(given) == 1 and any(isinstance(given.get(join), list | dict) for join in _JOINS)
