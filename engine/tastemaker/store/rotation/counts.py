"""How much is sealed under each key, by what sealed values say themselves; nothing is opened."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, Row, func, select

from tastemaker.store import meta
from tastemaker.store.crypto.data_keys import ACTIVE_STATUS, DATA, DECRYPT_STATUS, INDEX, MODEL
from tastemaker.store.releases import ACTIVE
from tastemaker.store.sql.tables import key, model_chunk, release, user
from tastemaker.validation import as_iso

CELLS = {
    DATA: (user.c.external_id, user.c.attributes),
    MODEL: (model_chunk.c.sealed, release.c.manifest),
}
"""The columns whose values name a key, by its purpose: in all of them it is bytes 5 to 8."""


class KeyStatus(NamedTuple):
    """One key of a database.

    Attributes:
        key_id: the number by which sealed values name it.
        purpose: "data" for users' ids and attributes, "index" for pseudonyms, "model" for models
            and signatures.
        status: "added" (it will seal once promoted), "active" (it seals), "decrypt" (it only
            opens), "retired" (nothing is sealed under it) or "destroyed".
        created: when it was made, in ISO 8601.
        cells: how many values are sealed, signed or named under it. A pseudonym does not say of
            which key it is: while the index key is rotated, both have everybody, and `verify` alone
            tells how many.
        master_key: the public id of the master key that it is wrapped by.
    """

    key_id: int
    purpose: str
    status: str
    created: str
    cells: int
    master_key: str


def list_keys(connection: Connection) -> list[KeyStatus]:
    """Every key of the database, the destroyed too, by purpose and age."""
    counts = {purpose: count_cells(connection, purpose) for purpose in CELLS}
    people = connection.scalar(select(func.count()).select_from(user)) or 0
    rows = connection.execute(select(key).order_by(key.c.purpose, key.c.created, key.c.key_id))
    return [
        KeyStatus(
            row.key_id,
            row.purpose,
            row.status,
            str(as_iso(row.created)),
            people if _makes_refs(row) else counts.get(row.purpose, Counter())[row.key_id],
            row.kek_id,
        )
        for row in rows
    ]


def _makes_refs(row: Row[Any]) -> bool:
    return row.purpose == INDEX and row.status in (ACTIVE_STATUS, DECRYPT_STATUS)


def count_cells(connection: Connection, purpose: str) -> Counter[int]:
    """How many values of a purpose name each key; 0 stands for what names none."""
    found: Counter[int] = Counter()
    for column in CELLS[purpose]:
        named = func.substr(column, 5, 4, type_=LargeBinary)
        chosen = select(named, func.count()).where(column.is_not(None)).group_by(named)
        for raw, count in connection.execute(chosen):
            found[named_key(raw)] += count
    pointer = meta.get(connection, ACTIVE) if purpose == MODEL else None
    if pointer is not None:
        found[_pointer_key(pointer)] += 1
    return found


def named_key(raw: object) -> int:
    """The id in four bytes; 0 where SQLite holds something else."""
    given = bytes(raw) if isinstance(raw, bytes | memoryview) else b""
    return int.from_bytes(given, "big") if len(given) == 4 else 0


def _pointer_key(pointer: str) -> int:
    try:
        return int(pointer.partition(":")[2][:8], 16)
    except ValueError:
        return 0
