"""The index key is rotated: everybody gets another ref, and is found throughout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import PEOPLE, town
from tests.store.rotation.test_live import url_of
from tests.store.rotation.test_resealing import between_reading_and_replacing

from tastemaker import Database, Key, KeyProblem, NotFoundError, Tastemaker
from tastemaker.store.rotation import refs
from tastemaker.store.sql import tables

USER = tables.user
WHOLE = {f"u{n}": {"town": town(n)} for n in range(PEOPLE)}


def stored(database: Database) -> dict[int, tuple[bytes, bytes, bytes | None]]:
    """The ref, sealed id and sealed attributes of every row, by its key."""
    columns = (USER.c.id, USER.c.ref, USER.c.external_id, USER.c.attributes)
    with database.reading() as connection:
        rows = connection.execute(select(*columns)).all()
    return {key: (bytes(ref), cell, attributes) for key, ref, cell, attributes in rows}


def everybody(shop: Tastemaker) -> dict[str, object]:
    """The sealed attribute of everybody, in clear."""
    return {user_id: shop.show(user_id)["attributes"] for user_id in shop.user_ids()}


def index_keys(shop: Tastemaker) -> dict[str, int]:
    """The id of the newest index key of each status."""
    return {key.status: key.key_id for key in shop.keys.status() if key.purpose == "index"}


def move_half(shop: Tastemaker, database: Database) -> None:
    """Promotes a new index key and leaves the rotation half done, as a kill would."""
    shop.keys.promote(shop.keys.add("index"))
    before = stored(database)
    shop.keys.reencrypt()
    with database.writing() as connection:
        for key in list(before)[::2]:
            ref, cell, attributes = before[key]
            values = {"ref": ref, "external_id": cell, "attributes": attributes}
            connection.execute(update(USER).where(USER.c.id == key).values(values))


@pytest.fixture
def worker(shop: Tastemaker, database: Database, key: Key) -> Iterator[Tastemaker]:
    """Another engine, whose keys were read before anything was rotated."""
    shop.record("u1", "tea")
    with Tastemaker(url_of(database), key=key) as engine:
        engine.show("u1")
        yield engine


def test_every_ref_is_another_and_everybody_is_there(shop: Tastemaker, database: Database) -> None:
    before, first = stored(database), index_keys(shop)["active"]
    done = shop.keys.rotate("index")
    after = stored(database)
    assert (done.reencrypted, done.gone) == ((2 * PEOPLE, 0, 0), (first,))
    assert after.keys() == before.keys()
    assert not {row[0] for row in before.values()} & {row[0] for row in after.values()}
    assert everybody(shop) == WHOLE
    assert index_keys(shop) == {"active": done.key_id, "retired": first}
    assert shop.keys.verify().cells[done.key_id] == PEOPLE


def test_users_without_attributes_move_too(shop: Tastemaker, database: Database) -> None:
    shop.record("bare", "tea")
    assert shop.keys.rotate("index", destroy=True).reencrypted.cells == 2 * PEOPLE + 1
    assert shop.show("bare")["interactions"] == 1


def test_step_by_step(shop: Tastemaker, database: Database) -> None:
    old, new = index_keys(shop)["active"], shop.keys.add("index")
    assert shop.keys.promote() == new
    assert everybody(shop) == WHOLE
    assert shop.keys.verify().old == {old: PEOPLE}
    for step in (shop.keys.retire, shop.keys.destroy):
        with pytest.raises(KeyProblem):
            step(old)
    shop.keys.reencrypt()
    with pytest.raises(KeyProblem, match=f"found {PEOPLE} values"):
        shop.keys.retire(old)
    assert shop.keys.verify().is_clean
    shop.keys.retire(old)
    shop.keys.destroy(old)
    assert everybody(shop) == WHOLE


def test_one_planted_old_ref_is_found_and_moved(shop: Tastemaker, database: Database) -> None:
    former = stored(database)[5]
    old = shop.keys.rotate("index").gone[0]
    with database.writing() as connection:
        values = dict(zip(("ref", "external_id", "attributes"), former, strict=True))
        connection.execute(update(USER).where(USER.c.id == 5).values(values))
    assert shop.keys.verify().old == {old: 1}
    with pytest.raises(KeyProblem, match="found 1 values"):
        shop.keys.destroy(old)
    assert shop.keys.reencrypt() == (2, 0, 0)
    assert shop.keys.verify().is_clean
    shop.keys.destroy(old)


def test_a_second_row_of_a_person_that_was_put_back_by_hand_stays_and_is_told(
    shop: Tastemaker, database: Database
) -> None:
    ref, cell, attributes = stored(database)[5]
    old = shop.keys.rotate("index").gone[0]
    with database.writing() as connection:
        row = {"ref": ref, "external_id": cell, "attributes": attributes}
        connection.execute(USER.insert().values(**row, created=0, updated=0))
    assert shop.keys.reencrypt().left == 1
    assert shop.keys.verify().old == {old: 1}


def write_all(worker: Tastemaker) -> dict[str, tuple[object, int] | None]:
    """Has a worker write in every way there is; attributes and interactions of everybody then."""
    for n in range(PEOPLE):
        worker.record(f"u{n}", "jam")
    worker.record_many([{"user_id": "u1", "item_id": "tea"}, {"user_id": "u2", "item_id": "tea"}])
    worker.put_users([{"user_id": "u3", "town": "York"}, {"user_id": "u4", "town": "York"}])
    worker.update_users([{"user_id": "u5", "town": "Bath"}, {"user_id": "u6", "town": "Bath"}])
    for n in (7, 8):
        worker.merge_users(f"u{n}", f"u{n + 2}")
        worker.remove(f"u{n + 2}", "jam")
        worker.tell(f"u{n - 6}", "tea", "less")
        worker.tell(f"u{n - 6}", "tea", "forget")
    worker.record("new", "jam")
    worker.forget("u11")
    worker.forget("u0")
    towns: dict[str, object] = {f"u{n}": {"town": town(n)} for n in range(PEOPLE)}
    towns.update(dict.fromkeys(("u3", "u4"), {"town": "York"}))
    towns.update(dict.fromkeys(("u5", "u6"), {"town": "Bath"}), new={})
    counts = {**dict.fromkeys(towns, 1), "u1": 2, "u2": 2, "u9": 0, "u10": 0}
    gone = dict.fromkeys(("u0", "u7", "u8", "u11"))
    return {one: (where, counts[one]) for one, where in towns.items()} | gone


@pytest.mark.parametrize("how", ["begun", "half", "done", "gone"])
def test_a_worker_with_the_former_keys_finds_the_one_row_that_there_is(
    shop: Tastemaker, database: Database, key: Key, how: str
) -> None:
    with Tastemaker(url_of(database), key=key) as worker:
        worker.show("u1")
        if how == "begun":
            shop.keys.promote(shop.keys.add("index"))
        elif how == "half":
            move_half(shop, database)
        else:
            shop.keys.rotate("index", destroy=how == "gone")
        expected = write_all(worker)
        for step in (lambda: None, lambda: shop.keys.rotate("index", destroy=True)):
            step()
            assert len(list(shop.user_ids())) == len(expected) - 4
            for user_id, about in expected.items():
                for engine in (worker, shop):
                    assert found(engine, user_id) == about
    assert shop.keys.verify().is_clean


def found(engine: Tastemaker, user_id: str) -> tuple[object, int] | None:
    """A person's attributes, and how many interactions; None where there is no such person."""
    try:
        shown = engine.show(user_id)
    except NotFoundError:
        return None
    return shown["attributes"], int(str(shown["interactions"]))


