from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tastemaker.errors import NotFoundError
from tastemaker.store import interactions, users
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure, interaction
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
        users.put_users(connection, keyring, [ALICE])
        interactions.record(connection, keyring, [*HERS, InteractionRow("bob", "tea")])
    return database


def test_an_export_holds_all_of_a_person_and_nothing_of_another(
    filled: Database, keyring: Keyring
) -> None:
    with filled.reading() as connection:
        exported = users.export_user(connection, keyring, "alice")
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
        assert users.show_user(connection, keyring, "alice")["interactions"] == 3


def test_forgetting_deletes_one_person_and_enters_the_ledger(
    filled: Database, keyring: Keyring
) -> None:
    with filled.writing() as connection:
        forgotten = users.forget_user(connection, keyring, "alice")
    assert forgotten.interactions == 3
    assert forgotten.releases == ()
    with filled.reading() as connection:
        assert users.find_user(connection, keyring.ref("alice")) is None
        assert users.find_user(connection, keyring.ref("bob")) is not None
        assert connection.scalar(select(func.count()).select_from(interaction)) == 1
        entry = connection.execute(select(erasure)).one()
    assert (bytes(entry.ref), entry.time) == (keyring.ref("alice"), forgotten.time)


def test_a_person_who_comes_back_starts_afresh(filled: Database, keyring: Keyring) -> None:
    with filled.writing() as connection:
        users.forget_user(connection, keyring, "alice")
        interactions.record(connection, keyring, [HERS[0]])
        assert users.show_user(connection, keyring, "alice")["attributes"] == {}
        assert len(interactions.history(connection, keyring.ref("alice")).times) == 1


def test_an_unknown_user_is_not_found(filled: Database, keyring: Keyring) -> None:
    with filled.writing() as connection:
        for asked in (users.show_user, users.export_user, users.forget_user):
            with pytest.raises(NotFoundError) as caught:
                asked(connection, keyring, "mallory")
            assert "mallory" not in str(caught.value)


def test_no_trace_stays_in_the_files_of_sqlite(sqlite_database: Database) -> None:
    canaries = [f"canary-{number:05d}" for number in range(200)]
    # In clear, to show that it is the deletion that removes them, not the sealing.
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE witness (name TEXT)")
        for canary in canaries:
            connection.exec_driver_sql("INSERT INTO witness VALUES (?)", (canary,))
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM witness")
    assert users.wipe_traces(sqlite_database)
    file = sqlite_database.engine.url.database
    assert file is not None
    for name in (file, f"{file}-wal"):
        with open(name, "rb") as stream:
            assert b"canary-" not in stream.read()


def test_traces_cannot_be_wiped_while_somebody_reads_the_old_state(
    sqlite_database: Database,
) -> None:
    with Database(sqlite_database.engine.url) as other, other.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM tastemaker_meta").all()
        with sqlite_database.writing() as writer:
            writer.exec_driver_sql("INSERT INTO tastemaker_meta VALUES ('a', 'b')")
        assert not users.wipe_traces(sqlite_database)
    assert users.wipe_traces(sqlite_database)
