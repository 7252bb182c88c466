"""A key's life, step by step, and what each step refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import PEOPLE, town

from tastemaker import (
    Database,
    InputError,
    Key,
    KeyProblem,
    Keys,
    MissingKeyError,
    NotFoundError,
    Tastemaker,
)
from tastemaker.errors import TamperedError
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql import tables

Find = Callable[[str], int]


def everybody(shop: Tastemaker) -> dict[str, object]:
    """The sealed attribute of everybody, in clear."""
    return {user_id: shop.show(user_id)["attributes"] for user_id in shop.user_ids()}


WHOLE = {f"u{n}": {"town": town(n)} for n in range(PEOPLE)}


def test_a_key_is_added_promoted_verified_retired_and_destroyed(
    shop: Tastemaker, data_key: Find, cells: Callable[[], list[bytes]]
) -> None:
    old, new = data_key("active"), shop.keys.add()
    assert data_key("added") == new
    assert shop.keys.promote() == new
    assert (data_key("active"), data_key("decrypt")) == (new, old)
    assert everybody(shop) == WHOLE
    done = shop.keys.reencrypt()
    assert done == (2 * PEOPLE, 0, 0)
    assert {cell[4:8] for cell in cells()} == {new.to_bytes(4, "big")}
    verified = shop.keys.verify()
    assert verified.is_clean
    assert verified.cells[new] == 2 * PEOPLE
    shop.keys.retire(old)
    assert data_key("retired") == old
    shop.keys.destroy(old)
    assert data_key("destroyed") == old
    assert everybody(shop) == WHOLE


def test_rotate_does_it_all_and_again(shop: Tastemaker, data_key: Find) -> None:
    first = data_key("active")
    done = shop.keys.rotate()
    assert done.key_id == data_key("active")
    assert done.reencrypted == (2 * PEOPLE, 0, 0)
    assert done.gone == (first,)
    assert data_key("retired") == first
    second = data_key("active")
    assert shop.keys.rotate(destroy=True).gone == (second,)
    assert data_key("destroyed") == second
    assert everybody(shop) == WHOLE


def test_rotate_goes_on_with_what_was_begun_by_hand(shop: Tastemaker, data_key: Find) -> None:
    old, added = data_key("active"), shop.keys.add()
    assert shop.keys.rotate().key_id == added
    assert data_key("retired") == old
    third = shop.keys.add()
    shop.keys.promote(third)
    assert shop.keys.rotate().gone == (added,)
    assert data_key("active") == third


def test_status_counts_what_is_under_each_key(shop: Tastemaker) -> None:
    shop.keys.promote(shop.keys.add())
    shop.put_users([{"user_id": "new", "town": "Reykjavík"}])
    counts = {(key.purpose, key.status): key.cells for key in shop.keys.status()}
    assert counts == {
        ("data", "decrypt"): 2 * PEOPLE,
        ("data", "active"): 2,
        ("index", "active"): PEOPLE + 1,
        ("model", "active"): 0,
    }


def test_a_former_key_can_be_promoted_again(shop: Tastemaker, data_key: Find) -> None:
    old = data_key("active")
    shop.keys.promote(shop.keys.add())
    assert shop.keys.promote(old) == old
    assert shop.keys.reencrypt().cells == 0


def test_what_is_out_of_order_is_refused(shop: Tastemaker, data_key: Find) -> None:
    active = data_key("active")
    with pytest.raises(NotFoundError, match="keys add"):
        shop.keys.promote()
    with pytest.raises(NotFoundError, match="no key 7"):
        shop.keys.promote(7)
    with pytest.raises(InputError, match="no such purpose"):
        shop.keys.add("export")
    with pytest.raises(KeyProblem, match="is active"):
        shop.keys.retire(active)
    with pytest.raises(KeyProblem, match="is active"):
        shop.keys.destroy(active)
    added = shop.keys.add()
    with pytest.raises(KeyProblem, match=f"{added} was added"):
        shop.keys.add()
    with pytest.raises(KeyProblem, match="is added"):
        shop.keys.destroy(added)


def test_promoting_the_key_that_seals_changes_nothing(shop: Tastemaker, data_key: Find) -> None:
    before = shop.keys.status()
    assert shop.keys.promote(data_key("active")) == data_key("active")
    assert shop.keys.status() == before


def test_of_several_added_keys_one_must_be_named(shop: Tastemaker) -> None:
    data, model = shop.keys.add("data"), shop.keys.add("model")
    with pytest.raises(KeyProblem, match="Name the one"):
        shop.keys.promote()
    assert [shop.keys.promote(one) for one in (data, model)] == [data, model]


def test_an_added_key_that_is_not_wanted_goes_the_same_way(shop: Tastemaker) -> None:
    added = shop.keys.add()
    shop.keys.verify()
    shop.keys.retire(added)
    shop.keys.destroy(added)
    assert shop.keys.promote(shop.keys.add()) != added


@pytest.mark.parametrize(
    "work",
    [
        lambda keys: keys.add(),
        lambda keys: keys.promote(),
        lambda keys: keys.reencrypt(),
        lambda keys: keys.verify(),
        lambda keys: keys.rotate(),
        lambda keys: keys.change_master("bmV3IGtleSBvZiBqdXN0IHRoaXJ0eS10d28gYnl0ZXM="),
    ],
)
def test_a_database_without_keys_says_what_to_run(
    sqlite_database: Database, key: Key, work: Callable[[Keys], object]
) -> None:
    with pytest.raises(MissingKeyError, match="tastemaker init"):
        work(Tastemaker(sqlite_database, key=key).keys)


@pytest.mark.parametrize("step", ["retire", "destroy"])
def test_a_key_stays_without_a_fresh_verification_that_found_nothing(
    shop: Tastemaker, data_key: Find, database: Database, step: str
) -> None:
    old = data_key("active")
    shop.keys.promote(shop.keys.add())
    go = getattr(shop.keys, step)
    if step == "destroy":
        with database.writing() as connection:
            former = connection.execute(select(tables.user)).mappings().all()
        shop.keys.reencrypt()
        shop.keys.verify()
        shop.keys.retire(old)
        with database.writing() as connection:  # as a backup of the table put back would
            connection.execute(tables.meta.delete().where(tables.meta.c.name == "key_verification"))
            for row in former:
                one = update(tables.user).where(tables.user.c.id == row["id"])
                connection.execute(one.values(external_id=row["external_id"]))
    before = shop.keys.status()
    with pytest.raises(KeyProblem, match="nothing has been verified"):
        go(old)
    shop.keys.verify()
    with pytest.raises(KeyProblem, match="found"):
        go(old)
    assert shop.keys.status() == before
    shop.keys.reencrypt()
    shop.keys.verify()
    go(old)


def test_a_key_stays_if_values_came_under_it_after_the_verification(
    shop: Tastemaker, data_key: Find, database: Database
) -> None:
    old = data_key("active")
    with database.reading() as connection:
        cell = connection.execute(select(tables.user.c.id, tables.user.c.external_id)).first()
    assert cell is not None
    shop.keys.promote(shop.keys.add())
    shop.keys.reencrypt()
    shop.keys.verify()
    with database.writing() as connection:
        one = update(tables.user).where(tables.user.c.id == cell.id)
        connection.execute(one.values(external_id=cell.external_id))
    with pytest.raises(KeyProblem, match="1 values came under it"):
        shop.keys.retire(old)


def test_a_key_stays_if_the_verification_is_old_or_of_other_keys_or_forged(
    shop: Tastemaker, data_key: Find, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = data_key("active")
    shop.keys.verify()
    shop.keys.promote(shop.keys.add())
    with pytest.raises(KeyProblem, match="promoted since"):
        shop.keys.retire(old)
    shop.keys.reencrypt()
    shop.keys.verify()
    with monkeypatch.context() as patched:
        patched.setattr("tastemaker.store.rotation.proof.FRESH_US", 0)
        with pytest.raises(KeyProblem, match="more than a day"):
            shop.keys.retire(old)
    meta = tables.meta
    receipt = meta.c.name == "key_verification"
    with database.writing() as connection:
        text = connection.scalar(select(meta.c.value).where(receipt))
        assert text is not None
        forged = text.replace('"damaged": 0', '"damaged": 1')
        assert forged != text
        connection.execute(update(meta).where(receipt).values(value=forged))
    with pytest.raises(TamperedError, match="receipt"):
        shop.keys.retire(old)


@pytest.mark.parametrize("status", ["decrypt", "retired", "added"])
@pytest.mark.parametrize("other", ["active", "decrypt", "added"])
def test_a_status_changed_by_hand_is_noticed(
    shop: Tastemaker, data_key: Find, database: Database, key: Key, status: str, other: str
) -> None:
    if status == other:
        return
    old = data_key("active")
    if status == "added":
        old = shop.keys.add()
    else:
        shop.keys.promote(shop.keys.add())
    if status == "retired":
        shop.keys.rotate()
    assert data_key(status) == old
    with database.writing() as connection:
        forged = update(tables.key).where(tables.key.c.key_id == old)
        connection.execute(forged.values(status=other))
    with database.reading() as connection, pytest.raises(TamperedError):
        open_keyring(connection, key)
