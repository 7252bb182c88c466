"""The keys of a database where they are kept: its tenant, its wrapped data keys, its key ring."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from tastemaker.errors import (
    CollisionError,
    MissingKeyError,
    TamperedError,
    UnknownKeyError,
    WrongKeyError,
)
from tastemaker.store.crypto.data_keys import (
    ACTIVE_STATUS,
    DECRYPT_STATUS,
    DESTROYED_STATUS,
    INDEX,
    LOADED_STATUSES,
    PURPOSES,
    RETIRED_STATUS,
    DataKey,
    given_key,
    new_keys,
    unwrapped_key,
)
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.crypto.ref_key import RefKeys
from tastemaker.store.crypto.sealed_column import SealedColumn
from tastemaker.store.crypto.sealing import DEFAULT_ALGORITHM
from tastemaker.store.sql import tables
from tastemaker.store.sql.statements import insert

TENANT = "tenant"
"""The name in `meta` of the database's own random bytes, which every sealed value is bound to."""

TENANT_BYTES = 16

NO_KEYS = "This database has no keys yet. Run `tastemaker init`."


def create_keyring(
    connection: Connection, key: KeySource | None, algorithm: int = DEFAULT_ALGORITHM
) -> Keyring:
    """The key ring of the database; makes its tenant and its keys if it has none.

    Any number of processes may do this at once, each in a writing transaction of its own: all get
    the same keys.

    Args:
        connection: in a writing transaction; committing is the caller's.
        key: what wraps the keys, and never enters the database.
        algorithm: the sealing algorithm of new keys; those that exist keep theirs.

    Raises:
        MissingKeyError: no key was given.
        WrongKeyError: the database has keys, wrapped by another key.
        TamperedError: a key of the database was changed.
        UnknownKeyError: the database has sealed values but lost its keys.
    """
    if not has_keys(connection):
        given_key(key)
        claim_tenant(connection)
        # Another process may have made them while this one waited for the claim.
        if not has_keys(connection):
            write_keys(connection, key, algorithm)
    return open_keyring(connection, key)


def open_keyring(
    connection: Connection,
    key: KeySource | None,
    statuses: Sequence[str] = LOADED_STATUSES,
    reread: Callable[[], Sequence[DataKey]] | None = None,
) -> Keyring:
    """The key ring of the database; it only reads.

    Args:
        connection: in a transaction.
        key: what the database's keys are wrapped by.
        statuses: which keys are in it.
        reread: see `Keyring`.

    Raises:
        MissingKeyError: no key was given, or the database has none yet.
        WrongKeyError: the database's keys were wrapped by another key.
        TamperedError: a key of the database was changed.
    """
    keys = read_keys(connection, key, statuses)
    return Keyring(read_tenant(connection), keys, key, reread)


def keep_up(connection: Connection, keyring: Keyring) -> RefKeys:
    """Sees to it that what is sealed in this transaction is sealed under the keys that seal now.

    Every writing transaction that seals, signs or makes refs calls it first. Another process may
    have promoted a key since the ring was opened; then the ring is read anew. Until the transaction
    ends nobody can promote another: on SQLite it holds the write lock, on PostgreSQL the rows of
    these keys. So no row gets a ref of a former index key once another was promoted, and whoever
    looks for a user by the refs of all keys in use finds the one row that there is.

    Returns:
        What makes refs in this transaction, whatever other threads do to the ring.

    Raises:
        WrongKeyError: the keys were wrapped by another one meanwhile.
        TamperedError: a key was changed.
        CollisionError: the keys were changed at this very moment.
    """
    active, makers = _in_use(connection, keyring)
    if makers is None or active != keyring.active_ids():
        keyring.renew(read_keys(connection, keyring.source))
        active, makers = _in_use(connection, keyring)
    if makers is None or active != keyring.active_ids():
        raise CollisionError("looking at the keys", "Conflict", "Its keys were changed; try again.")
    return makers


def _in_use(connection: Connection, keyring: Keyring) -> tuple[dict[str, int], RefKeys | None]:
    """The id of the key that seals, for each purpose, and what makes refs.

    Nobody can change these keys for now. PostgreSQL: where somebody was changing them, the rows
    left are those that still fit.
    """
    table = tables.key.c
    chosen = select(table.purpose, table.key_id, table.status).where(
        or_(table.status == ACTIVE_STATUS, _is_index_key(DECRYPT_STATUS)),
        table.purpose.in_(PURPOSES),
    )
    rows = connection.execute(chosen.with_for_update(read=True)).all()
    active = {row.purpose: row.key_id for row in rows if row.status == ACTIVE_STATUS}
    index_keys = {row.key_id: row.status for row in rows if row.purpose == INDEX}
    return active, _makers(keyring, index_keys)


def learn_index_keys(connection: Connection, keyring: Keyring) -> RefKeys:
    """What makes the refs that rows have in the state that a transaction reads; it only reads.

    Whoever reads calls it where somebody seems not to be there: the index key may have been rotated
    since the ring was opened. What seals stays what it was.

    Raises:
        WrongKeyError: the keys were wrapped by another one meanwhile.
        TamperedError: a key was changed.
    """
    table = tables.key.c
    in_use = or_(_is_index_key(ACTIVE_STATUS), _is_index_key(DECRYPT_STATUS))
    rows = connection.execute(select(table.key_id, table.status).where(in_use))
    statuses = {row.key_id: row.status for row in rows}
    makers = _makers(keyring, statuses)
    if makers is None:
        keyring.learn(read_keys(connection, keyring.source))
        makers = _makers(keyring, statuses)
    if makers is None:
        raise TamperedError("No index key is active. Restore tastemaker_key from a backup.")
    return makers


