"""What was deleted, removed from an SQLite file: from its log, and from unused space in its pages.

Deleted rows are overwritten (`secure_delete`). But where a page was split, or two were merged,
copies of rows that moved stay in the space that the page does not use. (Measured: of 600 people
forgotten in tables that grew by updates, 7 sealed ids were found; after VACUUM none.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tastemaker.store.sql.dialect import LOG, PAGES

REWRITTEN_AT_ONCE = 2**26
"""Bytes of a file that is rewritten without being told to; others who write wait for it. Of 45 MB
(100,000 people with 1,000,000 interactions) it takes 0.2 seconds of the processor, and the disk's
time."""

PATIENCE_MS = 1000
"""How long wiping waits for those who read older states, or write; chosen, not measured."""

FILE_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"

RENUMBERED = """
SELECT count(*) FROM sqlite_master AS t
WHERE t.type = 'table' AND t.rootpage > 0 AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
AND t.name NOT LIKE 'tastemaker\\_%' ESCAPE '\\'
AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk = 1 AND upper(type) = 'INTEGER')
AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name))
"""
"""The application's tables whose hidden row numbers VACUUM may change: those without any key."""


def wipe(driver: Any) -> frozenset[str]:
    """Removes what nobody waits long for; where deleted bytes may still be.

    Args:
        driver: a connection of Python's sqlite3, in no transaction.
    """
    with with_pragma(driver, "busy_timeout", PATIENCE_MS):
        if not emptied_log(driver):
            return frozenset({LOG, PAGES})
        if driver.execute(FILE_SIZE).fetchone()[0] > REWRITTEN_AT_ONCE:
            return frozenset({PAGES})
        if driver.execute(RENUMBERED).fetchone()[0]:
            return frozenset({PAGES})
        # All of it in memory at once takes half the time.
        with with_pragma(driver, "cache_size", -REWRITTEN_AT_ONCE // 1024):
            return vacuumed(driver)


def rewrite(driver: Any) -> frozenset[str]:
    """Removes everything, however long it takes; where deleted bytes may still be."""
    with with_pragma(driver, "busy_timeout", PATIENCE_MS):
        # Under a reader of an older state the new pages would only make the log longer.
        return vacuumed(driver) if emptied_log(driver) else frozenset({LOG, PAGES})


def vacuumed(driver: Any) -> frozenset[str]:
    """Writes the whole file anew; where deleted bytes may still be."""
    try:
        driver.execute("VACUUM")
    except sqlite3.OperationalError:
        # Somebody writes, or the disk is too full for a second copy. Nothing was changed.
        return frozenset({PAGES})
    # Not yet in the file: the new pages lie in the log.
    return frozenset() if emptied_log(driver) else frozenset({LOG, PAGES})


def emptied_log(driver: Any) -> bool:
    """Empties the write-ahead log; whether it could.

    It cannot while another connection is still reading an older state.
    """
    try:
        return not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False


@contextmanager
def with_pragma(driver: Any, name: str, value: int) -> Iterator[None]:
    """Another setting of a connection for a while."""
    before = int(driver.execute(f"PRAGMA {name}").fetchone()[0])
    driver.execute(f"PRAGMA {name} = {value}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA {name} = {before}")
