from __future__ import annotations

import pytest

from tastemaker.store.sql import sqlite_wiping
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.dialect import LOG, PAGES


def test_no_trace_stays_in_the_files_of_sqlite(sqlite_database: Database) -> None:
    canaries = [f"canary-{number:05d}" for number in range(200)]
    # In clear, to show that it is the deletion that removes them, not the sealing.
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE witness (name TEXT PRIMARY KEY)")
        for canary in canaries:
            connection.exec_driver_sql("INSERT INTO witness VALUES (?)", (canary,))
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM witness")
    assert sqlite_database.wipe_traces() == frozenset()
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
        assert sqlite_database.wipe_traces() == {LOG, PAGES}
        assert sqlite_database.rewrite_tables(()) == {LOG, PAGES}
    assert sqlite_database.wipe_traces() == frozenset()


def test_a_large_file_is_rewritten_only_when_told_to(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_wiping, "REWRITTEN_AT_ONCE", 4096)
    assert sqlite_database.wipe_traces() == {PAGES}
    assert sqlite_database.rewrite_tables(()) == frozenset()


def test_no_row_number_of_the_applications_changes_unasked(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for table in ("keyed (a TEXT PRIMARY KEY)", "numbered (a INTEGER PRIMARY KEY, b TEXT)"):
            connection.exec_driver_sql(f"CREATE TABLE {table}")
        connection.exec_driver_sql("INSERT INTO keyed VALUES ('a'), ('b')")
        connection.exec_driver_sql("DELETE FROM keyed WHERE a = 'a'")
    assert sqlite_database.wipe_traces() == frozenset()
    with sqlite_database.writing() as connection:
        assert connection.exec_driver_sql("SELECT rowid FROM keyed").scalar_one() == 2
        connection.exec_driver_sql("CREATE TABLE bare (a TEXT)")
        connection.exec_driver_sql("INSERT INTO bare VALUES ('a'), ('b')")
        connection.exec_driver_sql("DELETE FROM bare WHERE a = 'a'")
    assert sqlite_database.wipe_traces() == {PAGES}
    with sqlite_database.reading() as connection:
        assert connection.exec_driver_sql("SELECT rowid FROM bare").scalar_one() == 2


def test_another_writer_puts_the_rewriting_off(sqlite_database: Database) -> None:
    with Database(sqlite_database.engine.url) as other, other.writing():
        assert sqlite_database.wipe_traces() == {LOG, PAGES}
    assert sqlite_database.wipe_traces() == frozenset()
