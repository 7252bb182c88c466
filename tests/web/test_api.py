"""The JSON API over real HTTP: the same answers as in Python, and nothing for who may not ask."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.conftest import Http, Served, running

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

PATHS = ("/recommend", "/similar", "/record", "/health", "/openapi.json")
BODIES: dict[str, Any] = {
    "/recommend": {"user_id": "person-0"},
    "/similar": {"item_ids": ["item-0"]},
    "/record": {"user_id": "person-0", "item_id": "item-1"},
}


def test_nothing_is_allowed_unless_the_application_says_so(shop_url: str) -> None:
    with running(shop_url, "none") as http:
        for path in PATHS:
            reply = http(path, BODIES.get(path))
            assert reply.status == 403
            assert "may not call" in reply.content["error"]


@pytest.mark.parametrize("token", ["", "wrong", "broken"])
def test_who_is_not_allowed_gets_nothing(served: Served, token: str) -> None:
    for path in PATHS:
        assert served.http(path, BODIES.get(path), token=token).status == 403
    assert len(served.shop.history("person-0")) == 5


def test_the_application_sees_whom_it_is_about(served: Served) -> None:
    assert served.http("/recommend", {"user_id": "alice"}, token="alice").status == 200
    assert served.http("/recommend", {"user_id": "bob"}, token="alice").status == 403
    assert served.http("/recommend", {"recent": ["item-1"]}, token="alice").status == 403


def test_answers_are_those_of_the_engine(served: Served) -> None:
    request = {"user_id": "person-0", "k": 3, "explain": True, "exclude": ["item-2"]}
    reply = served.http("/recommend", request)
    assert reply.status == 200
    assert reply.content == served.shop.recommend(request=request).as_dict()
    assert reply.content["recommendations"]


def test_a_whole_number_may_have_a_point(served: Served) -> None:
    reply = served.http("/recommend", {"user_id": "person-0", "k": 2.0})
    assert len(reply.content["recommendations"]) == 2


def test_a_surface_is_named(served: Served) -> None:
    served.shop.set_surface("short", {"k": 1})
    reply = served.http("/recommend", {"user_id": "person-0", "surface": "short"})
    assert len(reply.content["recommendations"]) == 1
    reply = served.http("/recommend", {"user_id": "person-0", "surface": "nowhere"})
    assert reply.status == 404


def test_similar_items(served: Served) -> None:
    reply = served.http("/similar", {"item_ids": ["item-0"], "k": 2})
    expected = [one.as_dict() for one in served.shop.similar("item-0", 2)]
    assert reply.content == {"recommendations": expected}
    assert served.http("/similar", {"item_ids": ["nothing"]}).status == 404


def test_what_is_recorded_counts_at_once(served: Served) -> None:
    before = served.http("/recommend", {"user_id": 7, "k": 20}).content
    reply = served.http("/record", {"user_id": 7, "item_id": "item-1", "kind": "like"})
    assert (reply.status, reply.content) == (200, {"recorded": True})
    after = served.http("/recommend", {"user_id": "7", "k": 20}).content
    assert after["history_length"] == before["history_length"] + 1
    assert "item-1" not in [one["item_id"] for one in after["recommendations"]]
    served.shop.forget(7)


def test_health(served: Served) -> None:
    reply = served.http("/health")
    assert reply.status == 200
    assert (reply.content["healthy"], reply.content["release"]) == (True, 1)


REFUSED = [
    ("/recommend", b"{", 400),
    ("/recommend", b"[]", 422),
    ("/recommend", b'{"k": NaN}', 400),
    ("/recommend", {"exclude": {}}, 422),
    ("/recommend", {"k": 1.5}, 422),
    ("/recommend", {"user_id": "person-0", "colour": 1}, 422),
    ("/recommend", {"user_id": "", "k": 1}, 422),
    ("/recommend", {"k": 0}, 422),
    ("/recommend", {"where": "price <"}, 422),
    ("/recommend", {"surface": 5}, 422),
    ("/similar", {}, 422),
    ("/similar", {"item_ids": "item-1"}, 422),
    ("/similar", {"item_ids": ["item-1"], "colour": 1}, 422),
    ("/record", {"user_id": "person-0"}, 422),
    ("/record", {"user_id": "person-0", "item_id": "item-0", "value": "much"}, 422),
    ("/record", {"user_id": "person-0", "item_id": "item-0", "connection": "x"}, 422),
    ("/record", b" " * (2**20 + 1), 413),
]


@pytest.mark.parametrize(("path", "body", "status"), REFUSED)
def test_what_is_refused_says_why(served: Served, path: str, body: Any, status: int) -> None:
    reply = served.http(path, body)
    assert reply.status == status
    assert reply.content["error"]
    assert "person-0" not in reply.content["error"]


def test_other_methods_kinds_and_paths(served: Served) -> None:
    assert served.http("/recommend").status == 405
    assert served.http("/recommend", {"k": 1}, kind="text/plain").status == 415
    assert served.http("/nowhere").status == 404


def test_the_description_names_what_there_is(served: Served) -> None:
    content = served.http("/openapi.json").content
    assert content["openapi"].startswith("3.1")
    assert sorted(content["paths"]) == sorted(PATHS)
    references = set(find(content, "$ref"))
    names = {f"#/components/schemas/{name}" for name in content["components"]["schemas"]}
    assert references == names


def test_answers_have_the_fields_that_are_described(served: Served) -> None:
    schemas = served.http("/openapi.json").content["components"]["schemas"]
    answer = served.http("/recommend", {"user_id": "person-1", "explain": True}).content
    assert set(answer) == set(schemas["Answer"]["properties"])
    for one in answer["recommendations"]:
        assert set(one) == set(schemas["Recommendation"]["properties"])
        for reason in one["reasons"]:
            described = schemas["Recommendation"]["properties"]["reasons"]["items"]["properties"]
            assert set(reason) == set(described)


def test_many_at_once_are_answered(served: Served) -> None:
    from concurrent.futures import ThreadPoolExecutor

    http: Http = served.http
    with ThreadPoolExecutor(8) as pool:
        bodies = [{"user_id": f"person-{number % 24}"} for number in range(40)]
        replies = list(pool.map(lambda body: http("/recommend", body), bodies))
    assert {reply.status for reply in replies} == {200}


def find(value: Any, key: str) -> list[str]:
    """Every value of a key, at any depth."""
    if isinstance(value, list):
        return [one for part in value for one in find(part, key)]
    if isinstance(value, dict):
        own = [value[key]] if key in value else []
        return own + [one for part in value.values() for one in find(part, key)]
    return []
