"""What is no rule, or does not fit the items: every error, and that there is no other."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.rules.strategies import rules

from tastemaker import F, InputError, Items, Rule, RuleError, days, parse_rule, rule_from_json
from tastemaker.rules import RuleColumns, rule_of

ITEMS = Items(
    ("wine", "tea"),
    ("Wine", ""),
    ("", ""),
    {
        "country": (("France",), ("Japan",)),
        "price": (("12.5",), ("3",)),
        "empty": ((), ()),
    },
)

COLUMNS = RuleColumns(ITEMS)


@pytest.mark.parametrize(
    ("text", "place", "problem", "excerpt"),
    [
        ("", "column 1", "The rule is empty.", "  \n  ^"),
        ("price <", "column 8", "A value is missing before the end.", "  price <\n         ^"),
        ("a == France", "column 6", "France is no value.", "  a == France\n       ^"),
        ("a == )", "column 6", "A value is missing before ).", "  a == )\n       ^"),
        ("a b", "column 3", "b is not expected here.", "  a b\n    ^"),
        ("x\nand a b", "line 2, column 7", "b is not expected here.", "  and a b\n        ^"),
        ("a & b", "column 3", "'&' means nothing here.", "  a & b\n    ^"),
        ("not", "column 4", "The name of an attribute or field is missing", "  not\n     ^"),
        ("true", "column 1", "The name of an attribute or field is missing", "  true\n  ^"),
        ("(a", "column 3", ") is missing before the end.", "  (a\n    ^"),
        ("a in (1 2)", "column 9", ", is missing before 2.", "  a in (1 2)\n          ^"),
        ("a in 1", "column 6", "( is missing before 1.", "  a in 1\n       ^"),
        ("a not b", "column 7", "Only in can follow here.", "  a not b\n        ^"),
        ("a == 'b", "column 6", "' is never closed.", "  a == 'b\n       ^"),
        ("`a", "column 1", "` is never closed.", "  `a\n  ^"),
        (r"a == '\q'", "column 6", r"'\\q' is no escape.", "  a == '\\q'\n       ^"),
        ("a == 20x", "column 6", "This is no number.", "  a == 20x\n       ^"),
        ("a == 1e999", "column 6", "inf is not finite.", "  a == 1e999\n       ^"),
        ("a == 9007199254740993", "column 6", "9007199254740993 has more digits", None),
        ("created > days(a)", "column 16", "The number of days is missing.", None),
        ("created > days(1e7)", "column 11", "days(10000000.0) is no moment.", None),
        ("created > 5", "column 1", "created is a time, and 5 is a number.", None),
        ("created > 'May'", "column 1", 'created is a time, and "May" is none.', None),
        ("created == 'x'", "column 1", "created is a time.", None),
        ("updated in ()", "column 1", "updated is a time.", None),
        ("a and created", "column 7", "created is a time.", None),
        ("a == days(1)", "column 1", "a == days(1) asks for one instant.", None),
        ("a < true", "column 1", "true is neither more nor less than anything.", None),
        ("title contains 1", "column 1", "title contains texts, not 1.", None),
        ("` a` exists", "column 1", "The name of a item attribute has white space", None),
        ("(" * 60 + "a" + ")" * 60, "column 52", "The rule is nested too deeply.", None),
        ("a or " * 1000 + "b", "column 1", "The rule has more than 1000 conditions.", None),
        (f"a in ({', '.join(map(str, range(1001)))})", "column 1", "a is compared with 1001", None),
        (" " * 100_001, "", "The rule has 100,001 letters.", None),
    ],
)
def test_a_text_that_is_no_rule_is_shown(
    text: str, place: str, problem: str, excerpt: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    error = caught.value
    assert isinstance(error, InputError)
    assert error.place == place
    assert error.problem.startswith(problem)
    assert error.remedy.endswith(".")
    if excerpt is not None:
        assert error.excerpt == excerpt
    assert str(error).startswith(f"The rule, {place}: {problem}" if place else problem)


@pytest.mark.parametrize(
    ("value", "place", "problem"),
    [
        (5, "$", "5 is no rule."),
        ({}, "$", "{} is no rule."),
        ({"and": []}, "$.and", "[] is no list of rules."),
        ({"or": "a"}, "$.or", "'a' is no list of rules."),
        ({"and": [{"attribute": "a", "op": "exists"}, {"not": 3}]}, "$.and[1].not", "3 is no"),
        ({"attribute": "a", "op": "~", "value": 1}, "$.op", "'~' is no operator."),
        ({"attribute": "a", "op": "exists", "value": 1}, "$.op", "'exists' is no operator."),
        ({"attribute": "a", "op": "<"}, "$", "{'attribute': 'a', 'op': '<'} is no rule."),
        ({"attribute": "a", "op": "<", "value": 1, "x": 1}, "$", "{"),
        ({"attribute": 7, "op": "<", "value": 1}, "$.attribute", "The name of a item attribute"),
        ({"field": "price", "op": "<", "value": 1}, "$.field", "'price' is no field of items."),
        ({"name": "price", "op": "exists"}, "$", "There is neither an attribute nor a field."),
        ({"attribute": "a", "op": "==", "value": None}, "$.value", "None is no value."),
        ({"attribute": "a", "op": "==", "value": {"days": 1, "x": 1}}, "$.value", "{"),
        ({"attribute": "a", "op": ">", "value": {"days": True}}, "$.value", "days(True) is no"),
        ({"attribute": "a", "op": "==", "value": float("nan")}, "$.value", "nan is not finite."),
        ({"attribute": "a", "op": "==", "value": 10**5000}, "$.value", "a number of thousands"),
        ({"attribute": "a", "op": "in", "value": 1}, "$.value", "1 is no list of values."),
        ({"attribute": "a", "op": "in", "value": [1, []]}, "$.value[1]", "[] is no value."),
        ({"field": "created", "op": ">", "value": 1}, "$", "created is a time, and 1 is a number."),
    ],
)
def test_json_that_is_no_rule_is_named_by_its_path(value: Any, place: str, problem: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule_from_json(value)
    assert caught.value.place == place
    assert caught.value.problem.startswith(problem)


def test_json_that_is_too_deep_is_refused() -> None:
    value: Any = {"attribute": "a", "op": "exists"}
    for _ in range(5000):
        value = {"not": value}
    with pytest.raises(RuleError, match="nested too deeply"):
        rule_from_json(value)


def test_what_python_lets_one_write_by_mistake_is_refused() -> None:
    with pytest.raises(RuleError, match="neither true nor false by itself"):
        10 <= F.price < 20  # noqa: B015
    with pytest.raises(RuleError, match="neither true nor false by itself"):
        F.a and F.b  # noqa: B018
    with pytest.raises(RuleError, match="parentheses"):
        F.a == 1 & F.b == 2  # type: ignore[comparison-overlap]  # noqa: B015
    with pytest.raises(RuleError, match=r"Write ~F\['a'\].exists\(\)"):
        F.a == None  # noqa: B015, E711
    with pytest.raises(RuleError, match="is a Field, which no item can have"):
        F.a == F.b  # noqa: B015
    with pytest.raises(RuleError, match="is a bytes"):
        F.a.one_of(b"x")
    with pytest.raises(RuleError, match="lone surrogate"):
        F.a.contains("\ud800")
    with pytest.raises(RuleError, match="is no moment"):
        days(2_000_000)
    with pytest.raises(RuleError, match="The text of a rule is a int"):
        parse_rule(5)  # type: ignore[arg-type]


def test_a_rule_that_python_nests_deeply_is_refused() -> None:
    rule: Rule = F.a.as_rule()
    with pytest.raises(RuleError, match="nested deeper than 50 levels"):
        for _ in range(60):
            rule = ~(rule & F.b)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            F.price.exists() & (F.prise < 20),
            "The rule, column 18: No item has the attribute 'prise'. Did you mean 'price'? Known "
            "are: country, empty, price. Fields of every item are: created, item_id, text, title, "
            "updated.\n  price exists and prise < 20\n                   ^",
        ),
        (
            ~(F.country < 20),
            "The rule, column 5: No value of country is a number, such as 20. Compare it with what "
            'it holds, such as "France".\n  not country < 20\n      ^',
        ),
        (
            F.country > days(-3),
            "The rule, column 1: No value of country is a time, such as days(-3). Compare it with "
            'what it holds, such as "France".\n  country > days(-3)\n  ^',
        ),
        (
            F.price < "20",
            'The rule, column 1: All values of price are numbers, and "20" is a text. Write the '
            'number without quotes.\n  price < "20"\n  ^',
        ),
        (
            F.country.as_rule(),
            "The rule, column 1: country is neither true nor false for any item. Compare it with a "
            'value: country == "…".\n  country\n  ^',
        ),
    ],
    ids=str,
)
def test_a_rule_that_does_not_fit_the_items_is_shown(rule: Rule, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule.mask(RuleColumns(ITEMS))
    assert str(caught.value) == message


def test_where_nobody_has_a_value_anything_may_be_compared() -> None:
    columns = RuleColumns(ITEMS)
    some = F.empty < 1, F.empty < "a", F.empty < days(1), F.empty.as_rule(), F.created < days(1)
    for rule in some:
        assert not rule.mask(columns).any()


def test_nothing_known_fits_no_name() -> None:
    none = RuleColumns(Items((), (), ()))
    with pytest.raises(RuleError, match="Known are: none"):
        F.price.exists().mask(none)
    assert F.title.exists().mask(none).tolist() == []


def test_many_names_are_not_all_listed() -> None:
    many = {f"name-{number}": ((),) for number in range(40)}
    with pytest.raises(RuleError, match=r"name-\d+, …\. Fields"):
        F.colour.exists().mask(RuleColumns(Items(("a",), ("",), ("",), many)))


@pytest.mark.parametrize("where", [5, ["a"], None, b"a"])
def test_what_is_no_filter_is_refused(where: Any) -> None:
    with pytest.raises(RuleError, match="where is a .*Give a rule such as F.price < 20"):
        rule_of(where)


WORDS = "a price title created `odd` and or not in one_of contains exists true false days"
SIGNS = "( ) , < <= > >= == = != 1 -2.5 1e9 \"x\" 'y' \" ' ` \\ & | ~ ! \n é days(-30) \ud800 \0"
PIECES = f"{WORDS} {SIGNS}".split(" ")
near_rules = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)
fuzz = (
    st.text(st.characters())
    | near_rules
    | st.builds(
        lambda rule, place, letter: str(rule)[:place] + letter + str(rule)[place + 1 :],
        rules,
        st.integers(0, 40),
        st.text(st.characters(), max_size=2),
    )
)


KEYS = ("and", "or", "not", "attribute", "field", "op", "value", "days", "x")
LEAVES = ("a", "title", "created", "<", "==", "in", "exists", 1, -2.5, True, None, 2**60, "\ud800")
near_json: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(LEAVES) | st.floats(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(KEYS), parts),
    max_leaves=12,
)
shaped = st.fixed_dictionaries(
    {"attribute": near_json, "op": st.sampled_from(LEAVES) | near_json, "value": near_json}
)


def check_text(text: str) -> None:
    """A text is a rule that is read back and evaluated, or the error is raised."""
    try:
        rule = parse_rule(text)
        assert parse_rule(str(rule)) == rule
        rule.mask(COLUMNS)
    except RuleError as error:
        assert len(str(error)) < 5000


def check_json(value: Any) -> None:
    """The same for JSON."""
    try:
        rule = rule_from_json(value)
        assert rule_from_json(rule.as_json()) == rule
        rule.mask(COLUMNS)
    except RuleError as error:
        assert len(str(error)) < 5000


@given(fuzz)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_rule_or_the_error(text: str) -> None:
    check_text(text)


@given(near_json | shaped)
@settings(max_examples=400, deadline=None)
def test_any_json_is_a_rule_or_the_error(value: Any) -> None:
    check_json(value)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(fuzz)
@settings(max_examples=10_000, deadline=None, database=None)
def test_many_texts_are_rules_or_the_error(text: str) -> None:
    check_text(text)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(near_json | shaped)
@settings(max_examples=10_000, deadline=None, database=None)
def test_much_json_is_rules_or_the_error(value: Any) -> None:
    check_json(value)


def test_numbers_of_numpy_are_numbers() -> None:
    assert (F.price < np.float64(4)).mask(RuleColumns(ITEMS)).tolist() == [False, True]
