from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tastemaker import F
from tastemaker.errors import InputError, NotFoundError
from tastemaker.request.cursor import encode_cursor
from tastemaker.request.json_form import request_as_json, request_from_json
from tastemaker.request.preferences import AtMost, Boost
from tastemaker.request.recent import Recent
from tastemaker.request.request import FIELDS, Request
from tastemaker.request.surfaces import Surfaces, surface_as_json
from tastemaker.request.terms import Terms, terms_of

CHEAP = F.price < 20

EVERYTHING = Request(
    user_id="alice",
    recent=["item-1", {"item_id": "item-2", "kind": "view", "at": 1_600_000_000}],
    features={"country": "France"},
    k=5,
    where=CHEAP & ~F.sold_out,
    exclude=["item-9"],
    seen="include",
    boost={F.brand == "acme": 1.5},
    diversity=[0.3, AtMost(2, "brand")],
    explore=0.1,
    after=encode_cursor([3, 4]),
    explain=True,
    exact=False,
)

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"user_id": ""}, "user_id is empty"),
    ({"k": 0}, "k is 0"),
    ({"k": 10**8}, "the most is 10000"),
    ({"where": "price <"}, "rule"),
    ({"exclude": "item-1"}, "exclude is a str"),
    ({"seen": "perhaps"}, "seen is 'perhaps'"),
    *(
        ({"boost": {"price < 20": factor}}, f"factor of a boost is {factor!r}; ")
        for factor in (0, -1, True, float("inf"), float("nan"), 1e7, "2")
    ),
    ({"boost": "price < 20"}, "boost is a str"),
    ({"boost": [{"where": "price < 20"}]}, "with where and factor"),
    ({"diversity": 1.5}, "diversity is 1.5"),
    ({"diversity": {"at_most": 0, "attribute": "brand"}}, "AtMost allows 0"),
    ({"explore": 2}, "explore is 2"),
    ({"after": "page 2"}, "after"),
    ({"explain": "yes"}, "explain is 'yes'"),
    ({"recent": "item-1"}, "recent is a str"),
    ({"recent": [{"item": "item-1"}]}, "unknown field 'item'"),
    ({"recent": [{"kind": "view"}]}, "has no item_id"),
    ({"features": {"user_id": 3}}, "can be called user_id"),
]


@pytest.mark.parametrize(("fields", "problem"), REFUSED)
def test_what_is_wrong_is_refused_by_name(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Request(**fields)
    with pytest.raises(InputError, match=problem):
        request_from_json(fields)


def test_a_request_of_everything_survives_json() -> None:
    whole = json.loads(json.dumps(request_as_json(EVERYTHING)))
    assert sorted(whole) == sorted(FIELDS)
    assert request_from_json(whole) == EVERYTHING
    assert request_from_json(json.dumps(whole)) == EVERYTHING


def test_json_holds_only_what_is_given() -> None:
    assert request_as_json(Request(k=5, exclude=["item-1"])) == {"k": 5, "exclude": ["item-1"]}
    assert request_from_json("{}") == Request()


def test_rules_in_json_may_be_text_or_structured() -> None:
    structured = {"where": CHEAP.as_json(), "boost": [{"where": CHEAP.as_json(), "factor": 2}]}
    assert request_from_json(structured) == Request(where="price < 20", boost={CHEAP: 2.0})


@pytest.mark.parametrize("text", ["", "[1]", "7", '{"k": 5', '{"user": "alice"}', "[" * 100_000])
def test_what_is_no_json_of_a_request_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="request"):
        request_from_json(text)


@given(st.text(max_size=200))
def test_any_text_is_a_request_or_refused(text: str) -> None:
    with suppress(InputError):
        request_from_json(text)


def test_the_terms_have_one_form_for_each_field() -> None:
    terms = terms_of(EVERYTHING)
    assert terms.k == 5
    assert terms.recent == (
        Recent("item-1"),
        Recent("item-2", "view", time=1_600_000_000_000_000),
    )
    assert terms.boosts == (Boost(F.brand == "acme", 1.5),)
    assert terms.diversity == (0.3, AtMost(2, "brand"))
    assert terms.shown.tolist() == [3, 4]
    assert (terms.explain, terms.exact, terms.explore) == (True, False, 0.1)


def test_without_anything_the_terms_are_the_defaults() -> None:
    plain = terms_of(Request())
    assert plain.k == 10
    assert vars(plain) == vars(Terms(shown=plain.shown))  # arrays cannot be compared with ==


def test_a_call_comes_before_its_surface() -> None:
    surface = Request(k=20, seen="include", where=CHEAP)
    over = Request(user_id="alice", k=5, explain=False).over(surface)
    assert over == Request(user_id="alice", k=5, seen="include", where=CHEAP, explain=False)


def test_a_persons_id_and_features_are_not_shown() -> None:
    assert "alice" not in repr(EVERYTHING)
    assert "France" not in repr(EVERYTHING)


def test_surfaces_hold_requests_by_name() -> None:
    kept = Surfaces({"home": surface_as_json(Request(k=20, diversity=0.3))})
    assert kept.find("home") == Request(k=20, diversity=0.3)
    with pytest.raises(NotFoundError, match="no surface 'basket'; there are: home"):
        kept.find("basket")


@pytest.mark.parametrize("field", ["user_id", "recent", "features", "after"])
def test_a_surface_holds_nothing_of_one_person(field: str) -> None:
    with pytest.raises(InputError, match=f"cannot hold {field}"):
        surface_as_json(Request(**{field: getattr(EVERYTHING, field)}))
