"""Generated catalogues and rules, and what a rule means, item by item."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np

from tastemaker import F, Field, Items, Rule, RuleError, days
from tastemaker.rules import RuleColumns
from tastemaker.store.attribute_columns import attribute_columns
from tastemaker.validation import UNTIMED

DAY = 86_400_000_000
NOW = 1_767_225_600_000_000
"""2026-01-01 in UTC, in microseconds."""

NAMES = ("price", "tags", "sold_out", "released", "odd name", "created", "not")
TEXTS = ("vegan", "", "20", "20.0", "1e1", "-3", "true", "Yes", " no ", "0", "1", "nan", "inf", "é")
MOMENTS = ("2025-12-25", "2026-01-02T10:00:00+01:00", "1735689600", "12.5", "2025-11-01")
VALUES = (*TEXTS, *MOMENTS)
TITLES = ("", "Vegan cheese", "É", "true", "20", "b")


class Row(NamedTuple):
    """One item, as it is put into the catalogue."""

    item_id: str
    title: str
    text: str
    attributes: Mapping[str, Any]
    created: int
    updated: int


values = st.sampled_from(VALUES) | st.sampled_from((20, 20.5, -3, True, False, None))
times = st.integers(-60, 3).map(lambda number: NOW + number * DAY) | st.just(UNTIMED)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """A catalogue of a few items."""
    names = draw(st.sets(st.sampled_from(NAMES), min_size=5))
    some = st.dictionaries(
        st.sampled_from(sorted(names)), values | st.lists(values, max_size=3), min_size=2
    )
    titles = st.sampled_from(TITLES)
    described = st.tuples(titles, titles, some, times, times)
    return [
        Row(f"item-{place}", *one)
        for place, one in enumerate(draw(st.lists(described, min_size=2, max_size=8)))
    ]


def columns_of(catalogue: Sequence[Row]) -> RuleColumns:
    """The items as rules see them, by way of what the store makes of attributes."""
    items = Items(
        tuple(row.item_id for row in catalogue),
        tuple(row.title for row in catalogue),
        tuple(row.text for row in catalogue),
        attribute_columns([json.dumps(row.attributes) for row in catalogue]),
    )
    created = np.array([row.created for row in catalogue], dtype=np.int64)
    updated = np.array([row.updated for row in catalogue], dtype=np.int64)
    return RuleColumns(items, {"created": created, "updated": updated})


attributes = st.sampled_from(NAMES).map(lambda name: F[name])
text_fields = st.sampled_from((F.title, F.text, F.item_id))
time_fields = st.sampled_from((F.created, F.updated))
texts = st.sampled_from((*VALUES, "item-1", "Vegan", 'quote " and \\', "two\nlines"))
numbers = st.sampled_from((20, 12.5, -3, 0, 1, 1e300, 1735689600, 10))
moments = st.integers(-60, 3).map(days) | st.sampled_from((0.5, -0.25)).map(days)
iso = st.sampled_from(("2025-12-25", "2026-01-02T10:00:00+01:00"))
plain = texts | numbers
any_value = plain | st.booleans()


def compared(field: Field, symbol: str, value: object) -> Rule:
    """A comparison by an operator that Python has."""
    made: dict[str, Any] = {
        "==": field.__eq__,
        "!=": field.__ne__,
        "<": field.__lt__,
        "<=": field.__le__,
        ">": field.__gt__,
        ">=": field.__ge__,
        "contains": field.contains,
    }
    rule: Rule = made[symbol](value)
    return rule


orders = st.sampled_from(("<", "<=", ">", ">="))
conditions = st.one_of(
    st.builds(compared, attributes, st.sampled_from(("==", "!=", "contains")), any_value),
    st.builds(compared, attributes, orders, plain | moments),
    st.builds(compared, text_fields, st.sampled_from(("==", "!=")) | orders, plain),
    st.builds(compared, text_fields, st.just("contains"), texts),
    st.builds(compared, time_fields, orders, moments | iso),
    st.builds(Field.one_of, attributes | text_fields, st.lists(any_value, max_size=4)),
    st.builds(Field.exists, attributes | text_fields | time_fields),
    st.builds(Field.as_rule, attributes),
)
rules = st.recursive(
    conditions,
    lambda parts: (
        st.builds(lambda rule: ~rule, parts)
        | st.builds(lambda one, other: one & other, parts, parts)
        | st.builds(lambda one, other: one | other, parts, parts)
    ),
    max_leaves=4,
)


def holds(rule: Any, row: Row, catalogue: Sequence[Row]) -> bool:
    """Whether a rule, given as JSON, holds for one item. Written to be read, not to be fast.

    Raises:
        RuleError: the values of the catalogue cannot be compared so.
    """
    if "and" in rule:
        # every part is looked at: one that cannot be compared is an error in any case
        return all([holds(part, row, catalogue) for part in rule["and"]])
    if "or" in rule:
        return any([holds(part, row, catalogue) for part in rule["or"]])
    if "not" in rule:
        return not holds(rule["not"], row, catalogue)
    own = values_of(rule, row)
    if rule["op"] == "exists":
        return bool(own)
    if rule["op"] == "contains" and rule.get("field") in ("title", "text", "item_id"):
        return any(rule["value"].casefold() in text.casefold() for text in own)
    everywhere = [value for one in catalogue for value in values_of(rule, one)]
    if rule["op"] == "in":
        return any([has(own, value, everywhere) for value in rule["value"]])
    if rule["op"] in ("==", "contains"):
        return has(own, rule["value"], everywhere)
    if rule["op"] == "!=":
        return not has(own, rule["value"], everywhere)
    return ordered(own, rule, everywhere)


def values_of(rule: Any, row: Row) -> list[Any]:
    """The values of one item in what a condition looks at."""
    if "field" in rule:
        value = getattr(row, rule["field"])
        return [] if value in ("", UNTIMED) else [value]
    name = rule["attribute"]
    value = row.attributes.get(name)
    return [
        written(one)
        for one in (value if isinstance(value, list) else [value])
        if one is not None and one != ""
    ]


def written(value: object) -> str:
    """A value of an attribute as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def has(own: list[str], wanted: Any, everywhere: list[str]) -> bool:
    """Whether one of an item's values is the wanted one."""
    if isinstance(wanted, bool):
        words = {True: ("true", "yes", "1"), False: ("false", "no", "0")}
        if everywhere and not any(v.strip().lower() in sum(words.values(), ()) for v in everywhere):
            raise RuleError("Neither true nor false.", "")
        return any(text.strip().lower() in words[wanted] for text in own)
    if isinstance(wanted, str):
        return wanted in own
    return any(as_number(text) == wanted for text in own)


