"""Everybody under the index key that makes refs now, while others read and write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from tastemaker.errors import KeyProblem, TamperedError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.ref_key import RefKey
from tastemaker.store.crypto.sealed_column import SealedBytes, as_sealed
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.statements import fetch
from tastemaker.store.sql.tables import user
from tastemaker.store.store import Store
from tastemaker.store.users.cells import move_attributes, open_id, seal_id
from tastemaker.store.users.finding import find_users

MOVED_AT_ONCE = 500
"""Rows a transaction; chosen: others that write wait for one at most."""

PAGE = f"SELECT id, ref, external_id, attributes FROM {user.name} WHERE id > ? ORDER BY id LIMIT ?"

MOVE = f"UPDATE {user.name} SET ref = ?, external_id = ?, attributes = ? WHERE id = ?"
UNCHANGED = f"{MOVE} AND ref = ? AND external_id = ? AND attributes = ?"
UNCHANGED_WITHOUT = f"{MOVE} AND ref = ? AND external_id = ? AND attributes IS NULL"


class _Cells(NamedTuple):
    """What of a row depends on the index key: a sealed value is bound to the ref of its row."""

    ref: bytes
    external_id: SealedBytes
    attributes: SealedBytes | None


class _Moved(NamedTuple):
    """A row that gets another ref: its key, what it is and what it will be."""

    key: int
    before: _Cells
    after: _Cells


class MovedRefs(NamedTuple):
    """What became of everybody's refs: how many sealed values moved, how many rows cannot."""

    cells: int
    left: int


def move_refs(store: Store, keyring: Keyring, report: Callable[[int, int], object]) -> MovedRefs:
    """Gives everybody the ref of the index key that makes refs now.

    What the ref of a row was made by is seen by the row itself, whose id is opened for it. So a
    move that was killed is continued by the next call. A row is replaced only if it is still what
    was read. Rows that cannot be opened, and those of whom a row with the new ref is there already,
    stay as they are.

    Args:
        store: the database.
        keyring: with all keys that a row may be under.
        report: called with how many rows were looked at, of how many.

    Raises:
        KeyProblem: another key was promoted meanwhile.
    """
    if len(keyring.ref_keys) == 1:
        return MovedRefs(0, 0)
    left: set[int] = set()
    cells, again = 0, True
    while again:
        again = False
        for batch in _stale_batches(store, keyring, left, report):
            work = partial(_replace, keyring=keyring, target=keyring.active_ids(), batch=batch)
            done, taken = store.write("moving refs", work)
            left.update(taken)
            cells += sum(1 + (one.after.attributes is not None) for one in batch)
            # Of the others somebody wrote in between; they are looked at once more.
            again = again or done + len(taken) != len(batch)
    return MovedRefs(cells, len(left))


def _stale_batches(
    store: Store, keyring: Keyring, left: set[int], report: Callable[[int, int], object]
) -> Iterator[list[_Moved]]:
    """Goes through all rows once: those that have a ref of another key, some at a time."""
    with store.reading("counting users") as connection:
        total = connection.scalar(select(func.count()).select_from(user)) or 0
    last = seen = 0
    while True:
        with store.reading("reading refs") as connection:
            rows = fetch(connection, PAGE, (last, MOVED_AT_ONCE))
        if not rows:
            return
        last, seen = rows[-1][0], seen + len(rows)
        batch = [one for row in rows if (one := _moved(keyring, row, left)) is not None]
        if batch:
            # In the order in which everybody locks rows: no two wait for each other in a ring.
            yield sorted(batch, key=lambda one: one.after.ref)
        report(seen, max(total, seen))


def _moved(keyring: Keyring, row: Sequence[Any], left: set[int]) -> _Moved | None:
    """The row as it will be; None where it has the new ref, or has to stay as it is."""
    key, ref, sealed_id, attributes = row
    if key in left:
        return None
    try:
        before = _Cells(
            bytes(ref),
            SealedBytes(as_sealed(sealed_id)),
            None if attributes is None else SealedBytes(as_sealed(attributes)),
        )
        user_id = open_id(keyring, before.ref, before.external_id)
        making, *former = keyring.ref_keys
        anew = making.ref(user_id)
        if before.ref == anew:
            return None
        maker_of(former, user_id, before.ref)
        return _Moved(key, before, _sealed_anew(keyring, user_id, before, anew))
    except KeyProblem:
        left.add(key)
        return None


def maker_of(ref_keys: Iterable[RefKey], user_id: str, ref: bytes) -> int:
    """The id of the index key, of these, that made a user's ref.

    Raises:
        TamperedError: none did.
    """
    for one in ref_keys:
        if one.ref(user_id) == ref:
            return one.key_id
    raise TamperedError("The pseudonym is not that of the id. Restore it from a backup.")


def _sealed_anew(keyring: Keyring, user_id: str, before: _Cells, ref: bytes) -> _Cells:
    attributes = before.attributes
    if attributes is not None:
        attributes = move_attributes(keyring, before.ref, attributes, ref)
    return _Cells(ref, seal_id(keyring, ref, user_id), attributes)


def _replace(
    connection: Connection, keyring: Keyring, target: dict[str, int], batch: Sequence[_Moved]
) -> tuple[int, Collection[int]]:
    """Writes a batch; how many rows were still what they were, and which cannot move."""
    keep_up(connection, keyring)
    if keyring.active_ids() != target:
        raise KeyProblem("Another key was promoted meanwhile. Start the re-encryption again.")
    present = find_users(connection, [one.after.ref for one in batch])
    # The same person in two rows: one was put back by hand, as from a backup of the table.
    taken = {one.key for one in batch if present.get(one.after.ref, one.key) != one.key}
    done = 0
    for with_attributes, statement in ((True, UNCHANGED), (False, UNCHANGED_WITHOUT)):
        rows = [
            (*one.after, one.key, *(cell for cell in one.before if cell is not None))
            for one in batch
            if one.key not in taken and (one.before.attributes is not None) == with_attributes
        ]
        if rows:
            result = connection.exec_driver_sql(marked(connection, statement), rows)
            done += max(result.rowcount, 0)
    return done, taken
