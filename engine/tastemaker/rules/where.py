"""Every way in which `where` is given, as a rule."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from tastemaker.errors import RuleError
from tastemaker.rules.conditions import comparison, one_of
from tastemaker.rules.fields import Field, literals_of
from tastemaker.rules.literals import literal_of
from tastemaker.rules.names import attribute_name
from tastemaker.rules.parsing import parse_rule
from tastemaker.rules.rule import Operand, Rule, all_of

Value: TypeAlias = str | int | float | bool
Where: TypeAlias = Rule | Field | str | Mapping[str, Value | Collection[Value]]
"""A rule, the text of one, or a mapping: attribute → the value, or values of which one must be
there."""

PAIR = re.compile(
    r"""([^=<>!~()"'`&|\s](?:[^=<>!~()"'`&|]*[^=<>!~()"'`&|\s])?)=(?![\s="'])(.*)""", re.DOTALL
)
"""NAME=VALUE, where VALUE stands for itself."""

JOINS = re.compile(r"(?:^|\s)(?:and|or|not)\s", re.IGNORECASE)


def rule_of(where: Where) -> Rule | None:
    """The rule that a filter is; None where it lets everything pass, as an empty mapping does.

    Raises:
        RuleError: it is none, cannot be read, or nothing can have one of its values.
    """
    if isinstance(where, Operand):
        return where.as_rule()
    if isinstance(where, str):
        return parse_rule(where)
    if not isinstance(where, Mapping):
        raise RuleError(
            f"where is a {type(where).__name__}.",
            "Give a rule such as F.price < 20, its text, or a mapping of attributes to values, "
            "such as {'country': 'France'}.",
        )
    rules = [_matching(name, wanted) for name, wanted in where.items()]
    return all_of(rules) if rules else None


def rule_of_texts(texts: Iterable[str]) -> Rule | None:
    """All of some texts together, as a command line gives them.

    Each is a rule, or NAME=VALUE with a value that stands for itself; the same name again allows
    another value.

    Raises:
        RuleError: one is neither.
    """
    values: dict[str, list[str]] = {}
    rules = []
    for text in texts:
        short = None if JOINS.search(text) else PAIR.fullmatch(text)
        if short is None:
            rules.append(parse_rule(text))
        else:
            values.setdefault(short[1], []).append(short[2])
    rules += [_matching(name, wanted) for name, wanted in values.items()]
    return all_of(rules) if rules else None


def _matching(name: str, wanted: Value | Collection[Value]) -> Rule:
    """The rule that one attribute has one of the wanted values."""
    attribute = attribute_name(name)
    several = isinstance(wanted, Collection) and not isinstance(wanted, str | bytes | Mapping)
    try:
        if several:
            return one_of(attribute, literals_of(wanted))
        return comparison(attribute, "==", literal_of(wanted))
    except RuleError as error:
        raise RuleError(f"where asks for {attribute}: {error.problem}", error.remedy) from None
