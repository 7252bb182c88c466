"""What was deleted, removed from the files of PostgreSQL's tables.

Deleted rows stay in the files. VACUUM gives their space back, and leaves most of the bytes there
until something is written over them; only VACUUM FULL, which writes a table anew under a lock that
keeps readers out too, leaves none. The server's log is out of reach: a checkpoint lets it reuse
old pieces of the log, which keep their bytes until then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from tastemaker.store.sql.dialect import PAGES

LOCK_SECONDS = 10
"""How long it waits for a table, and others for it meanwhile; chosen, not measured."""

READER_SECONDS = 2
"""How long it waits for transactions that see an older state; chosen, not measured."""

NEXT_TRANSACTION = text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)")
"""The number of the next transaction: everything that was deleted so far has a lower one."""

OLDER_READERS = text("""
SELECT count(*) FROM (
    SELECT backend_xmin AS oldest FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    UNION ALL SELECT xmin FROM pg_replication_slots
    UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
) AS seen WHERE age(oldest) > age(CAST(CAST(:next AS text) AS xid))
""")
"""How many may still see an older state: what was deleted since would be kept for them."""

FILE_NODE = text("SELECT pg_relation_filenode(to_regclass(quote_ident(:name)))")


def rewrite_files(engine: Engine, names: Sequence[str]) -> frozenset[str]:
    """Writes tables anew, without what was deleted; where deleted bytes may still be.

    Args:
        engine: the database's.
        names: of the tables.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        try:
            if not readers_are_gone(connection):
                return frozenset({PAGES})
            if not all(rewritten(connection, name) for name in names):
                return frozenset({PAGES})
            allowed(connection, "CHECKPOINT")
            return frozenset()
        finally:
            connection.exec_driver_sql("RESET lock_timeout")


def readers_are_gone(connection: Connection) -> bool:
    """Waits until nobody sees the state before this moment; whether it came to that."""
    following = connection.scalar(NEXT_TRANSACTION)
    deadline = time.monotonic() + READER_SECONDS
    while connection.scalar(OLDER_READERS, {"next": following}):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def rewritten(connection: Connection, name: str) -> bool:
    """Writes a table anew; whether it could.

    Where the database user is not the table's owner, the server only warns: so it is looked
    whether the table has another file afterwards.
    """
    before = connection.scalar(FILE_NODE, {"name": name})
    done = allowed(connection, f"VACUUM (FULL) {name}")
    return done and connection.scalar(FILE_NODE, {"name": name}) != before


def allowed(connection: Connection, statement: str) -> bool:
    """Executes a statement; whether the server did it."""
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    return True
