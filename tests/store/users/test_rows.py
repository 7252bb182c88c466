from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tastemaker.errors import PlaintextRefusedError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.sql.tables import user
from tastemaker.store.users.finding import find_users
from tastemaker.store.users.rows import (
    add_users,
    ensure_users,
    iterate_users,
    put_users,
    read_user_ids,
)
from tastemaker.validation import UserRow

ALICE = UserRow("alice@example.com", {"country": "Iceland", "age": 41, "likes": ["tea", "cake"]})
BOB = UserRow("bob")


def test_users_come_back_in_clear(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        assert put_users(connection, keyring, [ALICE, BOB]) == Written(2, 0)
        assert put_users(connection, keyring, [ALICE]) == Written(0, 1)
    with database.reading() as connection:
        assert {row.user_id: row for row in iterate_users(connection, keyring)} == {
            "alice@example.com": ALICE,
            "bob": BOB,
        }


def test_nothing_of_a_user_is_stored_in_clear(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        put_users(connection, keyring, [ALICE])
        row = connection.execute(select(user)).one()
    stored = b"".join(bytes(cell) for cell in row if isinstance(cell, bytes))
    for secret in (b"alice", b"Iceland", b"country", b"tea"):
        assert secret not in stored


def test_attributes_are_replaced_not_merged(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        put_users(connection, keyring, [ALICE])
        put_users(connection, keyring, [UserRow(ALICE.user_id, {"age": 42})])
        (row,) = iterate_users(connection, keyring)
    assert row.attributes == {"age": 42}


def test_missing_users_are_made_bare_and_attributes_stay(
    database: Database, keyring: Keyring
) -> None:
    with database.writing() as connection:
        put_users(connection, keyring, [ALICE])
        keys = ensure_users(connection, keyring, [ALICE.user_id, "bob"])
        assert keys == ensure_users(connection, keyring, ["bob", ALICE.user_id])
        refs = [keyring.ref("bob"), keyring.ref("nobody")]
        assert find_users(connection, refs) == {refs[0]: keys["bob"]}
        assert read_user_ids(connection, keyring, list(keys.values())) == {
            key: user_id for user_id, key in keys.items()
        }
        rows = {row.user_id: row for row in iterate_users(connection, keyring)}
    assert rows == {ALICE.user_id: ALICE, "bob": BOB}


def test_ids_are_exact_bytes(database: Database, keyring: Keyring) -> None:
    ids = ["a", "A", " a", "é", "e\u0301"]
    with database.writing() as connection:
        assert len(set(ensure_users(connection, keyring, ids).values())) == len(ids)


def test_a_plain_id_is_never_written(database: Database, keyring: Keyring) -> None:
    with pytest.raises(PlaintextRefusedError), database.writing() as connection:
        add_users(connection, keyring, [(keyring.ref("bob"), b"bob")])  # type: ignore[list-item]


def test_processes_that_put_the_same_users_make_one_row_each(
    database: Database, keyring: Keyring, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    names = [f"user {number}" for number in range(200)]

    def put(number: int) -> None:
        # Each in an order of its own.
        mine = names[number * 50 :] + names[: number * 50]
        for start in range(0, len(mine), 40):
            rows = [UserRow(name, {"by": number}) for name in mine[start : start + 40]]
            with database.writing() as connection:
                put_users(connection, keyring, rows)

    assert at_once(4, put) == [0] * 4
    with database.reading() as connection:
        rows = list(iterate_users(connection, keyring))
        assert len(find_users(connection, [keyring.ref(name) for name in names])) == 200
    assert sorted(row.user_id for row in rows) == sorted(names)
    assert {row.attributes["by"] for row in rows} <= {0, 1, 2, 3}