def _makers(keyring: Keyring, statuses: Mapping[int, str]) -> RefKeys | None:
    """What these index keys make; None where the ring lacks one, or none of them is active."""
    known = {one.key_id: one for one in keyring.ref_keys}
    new = [number for number, status in statuses.items() if status == ACTIVE_STATUS]
    former = [number for number in statuses if number not in new]
    if len(new) != 1 or not known.keys() >= statuses.keys():
        return None
    return RefKeys(known[new[0]], tuple(known[number] for number in former))


def destroyed_index_keys(connection: Connection) -> frozenset[int]:
    """The ids of the index keys that are gone for good."""
    gone = select(tables.key.c.key_id).where(_is_index_key(DESTROYED_STATUS))
    return frozenset(connection.execute(gone).scalars())


def claim_tenant(connection: Connection) -> None:
    """Makes the database's own 16 random bytes if it has none, and holds on to them.

    Until the caller's transaction ends, nobody else gets past this line; so of many processes
    that start on a new database, one makes the keys and the others find them.
    """
    fresh = {"name": TENANT, "value": secrets.token_hex(TENANT_BYTES)}
    statement = insert(connection, tables.meta).values(fresh)
    connection.execute(statement.on_conflict_do_nothing())
    row = select(tables.meta.c.value).where(tables.meta.c.name == TENANT)
    connection.execute(row.with_for_update())


def read_tenant(connection: Connection) -> bytes:
    """The database's own 16 random bytes.

    Raises:
        MissingKeyError: it has none yet.
        TamperedError: they were changed.
    """
    row = select(tables.meta.c.value).where(tables.meta.c.name == TENANT)
    text = connection.execute(row).scalar_one_or_none()
    if text is None:
        raise MissingKeyError(NO_KEYS)
    try:
        tenant = bytes.fromhex(text)
    except (ValueError, TypeError):
        tenant = b""
    if len(tenant) != TENANT_BYTES:
        raise TamperedError("The database's own name (tenant) was changed. Restore a backup.")
    return tenant


def has_keys(connection: Connection) -> bool:
    """Whether the database holds keys, usable or not."""
    return bool(connection.execute(select(exists(select(tables.key)))).scalar_one())


def write_keys(connection: Connection, key: KeySource | None, algorithm: int) -> None:
    """Makes a key for each purpose and stores them wrapped by `key`.

    Raises:
        MissingKeyError: no key was given.
        UnknownKeyError: the database holds sealed values, so its own keys must be found again.
    """
    given = given_key(key)
    _refuse_second_set(connection)
    connection.execute(tables.key.insert(), new_keys(given, algorithm))


def read_keys(
    connection: Connection, key: KeySource | None, statuses: Sequence[str] = LOADED_STATUSES
) -> list[DataKey]:
    """The keys of the database that have one of the statuses, unwrapped by `key`.

    Retired index keys are among them always: the ledger of erasures goes by them.

    Raises:
        MissingKeyError: no key was given, or the database has none.
        WrongKeyError: the database's keys were wrapped by another one.
        TamperedError: a key was changed, or there is none for some purpose.
    """
    chosen = or_(tables.key.c.status.in_(statuses), _is_index_key(RETIRED_STATUS))
    query = select(tables.key).where(chosen, tables.key.c.purpose.in_(PURPOSES))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if not rows:
        raise MissingKeyError(NO_KEYS)
    given = given_key(key)
    refuse_other_key(rows, given)
    keys = [unwrapped_key(row, given) for row in rows]
    active = sorted(each.purpose for each in keys if each.active)
    if active != sorted(PURPOSES):
        raise TamperedError(
            "The database must hold exactly one active key for each of "
            f"{', '.join(PURPOSES)}; it holds {', '.join(active) or 'none'}. Restore a backup."
        )
    return keys


def _is_index_key(status: str) -> ColumnElement[bool]:
    return and_(tables.key.c.purpose == INDEX, tables.key.c.status == status)


def refuse_other_key(rows: Iterable[Mapping[str, Any]], key: KeySource) -> None:
    """Nothing, if the rows of the table of keys are wrapped by that key.

    Raises:
        WrongKeyError: they are not.
    """
    for row in rows:
        if row["kek_id"] != key.id:
            raise WrongKeyError(
                f"This database is sealed under master key {row['kek_id']}, and {key.id} was "
                "given. Give the one it was made with, or was changed to; nothing was changed."
            )


def _refuse_second_set(connection: Connection) -> None:
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, SealedColumn):
                continue
            sealed = exists().select_from(table).where(column.is_not(None))
            if connection.execute(select(sealed)).scalar_one():
                raise UnknownKeyError(
                    f"{table.name} holds sealed values, but the keys that sealed them are gone. "
                    "Restore tastemaker_key from a backup; new keys could not open them."
                )
