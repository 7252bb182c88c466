from __future__ import annotations

from tastemaker.store.sql.database import Database


def test_no_trace_stays_in_the_files_of_sqlite(sqlite_database: Database) -> None:
    canaries = [f"canary-{number:05d}" for number in range(200)]
    # In clear, to show that it is the deletion that removes them, not the sealing.
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE witness (name TEXT)")
        for canary in canaries:
            connection.exec_driver_sql("INSERT INTO witness VALUES (?)", (canary,))
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM witness")
    assert sqlite_database.wipe_traces()
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
        assert not sqlite_database.wipe_traces()
    assert sqlite_database.wipe_traces()
