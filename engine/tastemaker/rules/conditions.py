"""The conditions that rules are made of: comparisons, one of several values, any value at all.

An item may have several values: a comparison holds where one of them satisfies it, and never for an
item that has none. `!=` is exactly the opposite of `==`, so it holds for an item without values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker.data import BoolArray
from tastemaker.errors import InputError, RuleError
from tastemaker.json_types import Json
from tastemaker.rules.columns import CodedValues, RuleColumns
from tastemaker.rules.literals import Days, Literal, Number, Text, Truth
from tastemaker.rules.names import Name
from tastemaker.rules.rule import Condition
from tastemaker.validation import UNTIMED, check_time

MOST_LISTED = 1000
"""Values that one condition may list; chosen, not measured."""

ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERATORS = ("==", "!=", *ORDERS, "contains")


@dataclass(frozen=True)
class Comparison(Condition):
    """An attribute or field against one value. Made by `comparison`, which checks it."""

    name: Name
    operator: str
    value: Literal

    def as_json(self) -> dict[str, Json]:
        """{"attribute" or "field": name, "op": operator, "value": value}."""
        return _named(self.name, self.operator) | {"value": self.value.as_json()}

    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """The comparison alone; the name alone where it is to be true."""
        bare = self.operator == "==" and self.value == Truth(True)
        yield str(self.name) if bare else f"{self.name} {self.operator} {self.value}", self

    @property
    def depends_on_now(self) -> bool:
        """Whether it is compared with `days(...)`."""
        return isinstance(self.value, Days)

    def matching(self, columns: RuleColumns, now: int) -> BoolArray:
        """See `Rule.mask`."""
        if self.name.is_time:
            times = columns.times(self.name)
            return _in_order(times, self.operator, _moment(self.value, now))
        if self.operator == "contains" and self.name.is_text:
            return _containing(columns.texts(self.name), self.value)
        values = columns.values(self.name)
        if self.operator in ORDERS:
            return values.having(_ordered(values, self, now))
        equal = values.having(_equal(values, self.name, self.value))
        return ~equal if self.operator == "!=" else equal


@dataclass(frozen=True)
class OneOf(Condition):
    """Whether one of several values is there. Made by `one_of`, which checks it."""

    name: Name
    values: tuple[Literal, ...]

    def as_json(self) -> dict[str, Json]:
        """{"attribute" or "field": name, "op": "in", "value": list}."""
        return _named(self.name, "in") | {"value": [one.as_json() for one in self.values]}

    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """The name, `in`, and the values in parentheses."""
        yield f"{self.name} in ({', '.join(map(str, self.values))})", self

    def matching(self, columns: RuleColumns, now: int) -> BoolArray:
        """See `Rule.mask`."""
        values = columns.values(self.name)
        texts = {one.text for one in self.values if isinstance(one, Text)}
        wanted = values.those(texts.__contains__)
        for one in self.values:
            if not isinstance(one, Text):
                wanted |= _equal(values, self.name, one)
        return values.having(wanted)


@dataclass(frozen=True)
class Exists(Condition):
    """Whether there is any value at all."""

    name: Name

    def as_json(self) -> dict[str, Json]:
        """{"attribute" or "field": name, "op": "exists"}."""
        return _named(self.name, "exists")

    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """The name and `exists`."""
        yield f"{self.name} exists", self

    def matching(self, columns: RuleColumns, now: int) -> BoolArray:
        """See `Rule.mask`."""
        if self.name.is_time:
            return np.asarray(columns.times(self.name) != UNTIMED)
        values = columns.values(self.name)
        return values.having(np.ones(len(values.texts), dtype=np.bool_))


def comparison(name: Name, symbol: str, value: Literal) -> Comparison:
    """A comparison that can be made of some items.

    Args:
        name: what is compared.
        symbol: one of `OPERATORS`.
        value: what with.

    Raises:
        RuleError: such a value is never compared so.
    """
    if name.is_time:
        _check_time(name, symbol, value)
    elif symbol not in ORDERS and isinstance(value, Days):
        raise RuleError(f"{name} {symbol} {value} asks for one instant.", "Compare by < or >.")
    elif symbol in ORDERS and isinstance(value, Truth):
        raise RuleError(
            f"{value} is neither more nor less than anything.",
            f"Write {name} or not {name}.",
        )
    elif symbol == "contains" and name.is_text and not isinstance(value, Text):
        raise RuleError(f"{name} contains texts, not {value}.", "Put it in quotes.")
    return Comparison(name, symbol, value)


def one_of(name: Name, values: Iterable[Literal]) -> OneOf:
    """A condition that one of several values is there; of none, where there are none.

    Raises:
        RuleError: there are too many, or one is never compared so.
    """
    different = tuple(dict.fromkeys(values))
    for value in different:
        comparison(name, "==", value)
    if len(different) > MOST_LISTED:
        raise RuleError(
            f"{name} is compared with {len(different)} values.", f"The most is {MOST_LISTED}."
        )
    if name.is_time:
        raise RuleError(f"{name} is a time.", "Compare it by <, <=, > or >=.")
    return OneOf(name, different)


def _named(name: Name, symbol: str) -> dict[str, Json]:
    return {"field" if name.is_field else "attribute": name.text, "op": symbol}


def _check_time(name: Name, symbol: str, value: Literal) -> None:
    if symbol not in ORDERS:
        raise RuleError(f"{name} is a time.", "Compare it by <, <=, > or >=.")
    remedy = "Compare with days(-30) or with an ISO 8601 date in quotes."
    if not isinstance(value, Days | Text):
        raise RuleError(f"{name} is a time, and {value} is {value.kind}.", remedy)
    if isinstance(value, Text):
        try:
            check_time(value.text)
        except InputError:
            raise RuleError(f"{name} is a time, and {value} is none.", remedy) from None


def _moment(value: Literal, now: int) -> int:
    if isinstance(value, Days):
        return value.moment(now)
    return check_time(value.text if isinstance(value, Text) else None)


def _in_order(times: np.ndarray[Any, Any], symbol: str, moment: int) -> BoolArray:
    return np.asarray(ORDERS[symbol](times, moment) & (times != UNTIMED))


def _containing(texts: Iterable[str], value: Literal) -> BoolArray:
    """(n_items,) bool: which of the texts have this one in them, in small or capital letters."""
    part = value.text.casefold() if isinstance(value, Text) else ""
    return np.array([bool(text) and part in text.casefold() for text in texts], dtype=np.bool_)


def _equal(values: CodedValues, name: Name, value: Literal) -> BoolArray:
    """(n_texts,) bool: which texts are equal to a value."""
    if isinstance(value, Number):
        return np.asarray(values.numbers == value.number)
    if isinstance(value, Truth):
        truths = values.truths
        if values.texts and not (truths[True] | truths[False]).any():
            raise RuleError(
                f"{name} is neither true nor false for any item.",
                f'Compare it with a value: {name} == "…".',
            )
        return truths[value.true]
    return values.those((value.text if isinstance(value, Text) else "").__eq__)


def _ordered(values: CodedValues, one: Comparison, now: int) -> BoolArray:
    """(n_texts,) bool: which texts are in order with a value."""
    value = one.value
    if isinstance(value, Days):
        _check_any(values, values.times != UNTIMED, one, "a time")
        return _in_order(values.times, one.operator, value.moment(now))
    if isinstance(value, Number):
        _check_any(values, ~np.isnan(values.numbers), one, "a number")
        return np.asarray(ORDERS[one.operator](values.numbers, value.number))
    text, order = value.text if isinstance(value, Text) else "", ORDERS[one.operator]
    if values.texts and not np.isnan(values.numbers).any():
        raise RuleError(
            f"All values of {one.name} are numbers, and {value} is a text.",
            "Write the number without quotes.",
        )
    return values.those(lambda own: bool(order(own, text)))


def _check_any(values: CodedValues, fitting: BoolArray, one: Comparison, what: str) -> None:
    if values.texts and not fitting.any():
        raise RuleError(
            f"No value of {one.name} is {what}, such as {one.value}.",
            f"Compare it with what it holds, such as {Text(values.texts[0][:40])}.",
        )
