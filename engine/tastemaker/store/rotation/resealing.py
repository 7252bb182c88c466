"""Re-encrypting: every sealed value under the key that seals now, while others read and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem
from tastemaker.store.crypto.data_keys import DATA, LOADED_STATUSES, MODEL, RETIRED_STATUS
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes, as_sealed
from tastemaker.store.key_rows import keep_up
from tastemaker.store.rotation.counts import count_cells
from tastemaker.store.rotation.models import reseal_models
from tastemaker.store.rotation.refs import move_refs
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.tables import user
from tastemaker.store.store import Store
from tastemaker.store.users.cells import reseal_attributes, reseal_id

ReportProgress: TypeAlias = Callable[[int, int, str], object]
"""Called with how much is done, of how much, and what it is."""

ALL_KEYS = (*LOADED_STATUSES, RETIRED_STATUS)
"""Retired keys open here too: what was put back from an old backup is not lost."""

BATCH = 500
"""Rows a transaction; chosen: others that write wait for one at most."""

STALE = (
    f"SELECT id, ref, external_id, attributes FROM {user.name} WHERE id > ?"
    " AND (substr(external_id, 5, 4) <> ? OR substr(attributes, 5, 4) <> ?) ORDER BY id LIMIT ?"
)


REPLACE = (
    f"UPDATE {user.name} SET external_id = ?, attributes = ?"
    " WHERE id = ? AND external_id = ? AND attributes = ?"
)
REPLACE_ID = (
    f"UPDATE {user.name} SET external_id = ?"
    " WHERE id = ? AND external_id = ? AND attributes IS NULL"
)


class _Cells(NamedTuple):
    """The sealed values of a row."""

    external_id: SealedBytes
    attributes: SealedBytes | None


class _Resealed(NamedTuple):
    """A row whose values were sealed anew: its key, what they were and what they will be."""

    key: int
    before: _Cells
    after: _Cells


class Reencrypted(NamedTuple):
    """What a re-encryption did.

    Attributes:
        cells: how many values of users were sealed anew, under another key or for another ref.
        models: how many models and manifests of releases were sealed or signed anew.
        left: how many values, or refs of users, are still of another key: they, or one beside them,
            cannot be opened, or a user has two rows.
    """

    cells: int
    models: int
    left: int


def reencrypt(store: Store, report: ReportProgress) -> Reencrypted:
    """Seals everything anew that is not under the keys that seal; gives everybody the new ref.

    Killed at any moment, it is continued by the next call: what is done is seen by the values
    themselves. A value is replaced only if it is still the one that was opened, so nothing that
    somebody else writes meanwhile is lost.

    Raises:
        KeyProblem: another key was promoted meanwhile.
    """
    keyring = store.open_keyring(ALL_KEYS)
    target = keyring.active_ids()[DATA]
    total, done = _stale_cells(store, keyring, DATA), 0
    damaged: set[int] = set()
    moved = move_refs(store, keyring, lambda done, total: report(done, total, "moving pseudonyms"))
    while changed := _pass(store, keyring, target, damaged, partial(_shift, report, done, total)):
        done += changed
    models = reseal_models(store, keyring)
    left = sum(_stale_cells(store, keyring, purpose) for purpose in (DATA, MODEL))
    return Reencrypted(done + moved.cells, models, left + moved.left)


def _shift(report: ReportProgress, before: int, total: int, done: int) -> None:
    report(min(before + done, total), total, "re-encrypting")


def _stale_cells(store: Store, keyring: Keyring, purpose: str) -> int:
    with store.reading("counting sealed values") as connection:
        counts = count_cells(connection, purpose)
    return counts.total() - counts[keyring.active_ids()[purpose]]


def _pass(
    store: Store, keyring: Keyring, target: int, damaged: set[int], report: Callable[[int], None]
) -> int:
    """Goes through all rows once, and adds those that cannot be opened; how many cells it did.

    A row that somebody changed in between stays for the next pass.
    """
    last = done = 0
    while rows := _stale_rows(store, target, last):
        last = rows[-1][0]
        batch = [one for row in rows if (one := _resealed(keyring, row, damaged)) is not None]
        if batch:
            work = partial(_replace, keyring=keyring, target=target, batch=batch)
            store.write("re-encrypting", work)
        done += sum(map(_changed_cells, batch))
        report(done)
    return done


def _stale_rows(store: Store, target: int, last: int) -> Sequence[Any]:
    named = target.to_bytes(4, "big")
    with store.reading("reading sealed values") as connection:
        return connection.exec_driver_sql(
            marked(connection, STALE), (last, named, named, BATCH)
        ).all()


def _resealed(keyring: Keyring, row: Sequence[Any], damaged: set[int]) -> _Resealed | None:
    """The row sealed anew; None where something of it cannot be opened: it stays as it is."""
    key, ref, sealed_id, sealed_attributes = row
    if key in damaged:
        return None
    try:
        before = _Cells(_sealed(sealed_id), _sealed_or_none(sealed_attributes))
        new_id = reseal_id(keyring, bytes(ref), before.external_id)
        attributes = before.attributes
        if attributes is not None:
            attributes = reseal_attributes(keyring, bytes(ref), attributes)
    except KeyProblem:
        damaged.add(key)
        return None
    return _Resealed(key, before, _Cells(new_id, attributes))


def _sealed(cell: Any) -> SealedBytes:
    return SealedBytes(as_sealed(cell))


def _sealed_or_none(cell: Any) -> SealedBytes | None:
    return None if cell is None else _sealed(cell)


def _changed_cells(row: _Resealed) -> int:
    return sum(before != after for before, after in zip(row.before, row.after, strict=True))


def _replace(
    connection: Connection, keyring: Keyring, target: int, batch: Sequence[_Resealed]
) -> None:
    """Writes a batch; a row that is no longer what it was stays as it is."""
    keep_up(connection, keyring)
    if keyring.active_ids()[DATA] != target:
        raise KeyProblem("Another key was promoted meanwhile. Start the re-encryption again.")
    # The latter half of the parameters is what a row must still hold to be replaced.
    whole = [(*row.after, row.key, *row.before) for row in batch if row.before.attributes]
    without = [
        (row.after.external_id, row.key, row.before.external_id)
        for row in batch
        if not row.before.attributes
    ]
    for statement, rows in ((REPLACE, whole), (REPLACE_ID, without)):
        if rows:
            connection.exec_driver_sql(marked(connection, statement), rows)
