"""A deleted item is gone for good, and the releases that know it serve on, in every worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError
from tastemaker.serving.answers import Recommendation
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

Chosen: TypeAlias = Callable[[int], list[int]]
LeftOut: TypeAlias = Callable[[int], str]
FAST = ("item-knn", "popular", "tfidf")
ITEMS = 12


def scores(answer: Sequence[Recommendation]) -> dict[str, float]:
    return {one.item_id: one.score for one in answer}


@pytest.fixture
def worker(trained: Tastemaker, database: Database, key: Key) -> Iterator[Tastemaker]:
    """Another worker, which serves the same release already."""
    with Tastemaker(str_url(database), key=key) as other:
        other.recommend("person-0")
        yield other


def str_url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_release_serves_on_without_a_deleted_item(
    trained: Tastemaker,
    worker: Tastemaker,
    database: Database,
    key: Key,
    chosen: Chosen,
    left_out: LeftOut,
) -> None:
    gone = left_out(0)
    trained.set_available([gone], False)
    before = scores(trained.recommend("person-0", k=50, exact=True))
    with_it = sum(gone == f"item-{item}" for person in range(24) for item in chosen(person))
    assert trained.delete_items([gone, "never there"]) == (1, with_it)
    assert trained.delete_items([gone]) == (0, 0)
    with Tastemaker(str_url(database), key=key) as restarted:
        for shop in (trained, worker, restarted):
            answer = shop.recommend("person-0", k=50, exact=True)
            assert answer.details.release == 1
            assert answer.details.problems == ()
            # as if it were only not available: no item took another's place
            assert scores(answer) == before
            assert gone not in scores(shop.recommend("a stranger", k=50))
            assert gone not in scores(shop.similar("item-2", k=50))
            for people in shop.recommend_many([f"person-{n}" for n in range(24)], k=50).values():
                assert gone not in scores(people)
            explained = shop.recommend("person-2", k=3, explain=True)
            reasons = {reason.item_id for one in explained for reason in one.reasons}
            assert reasons <= {f"item-{item}" for item in chosen(2)} - {gone}
            assert gone not in {one.item_id for one in shop.history("person-2", newest=50)}
            with pytest.raises(NotFoundError):
                shop.similar(gone)


def test_titles_and_where_still_belong_to_their_items(
    trained: Tastemaker, worker: Tastemaker
) -> None:
    trained.delete_items(["item-0", "item-5", "item-11"])
    for shop in (trained, worker):
        for one in shop.recommend("a stranger", k=50):
            assert one.title.endswith(f"thing {one.item_id.removeprefix('item-')}")
        odd = scores(shop.recommend("a stranger", k=50, where={"parity": "odd"}))
        assert set(odd) == {"item-1", "item-3", "item-7", "item-9"}


def test_an_item_that_comes_again_is_a_new_one(
    trained: Tastemaker, worker: Tastemaker, left_out: LeftOut
) -> None:
    gone = left_out(0)
    trained.delete_items([gone])
    trained.put_items([{"item_id": gone, "title": "even thing again", "text": "an even story"}])
    for shop in (trained, worker):
        titles = {one.item_id: one.title for one in shop.recommend("person-0", k=50)}
        assert titles[gone] == "even thing again"
    trained.record("person-0", gone)
    for shop in (trained, worker):
        assert gone not in scores(shop.recommend("person-0", k=50))


def test_new_items_deleted_again(trained: Tastemaker, worker: Tastemaker) -> None:
    trained.put_items([{"item_id": f"new-{n}", "text": "an odd story"} for n in range(3)])
    assert {"new-0", "new-1", "new-2"} <= set(scores(worker.recommend("person-1", k=50)))
    trained.delete_items(["new-1"])
    trained.put_items([{"item_id": "new-3", "text": "an odd story"}])
    for shop in (trained, worker):
        shown = set(scores(shop.recommend("person-1", k=50)))
        assert {one for one in shown if one.startswith("new")} == {"new-0", "new-2", "new-3"}


def test_training_anew_forgets_it(
    trained: Tastemaker, worker: Tastemaker, left_out: LeftOut
) -> None:
    gone = left_out(0)
    trained.delete_items([gone])
    release = trained.train(only=FAST)
    assert release.n_items == ITEMS - 1
    trained.activate(release.number)
    worker.recommend("person-0")
    for shop in (trained, worker):
        assert gone not in scores(shop.recommend("person-0", k=50))
    # the older release knows an item that is gone, and can be activated all the same
    trained.activate(1)
    answer = trained.recommend("person-0", k=50)
    assert answer.details.problems == ()
    assert gone not in scores(answer)


def test_everything_deleted(trained: Tastemaker, worker: Tastemaker) -> None:
    deleted = trained.delete_items(f"item-{item}" for item in range(ITEMS))
    assert deleted.items == ITEMS
    for shop in (trained, worker):
        assert list(shop.recommend("person-0")) == []


def test_without_a_release(engine: Tastemaker) -> None:
    engine.recommend("person-0")
    engine.delete_items(["item-1"])
    assert "item-1" not in scores(engine.recommend("person-0", k=50))


def test_deleting_joins_the_applications_transaction(
    trained: Tastemaker, database: Database
) -> None:
    with create_engine(database.engine.url, poolclass=NullPool).connect() as connection:
        assert trained.delete_items(["item-1"], connection).items == 1
        connection.rollback()
    assert "item-1" in scores(trained.recommend("a stranger", k=50))
    with pytest.raises(InputError, match="item_ids is a str"):
        trained.delete_items("item-1")
