"""Rules in Python, as text and as JSON: three ways to write the same."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.rules.strategies import rules

from tastemaker import F, Rule, RuleError, days, parse_rule, rule_from_json
from tastemaker.rules import rule_of, rule_of_texts

WRITTEN: list[tuple[Rule, str, dict[str, Any]]] = [
    (F.price < 20, "price < 20", {"attribute": "price", "op": "<", "value": 20}),
    (
        F.created > days(-30),
        "created > days(-30)",
        {"field": "created", "op": ">", "value": {"days": -30}},
    ),
    (
        F["created"] >= "2024-01-01",
        '`created` >= "2024-01-01"',
        {"attribute": "created", "op": ">=", "value": "2024-01-01"},
    ),
    (
        ~F.sold_out & F.tags.contains("vegan"),
        'not sold_out and tags contains "vegan"',
        {
            "and": [
                {"not": {"attribute": "sold_out", "op": "==", "value": True}},
                {"attribute": "tags", "op": "contains", "value": "vegan"},
            ]
        },
    ),
    (
        F.category.one_of("a", "b") | F["odd `name`"].exists(),
        'category in ("a", "b") or `odd ``name``` exists',
        {
            "or": [
                {"attribute": "category", "op": "in", "value": ["a", "b"]},
                {"attribute": "odd `name`", "op": "exists"},
            ]
        },
    ),
    (
        ~(F.x | (F.y != 1.5)),
        "not (x or y != 1.5)",
        {
            "not": {
                "or": [
                    {"attribute": "x", "op": "==", "value": True},
                    {"attribute": "y", "op": "!=", "value": 1.5},
                ]
            }
        },
    ),
    (F.x.one_of(), "x in ()", {"attribute": "x", "op": "in", "value": []}),
    (F["not"] == False, "`not` == false", {"attribute": "not", "op": "==", "value": False}),  # noqa: E712
    (F["größe"] <= 1e300, "größe <= 1e+300", {"attribute": "größe", "op": "<=", "value": 1e300}),
    (
        F.title.contains('"\\\n\x07'),
        'title contains "\\"\\\\\\n\\u0007"',
        {"field": "title", "op": "contains", "value": '"\\\n\x07'},
    ),
]


@pytest.mark.parametrize(("rule", "text", "value"), WRITTEN, ids=[text for _, text, _ in WRITTEN])
def test_three_ways_to_write_the_same(rule: Rule, text: str, value: dict[str, Any]) -> None:
    assert (str(rule), rule.as_json()) == (text, value)
    assert parse_rule(text) == rule == rule_from_json(value)
    assert hash(parse_rule(text)) == hash(rule) == hash(rule_from_json(value))


@given(rules)
@settings(max_examples=200, deadline=None)
def test_text_and_json_are_read_back(rule: Rule) -> None:
    assert parse_rule(str(rule)) == rule
    assert rule_from_json(json.loads(json.dumps(rule.as_json()))) == rule
    assert str(parse_rule(str(rule))) == str(rule)


names = st.text(min_size=1, max_size=6).filter(
    lambda name: name == name.strip() and "\0" not in name and name.isprintable()
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)


@given(names, texts | numbers | st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_name_and_any_value_is_read_back(name: str, value: object) -> None:
    rule = F[name] == value
    assert parse_rule(str(rule)) == rule
    assert rule_from_json(json.loads(json.dumps(rule.as_json()))) == rule
    assert parse_rule(f"({rule}) AND NOT({rule})") == rule & ~rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a = 'it\\'s'", F.a == "it's"),
        ('a == "\\u0041\\n\\\\" ', F.a == "A\n\\"),
        ("a not in (1, 'x', TRUE)", ~F.a.one_of(1, "x", True)),
        ("a one_of ( 1 )", F.a.one_of(1)),
        ("NOT a Or b aNd c", ~F.a | (F.b & F.c)),
        ("not not not a", ~F.a),
        ("((a)) and (b and (c and d))", F.a & F.b & F.c & F.d),
        ("a\n\tand b", F.a & F.b),
        ("price >= -.5e1", F.price >= -5),
        ("created < days( -0.5 )", F.created < days(-0.5)),
        ("`title` == 'x'", F["title"] == "x"),
        ("_x and ﬁ", F["_x"] & F["ﬁ"]),
    ],
)
def test_other_ways_to_write_a_text(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


def test_a_value_may_come_first() -> None:
    least = 10
    assert (least <= F.price) == (F.price >= 10)
    assert (days(-1) < F.created) == (F.created > days(-1))


def test_values_of_different_types_are_different() -> None:
    different = {F.a == 1, F.a == "1", F.a == True, F.a.contains(1), F["a"] != 1}  # noqa: E712
    assert len(different) == 5
    assert (F.a == 1) == (F["a"] == 1.0) == (F.a == np.float32(1)) == (F.a == np.int64(1))
    assert (F.a == True) == F.a.as_rule() == (F.a == np.True_)  # noqa: E712
    assert (F.a == date(2024, 1, 2)) == (F.a == "2024-01-02")
    moment = datetime(2024, 1, 2, tzinfo=UTC)
    assert (F.created > moment) == (F.created > "2024-01-02T00:00:00+00:00")


def test_several_values_are_given_in_any_way() -> None:
    assert F.a.one_of("x", "y") == F.a.one_of(["x", "y"]) == F.a.one_of(iter("xy"))
    assert F.a.one_of({"y", "x"}) == F.a.one_of("x", "y", "x")
    assert F.a.one_of("xy") != F.a.one_of("x", "y")
    assert F.a.one_of(7) == F.a.one_of([7])


def test_what_is_joined_by_the_same_word_lies_flat() -> None:
    assert F.a & (F.b & F.c) == (F.a & F.b) & F.c
    assert str(F.a | (F.b | F.c & F.d)) == "a or b or (c and d)"
    assert ~~F.a == F.a.as_rule()


def test_a_filter_is_given_in_any_way() -> None:
    rule = (F["country"] == "France") & F["price"].one_of(1, 2)
    assert rule_of(rule) == rule
    assert rule_of('country == "France" and price in (1, 2)') == rule
    assert rule_of({"country": "France", "price": [1, 2]}) == rule
    assert rule_of(F.hot) == rule_of("hot") == rule_of({"hot": True})
    assert rule_of({"created": "x"}) == (F["created"] == "x")
    assert rule_of({}) is None


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        ([], None),
        (["country=France"], F.country.one_of("France")),
        (["colour=red", "colour=gold"], F.colour.one_of("red", "gold")),
        (
            ["price < 20", "odd name=it's 5 > 3"],
            (F.price < 20) & F["odd name"].one_of("it's 5 > 3"),
        ),
        (["created=x"], F["created"].one_of("x")),
        (["price=20"], F.price.one_of("20")),
        (['country="France"'], F.country == "France"),
        (["price = 20"], F.price == 20),
        (["price=20 and not sold_out"], (F.price == 20) & ~F.sold_out),
        (["not a=1"], F.a != 1),
        (["price<=20"], F.price <= 20),
        (["a==1"], F.a == 1),
        (["a=b=c"], F.a.one_of("b=c")),
        (["a="], F.a.one_of("")),
    ],
)
def test_a_command_line_takes_rules_and_pairs(texts: list[str], rule: Rule | None) -> None:
    found = rule_of_texts(texts)
    if texts == ["not a=1"]:
        assert found == ~(F.a == 1)
    else:
        assert found == rule


@pytest.mark.parametrize("text", ["brand=Marks and Spencer", "country=France and not sold_out"])
def test_a_pair_with_a_word_of_the_grammar_needs_quotes(text: str) -> None:
    with pytest.raises(RuleError, match="is no value. .*a text in quotes"):
        rule_of_texts([text])


def test_names_of_python_are_no_attributes() -> None:
    with pytest.raises(AttributeError):
        F.__wrapped__  # noqa: B018
    assert repr(F.price) == "F['price']"
    assert hash(F.price) == hash(F["price"])