@pytest.mark.parametrize("how", ["begun", "half", "done"])
def test_a_worker_answers_as_before(
    shop: Tastemaker, database: Database, key: Key, how: str
) -> None:
    people = [{"user_id": f"u{n}", "town": town(n)} for n in range(PEOPLE)]
    shop.put_users(people, features=["town"])
    shop.record_many(
        {"user_id": f"u{n % PEOPLE}", "item_id": f"i{n % 7}"} for n in range(5 * PEOPLE)
    )
    shop.train(only=["demographic-popularity"])
    with Tastemaker(url_of(database), key=key) as worker:
        ids = [f"u{n}" for n in range(PEOPLE)]
        before = {one: list(answer) for one, answer in worker.recommend_many(ids, k=3).items()}
        if how == "begun":
            shop.keys.promote(shop.keys.add("index"))
        elif how == "half":
            move_half(shop, database)
        else:
            shop.keys.rotate("index", destroy=True)
        assert list(worker.recommend("u1", k=3)) == before["u1"]
        assert list(worker.recommend("u2", k=3)) == before["u2"]
        after = {one: list(answer) for one, answer in worker.recommend_many(ids, k=3).items()}
        assert after == before
        assert len(worker.history("u1")) == len(worker.history("u2")) == 5
        assert len(worker.export("u2")["interactions"]) == 5  # type: ignore[arg-type]


