"""Requests on real data: who is answered, by which rules, and page after page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tastemaker import Answer, AtMost, F, KeyFile, Request, Tastemaker, create_key_file
from tastemaker.demo import data, write_slice
from tastemaker.errors import InputError, NotFoundError

CUSTOMERS = 150
RECOMMENDERS = ("popular", "item-knn", "transition", "tfidf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retail")


@pytest.fixture(scope="module")
def retail(folder: Path) -> Iterator[Tastemaker]:
    write_slice("interactions", CUSTOMERS, folder / "interactions.csv")
    key = create_key_file(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key) as engine:
        engine.upgrade()
        (folder / "items.csv.gz").write_bytes(data("items").read_bytes())
        engine.import_file("items", folder / "items.csv.gz")
        engine.import_file("interactions", folder / "interactions.csv")
        engine.train(only=RECOMMENDERS)
        yield engine


def ids(answer: Answer) -> list[str]:
    return [one.item_id for one in answer]


def some_users(engine: Tastemaker, n: int) -> list[str]:
    return list(engine.user_ids())[:n]


@pytest.mark.parametrize("explore", [0.0, 0.2])
def test_ten_pages_are_one_long_list(retail: Tastemaker, explore: float) -> None:
    for user in some_users(retail, 12):
        whole = retail.recommend(user, k=100, explore=explore)
        pages, after = [], None
        for _ in range(10):
            page = retail.recommend(user, k=10, explore=explore, after=after)
            pages.extend(ids(page))
            after = page.after
        assert pages == ids(whole)
        assert len(set(pages)) == 100


def test_what_was_shown_never_comes_again_even_if_the_history_moves(retail: Tastemaker) -> None:
    first = retail.recommend("somebody moving", k=10)
    retail.record("somebody moving", first[3].item_id)
    second = retail.recommend("somebody moving", k=10, after=first.after)
    assert len(second) == 10
    assert not set(ids(first)) & set(ids(second))
    retail.forget("somebody moving")


def test_the_last_page_says_that_it_is_the_last(retail: Tastemaker) -> None:
    some = [item.item_id for item in retail.recommend("nobody", k=15)]
    first = retail.recommend("nobody", k=10, where=F.item_id.one_of(some))
    last = retail.recommend("nobody", k=10, where=F.item_id.one_of(some), after=first.after)
    assert sorted([*ids(first), *ids(last)]) == sorted(some)
    assert last.after is None


def test_a_session_is_answered_as_somebody_stored_with_that_history(retail: Tastemaker) -> None:
    for number, user in enumerate(some_users(retail, 30)):
        session = [past.item_id for past in retail.history(user, 7)][: 1 + number % 7]
        stored = f"stored {number}"
        for item in session:
            retail.record(stored, item)
        known = retail.recommend(stored, explain=True)
        session_alone = retail.recommend(recent=session, explain=True)
        assert list(session_alone) == list(known)
        assert session_alone.details == known.details
        retail.forget(stored)


def test_what_is_recent_comes_on_top_of_what_is_stored(retail: Tastemaker) -> None:
    user = some_users(retail, 1)[0]
    latest = retail.recommend(user)[0].item_id
    with_session = retail.recommend(user, recent=[latest])
    assert latest not in ids(with_session)
    assert with_session.details.history_length == retail.recommend(user).details.history_length + 1
    retail.record(user, latest)
    assert list(retail.recommend(user)) == list(with_session)


def test_an_unknown_item_of_a_session_is_named_and_left_out(retail: Tastemaker) -> None:
    known = some_items(retail, 2)
    answer = retail.recommend(recent=["no such item", *known])
    assert list(answer) == list(retail.recommend(recent=known))
    assert any("no such item" in problem for problem in answer.details.problems)


def some_items(engine: Tastemaker, n: int) -> list[str]:
    return [one.item_id for one in engine.recommend("nobody", k=n)]


def test_excluded_items_do_not_come(retail: Tastemaker) -> None:
    first = ids(retail.recommend("nobody"))
    answer = retail.recommend("nobody", exclude=[*first[:4], "no such item"])
    assert len(answer) == 10
    assert not set(ids(answer)) & set(first[:4])


def test_a_surface_says_what_the_call_does_not(retail: Tastemaker) -> None:
    retail.set_surface("short", Request(k=3, exclude=some_items(retail, 1)))
    assert len(retail.recommend("nobody", surface="short")) == 3
    assert len(retail.recommend("nobody", k=5, surface="short")) == 5
    assert ids(retail.recommend("nobody", surface="short"))[0] == some_items(retail, 2)[1]
    many = retail.recommend_many(["nobody"], surface="short")
    assert list(many["nobody"]) == list(retail.recommend("nobody", surface="short"))
    assert retail.surfaces() == {"short": retail.surface("short")}
    retail.remove_surface("short")
    with pytest.raises(NotFoundError, match="no surface 'short'"):
        retail.recommend("nobody", surface="short")
    with pytest.raises(NotFoundError, match="no surface 'short'"):
        retail.remove_surface("short")


def test_a_request_is_taken_whole_or_as_json(retail: Tastemaker) -> None:
    request = Request(user_id="nobody", k=4, exclude=some_items(retail, 2))
    expected = list(retail.recommend("nobody", k=4, exclude=some_items(retail, 2)))
    assert list(retail.recommend(request=request)) == expected
    as_json = {"user_id": "nobody", "k": 4, "exclude": some_items(retail, 2)}
    assert list(retail.recommend(request=as_json)) == expected
    assert list(retail.recommend(request='{"user_id": "nobody"}', k=4)) == list(
        retail.recommend("nobody", k=4)
    )


@pytest.mark.parametrize("name", ["user_id", "recent", "features", "after"])
def test_a_request_for_many_is_of_no_one_person(retail: Tastemaker, name: str) -> None:
    after = retail.recommend("nobody").after
    given = {"user_id": "alice", "recent": ["item"], "features": {"age": 30}, "after": after}
    value = given[name]
    with pytest.raises(InputError, match=f"has {name}"):
        retail.recommend_many(["nobody"], request={name: value})


def test_what_goes_with_a_basket_is_none_of_it(retail: Tastemaker) -> None:
    basket = some_items(retail, 3)
    found = [one.item_id for one in retail.together(basket, k=5)]
    assert len(found) == 5
    assert not set(found) & set(basket)
    assert [one.item_id for one in retail.together(basket[:1], k=5)] == [
        one.item_id for one in retail.similar(basket[0], k=5)
    ]
    without = [one.item_id for one in retail.together(basket, k=5, exclude=found[:2])]
    assert len(without) == 5
    assert not set(without) & set(found[:2])
    assert retail.together([]) == []
    with pytest.raises(NotFoundError):
        retail.together(["no such item"])


def test_only_items_of_the_history_come_where_it_is_wanted(retail: Tastemaker) -> None:
    user = some_users(retail, 1)[0]
    owned = {past.item_id for past in retail.history(user, 10_000)}
    again = retail.recommend(user, k=1000, seen="only")
    assert set(ids(again)) == owned
    assert retail.recommend("nobody", seen="only") == []
    assert set(ids(retail.recommend(user, k=50, seen="include"))) & owned


def test_all_of_it_together_adds_up(retail: Tastemaker) -> None:
    user = some_users(retail, 1)[0]
    answer = retail.recommend(
        user,
        k=5,
        recent=some_items(retail, 1),
        seen="include",
        exclude=some_items(retail, 3),
        boost={F.item_id.one_of(some_items(retail, 40)): 1.5},
        diversity=[0.3, AtMost(2, "median_price")],
        explain=True,
    )
    assert len(answer) == 5
    for one in answer:
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-4)


def test_variety_by_an_attribute_that_no_item_has_is_refused(retail: Tastemaker) -> None:
    with pytest.raises(InputError, match="No item has the attribute 'colour'"):
        retail.recommend("nobody", diversity=AtMost(2, "colour"))


def test_all_of_it_in_a_surface_survives_a_restart(retail: Tastemaker, folder: Path) -> None:
    wish = Request(k=4, seen="include", boost={F.median_price < 2: 3.0}, diversity=0.4)
    retail.set_surface("everything", wish)
    with Tastemaker(
        f"sqlite:///{folder}/tastemaker.db", key=KeyFile(folder / "tastemaker.key")
    ) as again:
        assert again.surface("everything") == wish
        user = some_users(retail, 1)[0]
        assert list(again.recommend(user, surface="everything")) == list(
            retail.recommend(user, request=wish)
        )
    retail.remove_surface("everything")