def ordered(own: list[Any], rule: Any, everywhere: list[Any]) -> bool:
    """Whether one of an item's values is in order with the value of a condition."""
    value = rule["value"]
    if rule.get("field") in ("created", "updated"):
        bound = moment(value)
        return any(in_order(time, rule["op"], bound) for time in own)
    if isinstance(value, dict):
        pairs: list[Any] = [as_time(text) for text in everywhere]
        found: list[Any] = [as_time(text) for text in own]
        value = moment(value)
    elif isinstance(value, str):
        pairs = [None if as_number(text) is not None else 0 for text in everywhere]
        found = list(own)
    else:
        pairs = [as_number(text) for text in everywhere]
        found = [as_number(text) for text in own]
    if everywhere and all(one is None for one in pairs):
        raise RuleError("Nothing to compare with.", "")
    return any(in_order(one, rule["op"], value) for one in found if one is not None)


def in_order(one: Any, symbol: str, other: Any) -> bool:
    """Whether one is less, more or equal."""
    return bool(
        {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[symbol]
    )


def as_number(text: str) -> float | None:
    """A text as a finite number."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_time(text: str) -> int | None:
    """A text as a time in microseconds."""
    number = as_number(text)
    if number is not None:
        return round(number * 1_000_000) if number >= 100_000_000 else None
    try:
        return moment(text)
    except ValueError:
        return None


def moment(value: Any) -> int:
    """An ISO 8601 text, or days from now, in microseconds."""
    if isinstance(value, dict):
        return NOW + int(value["days"] * DAY)
    found = datetime.fromisoformat(value)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)
