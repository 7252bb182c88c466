"""Leases: what one at a time may do, in all processes and on all machines that share a database.

A lease is a row of `meta` with an owner and an end, by the database's clock. Whoever holds it
renews it; if the holder is killed it ends by itself.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, DateTime, delete, func, select

from tastemaker.errors import TastemakerError
from tastemaker.store.sql.statements import insert
from tastemaker.store.sql.tables import meta
from tastemaker.store.store import Store

LEASE_PREFIX = "lease:"
"""How the names in `meta` begin."""

LEASE_SECONDS = 60
"""How long a lease lasts that is not renewed. Chosen, not measured: so long is nothing done after a
holder was killed."""

RENEWALS = 4
"""How often a holder renews its lease in that time."""


class _Held(NamedTuple):
    owner: str
    until: float


@contextmanager
def lease(store: Store, name: str, seconds: float = LEASE_SECONDS) -> Iterator[bool]:
    """Whether the lease is held in the block, renewed by a thread of its own, given back behind it.

    Args:
        store: the database.
        name: what only one at a time may do.
        seconds: how long it lasts if nobody renews it.
    """
    owner = secrets.token_hex(8)
    take = partial(take_lease, name=name, owner=owner, seconds=seconds)
    if not store.write("taking a lease", take):
        yield False
        return
    ends = threading.Event()

    def renew() -> None:
        while not ends.wait(seconds / RENEWALS):
            with suppress(TastemakerError):  # the next renewal may succeed before it ends
                store.write("renewing a lease", take)

    renewing = threading.Thread(target=renew, name="tastemaker: a lease", daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        ends.set()
        renewing.join()
        store.write("giving a lease back", partial(end_lease, name=name, owner=owner))


def take_lease(connection: Connection, name: str, owner: str, seconds: float) -> bool:
    """Takes or renews a lease, in a writing transaction; False where somebody else holds it."""
    row = {"name": LEASE_PREFIX + name, "value": ""}
    connection.execute(insert(connection, meta).values(row).on_conflict_do_nothing())
    held, now = _read(connection, name, lock=True), database_time(connection)
    if held is not None and held.owner != owner and held.until > now:
        return False
    value = json.dumps({"owner": owner, "until": now + seconds})
    connection.execute(meta.update().where(meta.c.name == row["name"]).values(value=value))
    return True


def end_lease(connection: Connection, name: str, owner: str) -> None:
    """Ends a lease, in a writing transaction, if it is this owner's."""
    held = _read(connection, name, lock=True)
    if held is not None and held.owner == owner:
        connection.execute(delete(meta).where(meta.c.name == LEASE_PREFIX + name))


def is_leased(connection: Connection, name: str) -> bool:
    """Whether somebody holds a lease now."""
    held = _read(connection, name)
    return held is not None and held.until > database_time(connection)


def database_time(connection: Connection) -> float:
    """The time by the database's own clock, in seconds since 1970: the same for every machine."""
    now = connection.scalar(select(func.current_timestamp(type_=DateTime(timezone=True))))
    assert isinstance(now, datetime)
    return (now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp()


def _read(connection: Connection, name: str, *, lock: bool = False) -> _Held | None:
    """Who holds a lease, and until when; None where nobody does, or it cannot be read."""
    chosen = select(meta.c.value).where(meta.c.name == LEASE_PREFIX + name)
    value = connection.scalar(chosen.with_for_update() if lock else chosen)
    try:
        found = json.loads(value or "null")
        return _Held(str(found["owner"]), float(found["until"]))
    except (ValueError, TypeError, KeyError):
        return None
