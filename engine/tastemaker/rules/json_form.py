"""Rules as JSON, read; each kind of rule writes itself.

{"attribute": "price", "op": "<", "value": 20}       ops: == != < <= > >= contains
{"field": "created", "op": ">", "value": {"days": -30}}
{"attribute": "category", "op": "in", "value": ["books", "maps"]}
{"attribute": "brand", "op": "exists"}
{"not": rule}, {"and": [rule, …]}, {"or": [rule, …]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TypeVar

from tastemaker.errors import RuleError
from tastemaker.rules.conditions import OPERATORS, Exists, comparison, one_of
from tastemaker.rules.literals import Literal, days, literal_of
from tastemaker.rules.names import ITEM_FIELDS, Name, attribute_name, plain_name
from tastemaker.rules.rule import DEEPEST, Rule, all_of, any_of, none_of
from tastemaker.validation.texts import brief

T = TypeVar("T")

OPS = (*OPERATORS, "in", "exists")
FORMS = (
    'A rule is {"attribute": name, "op": operator, "value": value}, the same with "field" for '
    '"attribute", {"not": rule}, {"and": [rule, …]} or {"or": [rule, …]}.'
)


def rule_from_json(value: object) -> Rule:
    """The rule that `as_json` gave, or that was written the same way.

    Args:
        value: what `json.loads` gives.

    Raises:
        RuleError: it is no rule; the message names the path to what is wrong, `$` being the whole.
    """
    return _rule(value, "$", 0)


def _rule(value: object, path: str, depth: int) -> Rule:
    if depth > DEEPEST + 1:
        raise RuleError("The rule is nested too deeply.", "Flatten it.", "JSON")
    match value:
        case {"and": parts, **rest} if not rest:
            return _placed(path, lambda: all_of(_rules(parts, f"{path}.and", depth)))
        case {"or": parts, **rest} if not rest:
            return _placed(path, lambda: any_of(_rules(parts, f"{path}.or", depth)))
        case {"not": part, **rest} if not rest:
            rule = _rule(part, f"{path}.not", depth + 1)
            return _placed(path, lambda: none_of(rule))
        case {"op": "exists", **rest} if len(rest) == 1:
            return Exists(_name(rest, path))
        case {"op": symbol, "value": given, **rest} if len(rest) == 1:
            return _condition(_name(rest, path), symbol, given, path)
    _refuse(path, f"{brief(value)} is no rule.", FORMS)


def _rules(parts: object, path: str, depth: int) -> list[Rule]:
    if not isinstance(parts, list | tuple) or not parts:
        _refuse(path, f"{brief(parts)} is no list of rules.", "Give a list of at least one rule.")
    return [_rule(part, f"{path}[{place}]", depth + 1) for place, part in enumerate(parts)]


def _name(rest: Mapping[object, object], path: str) -> Name:
    match rest:
        case {"attribute": name}:
            return _placed(f"{path}.attribute", lambda: attribute_name(name))
        case {"field": str(name)} if name in ITEM_FIELDS:
            return plain_name(name)
        case {"field": name}:
            fields = ", ".join(sorted(ITEM_FIELDS))
            remedy = f'Fields are {fields}; anything else is an "attribute".'
            _refuse(f"{path}.field", f"{brief(name)} is no field of items.", remedy)
    _refuse(path, "There is neither an attribute nor a field.", FORMS)


def _condition(name: Name, symbol: object, given: object, path: str) -> Rule:
    if not isinstance(symbol, str) or symbol not in OPS or symbol == "exists":
        _refuse(f"{path}.op", f"{brief(symbol)} is no operator.", f"There are {' '.join(OPS)}.")
    if symbol != "in":
        value = _literal(given, f"{path}.value")
        return _placed(path, lambda: comparison(name, symbol, value))
    if not isinstance(given, list | tuple):
        _refuse(f"{path}.value", f"{brief(given)} is no list of values.", "Give a list.")
    values = _literals(given, f"{path}.value")
    return _placed(path, lambda: one_of(name, values))


def _literals(given: Sequence[object], path: str) -> list[Literal]:
    return [_literal(one, f"{path}[{place}]") for place, one in enumerate(given)]


def _literal(given: object, path: str) -> Literal:
    match given:
        case {"days": int(number) | float(number), **rest} if not rest:
            return _placed(path, lambda: days(number))
        case str() | int() | float():
            return _placed(path, lambda: literal_of(given))
    _refuse(
        path, f"{brief(given)} is no value.", 'Give a text, a number, true, false or {"days": -30}.'
    )


def _placed(path: str, make: Callable[[], T]) -> T:
    """What is made; an error that has no place gets this one."""
    try:
        return make()
    except RuleError as error:
        if error.place:
            raise
        _refuse(path, error.problem, error.remedy)


def _refuse(path: str, problem: str, remedy: str) -> NoReturn:
    raise RuleError(problem, remedy, path)
