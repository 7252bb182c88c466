from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tastemaker.errors import NotFoundError
from tastemaker.store import rights
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.read import history
from tastemaker.store.interactions.write import record
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure, interaction
from tastemaker.store.users.finding import find_users
from tastemaker.store.users.rows import put_users
from tastemaker.validation import InteractionRow, UserRow

ALICE = UserRow("alice", {"country": "Iceland"})
HERS = [
    InteractionRow("alice", "mug", "view", 1.0, 2_000_000),
    InteractionRow("alice", "tea", "purchase", 3.0, 1_500_000),
    InteractionRow("alice", "cup"),
]


@pytest.fixture
def filled(database: Database, keyring: Keyring) -> Database:
    with database.writing() as connection:
        put_users(connection, keyring, [ALICE])
        record(connection, keyring, [*HERS, InteractionRow("bob", "tea")])
    return database


def test_an_export_holds_all_of_a_person_and_nothing_of_another(
    filled: Database, keyring: Keyring
) -> None:
    with filled.reading() as connection:
        exported = rights.export_user(connection, keyring, "alice")
    assert exported["user_id"] == "alice"
    assert exported["attributes"] == {"country": "Iceland"}
    assert str(exported["created"]).endswith("+00:00")
    assert exported["interactions"] == [
        {"item_id": "cup", "kind": "interaction", "value": 1.0, "timestamp": None},
        {
            "item_id": "tea",
            "kind": "purchase",
            "value": 3.0,
            "timestamp": "1970-01-01T00:00:01.500000+00:00",
        },
        {"item_id": "mug", "kind": "view", "value": 1.0, "timestamp": "1970-01-01T00:00:02+00:00"},
    ]


def test_showing_counts_the_interactions(filled: Database, keyring: Keyring) -> None:
    with filled.reading() as connection:
        assert rights.show_user(connection, keyring, "alice")["interactions"] == 3


def test_forgetting_deletes_one_person_and_enters_the_ledger(
    filled: Database, keyring: Keyring
) -> None:
    with filled.writing() as connection:
        forgotten = rights.forget_user(connection, keyring, "alice")
    assert forgotten.interactions == 3
    assert forgotten.releases == ()
    with filled.reading() as connection:
        refs = [keyring.ref("alice"), keyring.ref("bob")]
        assert find_users(connection, refs).keys() == {refs[1]}
        assert connection.scalar(select(func.count()).select_from(interaction)) == 1
        entry = connection.execute(select(erasure)).one()
    assert (bytes(entry.ref), entry.time) == (keyring.ref("alice"), forgotten.time)


def test_a_person_who_comes_back_starts_afresh(filled: Database, keyring: Keyring) -> None:
    with filled.writing() as connection:
        rights.forget_user(connection, keyring, "alice")
        record(connection, keyring, [HERS[0]])
        assert rights.show_user(connection, keyring, "alice")["attributes"] == {}
        assert len(history(connection, keyring.ref("alice")).times) == 1


def test_an_unknown_user_is_not_found(filled: Database, keyring: Keyring) -> None:
    with filled.writing() as connection:
        for call in (rights.show_user, rights.export_user, rights.forget_user):
            with pytest.raises(NotFoundError) as caught:
                call(connection, keyring, "mallory")
            assert "mallory" not in str(caught.value)
