"""The inspector over real HTTP: what it shows and to whom, and that it only shows."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import pytest
from tests.web.conftest import KEY
from tests.web.inspecting import CITY, MARKUP, Inspector, make_shop

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.validation.plain import UNPRINTABLE

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("jinja2")

PAGES = (
    "/inspector/",
    "/inspector/person",
    "/inspector/items",
    "/inspector/item?item_id=item-6",
    "/inspector/weights",
    "/inspector/health",
)
FILES = ("/inspector/inspector.css", "/inspector/icon.svg")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of the shop."""
    file = tmp_path_factory.mktemp("inspector") / "shop.db"
    make_shop(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def inspector(file: Path) -> Iterator[Inspector]:
    with Inspector(f"sqlite:///{file}") as inspector:
        yield inspector


@pytest.fixture(scope="module")
def closed(file: Path) -> Iterator[Inspector]:
    """A server that says nothing about who may do what."""
    with Inspector(f"sqlite:///{file}", "none") as inspector:
        yield inspector


@pytest.fixture(scope="module")
def opened(file: Path) -> Iterator[Inspector]:
    """A server that shows sealed values, to whom it admits."""
    with Inspector(f"sqlite:///{file}", "coroutine", "sealed", "admit") as inspector:
        yield inspector


def content_of(file: Path) -> list[str]:
    """Everything that the database holds."""
    with sqlite3.connect(file) as connection:
        content = list(connection.iterdump())
    connection.close()
    return content


def test_nothing_is_shown_unless_the_application_says_so(closed: Inspector) -> None:
    for path in (*PAGES, *FILES):
        page = closed.get(path)
        assert page.status == 403
        assert "item-" not in page.text
    assert closed.post({"user_id": "person-0"}).status == 403


@pytest.mark.parametrize("token", ["", "wrong", "broken"])
def test_who_is_not_allowed_sees_nothing(inspector: Inspector, token: str) -> None:
    assert {inspector.get(path, token).status for path in (*PAGES, *FILES)} == {403}
    assert inspector.post({"user_id": "person-0"}, token).status == 403


def test_the_application_sees_whom_a_page_is_about(inspector: Inspector) -> None:
    assert inspector.post({"user_id": "bob"}, "alice").status == 403
    assert inspector.post({"user_id": "alice"}, "alice").status == 404  # allowed, and not there


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_strict(inspector: Inspector, path: str) -> None:
    page = inspector.get(path)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    tags = " ".join(re.findall("<[^>]*>", page.text))
    assert not re.search(r"<script|\sstyle=|\son\w+=|https?:|javascript:", tags)


def test_every_page_is_reached_by_links(inspector: Inspector) -> None:
    to_do, seen = ["/inspector/"], set[str]()
    while to_do:
        path = to_do.pop()
        page = inspector.get(path)
        assert page.status == 200, path
        seen.add(path)
        links = re.findall(r'(?:href|src|action)="([^"#]+)[^"]*"', page.text)
        to_do += {unescape(link) for link in links} - seen - set(to_do)
    assert seen >= {*PAGES, *FILES}


def test_a_person_is_shown_with_the_engine_s_answer(inspector: Inspector, file: Path) -> None:
    page = inspector.post({"user_id": "person-0", "count": "3"})
    with Tastemaker(f"sqlite:///{file}", key=Key(KEY), exploration=0) as shop:
        answer = shop.recommend("person-0", k=3, explain=True)
    shown = re.findall(r'<h3>\s*<a href="/inspector/item\?item_id=([\w-]+)"', page.text)
    assert shown == [one.item_id for one in answer]
    for one in answer:
        assert f'<span class="score">{one.score:.3f}</span>' in page.text
        for name, part in one.contributions.items():
            assert not part or (name in page.words and f"{part:+.3f}" in page.words)
        for reason in one.reasons:
            assert f"{reason.amount:+.3f}" in page.words
    assert "History length 3" in page.words


def test_somebody_who_is_not_known_gets_an_answer_too(inspector: Inspector) -> None:
    assert "History length 0" in inspector.get("/inspector/person").words
    page = inspector.post({"recent": "item-1\r\nitem-3\r\n"})
    assert "History length 2" in page.words


def test_ids_of_people_are_never_in_addresses(inspector: Inspector) -> None:
    page = inspector.get("/inspector/person?user_id=person-0")
    assert "History length 0" in page.words
    for path in PAGES:
        for form in re.findall("<form.*?</form>", inspector.get(path).text, re.S):
            assert 'name="user_id"' not in form or 'method="post"' in form
    assert not re.search(r'(?:href|action)="[^"]*person-0', page.text)


def test_sealed_values_are_shown_only_where_the_application_says_so(
    inspector: Inspector, opened: Inspector
) -> None:
    page = inspector.post({"user_id": "person-0"})
    assert CITY not in page.text
    assert "Attributes are sealed" in page.words
    assert f"city {CITY}" in opened.post({"user_id": "person-0"}).words
    assert CITY not in opened.post({"user_id": "person-2"}).text


def test_hostile_texts_are_harmless(inspector: Inspector) -> None:
    pages = [
        inspector.post({"user_id": "person-0", "added": "item-8"}),
        inspector.post({"user_id": f"{MARKUP}\u202e\x1b", "recent": MARKUP, "where": MARKUP}),
        inspector.get("/inspector/items?text=script"),
        inspector.get("/inspector/items?text=%3Cscript%3E%1b%e2%80%ae"),
        inspector.get("/inspector/item?item_id=item-2"),
        inspector.get("/inspector/item?item_id=item-4"),
        inspector.get("/inspector/item?item_id=%3Cscript%3E%E2%80%AE"),
    ]
    for page in pages:
        assert "<script" not in page.text
        assert "<img src=x" not in page.text
        fields = re.compile(r'value="[^"]*"|<textarea.*?</textarea>', re.S)  # isolated by browsers
        assert not UNPRINTABLE.search(fields.sub("", page.text))
    assert "&lt;script&gt;" in pages[4].text
    assert "red [31m and turned" in pages[5].words


def test_what_if_an_interaction_were_added(inspector: Inspector, file: Path) -> None:
    page = inspector.post({"user_id": "person-0", "added": "item-6", "kind": "like", "count": "3"})
    with Tastemaker(f"sqlite:///{file}", key=Key(KEY), exploration=0) as shop:
        recent = [{"item_id": "item-6", "kind": "like"}]
        expected = [one.item_id for one in shop.recommend("person-0", 3, recent=recent)]
    after = page.text.partition("As it would be")[2].partition("</ol>")[0]
    assert re.findall(r"item_id=([\w-]+)", after) == expected
    assert "item-6" not in expected
    assert "goes" in page.words.partition("As it would be")[0]
    assert "comes in" in after


def test_what_if_a_rule_were_lifted(inspector: Inspector) -> None:
    for given in ({"where": "n < 7"}, {"surface": "small-n"}):
        page = inspector.post({"user_id": "person-0", **given, "lifted": "where"})
        before, _, after = page.text.partition("As it would be")
        before = before.partition("As it is")[2]
        assert "item_id=item-8" not in before
        assert "item_id=item-8" in after.partition("</ol>")[0]


def test_what_if_seen_items_might_come(inspector: Inspector) -> None:
    page = inspector.post({"user_id": "person-0", "lifted": ["seen", "where"]})
    after = page.text.partition("As it would be")[2].partition("</ol>")[0]
    assert "item_id=item-0" in after


def test_nothing_changes_nothing(inspector: Inspector) -> None:
    page = inspector.post({"user_id": "person-0", "lifted": "boost"})
    assert "The same items in the same order." in page.words


def test_nothing_is_written(inspector: Inspector, file: Path) -> None:
    before = content_of(file)
    assert inspector.post({"user_id": "person-0", "added": "item-6"}).status == 200
    assert inspector.post({"user_id": "person-0", "recent": "item-8"}).status == 200
    assert inspector.post({"user_id": "new", "added": "new"}).status == 404
    for path in PAGES:
        inspector.get(path)
    assert content_of(file) == before


NOT_THERE = [
    ({"user_id": "nobody"}, 404, "There is no user with this id"),
    ({"added": "nothing"}, 404, "There is no item 'nothing'"),
    ({"surface": "nowhere"}, 404, "nowhere"),
    ({"where": "n <"}, 422, "n <"),
    ({"count": "0"}, 422, "from 1 to 100"),
    ({"count": "9" * 5000}, 422, "from 1 to 100"),
    ({"seen": "never"}, 422, "exclude, include, only"),
    ({"added": "item-6", "kind": " "}, 422, "kind is only white space"),
]


@pytest.mark.parametrize(("fields", "status", "words"), NOT_THERE)
def test_what_is_not_there_or_refused_is_told_beside_the_form(
    inspector: Inspector, fields: dict[str, str], status: int, words: str
) -> None:
    page = inspector.post(fields)
    assert page.status == status
    assert words in page.words
    for name, value in fields.items():
        assert f'name="{name}"' in page.text
        assert name == "surface" or escape(value) in page.text


def test_an_unknown_item_leads_on(inspector: Inspector) -> None:
    page = inspector.get("/inspector/item?item_id=nothing")
    assert page.status == 404
    assert "There is no item 'nothing'" in page.words
    assert 'action="/inspector/items"' in page.text
    assert inspector.get("/inspector/item").status == 422


def test_items_are_found_by_id_and_title(inspector: Inspector) -> None:
    assert "item_id=item-6" in inspector.get("/inspector/items?text=item-6").text
    assert "item_id=item-6" in inspector.get("/inspector/items?text=BLUE").text
    page = inspector.get("/inspector/items?text=green")
    assert (page.status, "No item has this id" in page.words) == (200, True)


@pytest.mark.parametrize("body", [b"user_id=%ff", b"\xff=1", b"&".join([b"a=1"] * 300)])
def test_what_is_no_form_is_refused(inspector: Inspector, body: bytes) -> None:
    assert inspector.post(body).status == 422


def test_a_large_body_is_refused(inspector: Inspector) -> None:
    assert inspector.post(b"recent=" + b"x" * 2**20).status == 413


@pytest.mark.parametrize("path", ["/recommend", "/record", "/inspector/person"])
@pytest.mark.parametrize("server", ["closed", "opened"])
def test_a_body_is_not_read_of_who_is_not_admitted(
    path: str, server: str, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(server).port
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    # the body never comes: who waits for it waits until the time is over
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 403"


def test_whom_the_application_admits_it_must_allow_too(opened: Inspector) -> None:
    assert opened.post({"user_id": "person-0"}).status == 200
    assert opened.post({"user_id": "person-0"}, "alice").status == 403


def test_before_anything_is_trained(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with Tastemaker(url, key=Key(KEY)) as shop:
        shop.upgrade()
    with Inspector(url) as inspector:
        assert {inspector.get(path).status for path in PAGES if "item_id" not in path} == {200}
        assert "No release is active" in inspector.get("/inspector/weights").words
        assert "Nothing may be shown" in inspector.get("/inspector/person").words


def test_without_a_schema_the_health_is_still_told(tmp_path: Path) -> None:
    with Inspector(f"sqlite:///{tmp_path}/none.db") as inspector:
        page = inspector.get("/inspector/health")
        assert (page.status, "1 problem." in page.words) == (200, True)
        assert inspector.get("/inspector/weights").status == 503
        assert inspector.post({"user_id": "person-0"}).status == 503