def test_what_was_staged_before_a_rotation_goes_to_who_it_belongs(
    shop: Tastemaker, worker: Tastemaker, tmp_path: Path
) -> None:
    done = [{"user_id": one, "item_id": "jam"} for one in ("u1", "u2", "new", "u1")]

    def staged() -> Iterator[dict[str, str]]:
        yield from done
        shop.keys.rotate("index", destroy=True)

    worker.record_many(staged())
    worker.put_users(rotating(shop, [{"user_id": "u3", "town": "York"}, {"user_id": "newer"}]))
    worker.update_users(rotating(shop, [{"user_id": "u4", "town": "Bath"}]))
    assert len(list(shop.user_ids())) == PEOPLE + 2
    assert shop.export("u2")["attributes"] == {"town": town(2)}
    assert [past["item_id"] for past in interactions(shop, "new")] == ["jam"]
    assert shop.show("u3")["attributes"] == {"town": "York"}
    assert shop.show("u4")["attributes"] == {"town": "Bath"}
    assert shop.keys.rotate("index").verification.is_clean


def rotating(shop: Tastemaker, rows: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Rows, and a new index key behind the last one: they are taken in, and not written yet."""
    yield from rows
    shop.keys.promote(shop.keys.add("index"))


def interactions(shop: Tastemaker, user_id: str) -> list[dict[str, object]]:
    """What a person did."""
    exported = shop.export(user_id)["interactions"]
    assert isinstance(exported, list)
    return exported  # type: ignore[return-value]


def test_in_an_applications_transaction(
    shop: Tastemaker, worker: Tastemaker, database: Database
) -> None:
    shop.keys.rotate("index", destroy=True)
    with database.engine.begin() as connection:
        worker.record("u1", "jam", connection=connection)
        worker.record_many(
            [{"user_id": one, "item_id": "jam"} for one in ("u2", "new")], connection=connection
        )
    assert len(list(shop.user_ids())) == PEOPLE + 1
    assert shop.keys.verify().is_clean


def test_a_person_whom_somebody_changes_meanwhile_moves_with_the_change(
    shop: Tastemaker, database: Database, worker: Tastemaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.keys.promote(shop.keys.add("index"))

    def work() -> None:
        worker.put_users([{"user_id": "u1", "town": "York"}, {"user_id": "u7", "town": "Bath"}])
        worker.update_users([{"user_id": "u3", "town": "Wells"}])
        worker.forget("u5")

    between_reading_and_replacing(database, work, refs.PAGE)
    assert shop.keys.reencrypt().left == 0
    towns = {"u1": "York", "u7": "Bath", "u3": "Wells"}
    expected = {**WHOLE, **{one: {"town": where} for one, where in towns.items()}}
    del expected["u5"]
    assert everybody(shop) == expected
    assert shop.keys.verify().is_clean


def test_it_ends_where_another_key_is_promoted_meanwhile(
    shop: Tastemaker, database: Database, worker: Tastemaker
) -> None:
    shop.keys.promote(shop.keys.add("index"))
    between_reading_and_replacing(
        database, lambda: worker.keys.promote(worker.keys.add("index")), refs.PAGE
    )
    with pytest.raises(KeyProblem, match="promoted meanwhile"):
        shop.keys.reencrypt()
    assert len(shop.keys.rotate("index").gone) == 2
    assert everybody(shop) == WHOLE


def test_a_former_index_key_can_be_promoted_again_half_way(
    shop: Tastemaker, worker: Tastemaker, database: Database
) -> None:
    first = index_keys(shop)["active"]
    move_half(shop, database)
    shop.keys.promote(first)
    worker.record("u1", "jam")
    worker.put_users([{"user_id": "u2", "town": "York"}])
    assert len(list(shop.user_ids())) == PEOPLE
    assert worker.show("u1")["interactions"] == 2
    assert shop.keys.rotate("index").verification.is_clean
