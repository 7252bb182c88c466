"""Releases in the database: written whole, verified, activated by one signed pointer.

A release is a signed manifest and a model for each member, every one a sealed container. Nothing
of it is believed before its signature is verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, func, insert, select, update

from tastemaker.errors import KeyProblem, NotFoundError, ReleaseError, TamperedError
from tastemaker.store import meta
from tastemaker.store.crypto.container import Contents, pack, parts_of, unpack
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import as_sealed
from tastemaker.store.key_rows import keep_up
from tastemaker.store.manifest import check_format, served_names
from tastemaker.store.sql.statements import fetch
from tastemaker.store.sql.tables import model, model_chunk, release
from tastemaker.validation import Json, now_us

ACTIVE = "active_release"
"""The name in `meta` of the signed pointer to the active release."""

CATALOGUE = "(catalogue)"
"""The name of the model that holds a release's items; no recommender can have it."""

KEPT = 5
"""How many releases are kept: the active one, and the newest others; chosen, not measured."""


@dataclass(frozen=True)
class StoredModel:
    """One model of a release.

    Attributes:
        name: the recommender's name, or `CATALOGUE`.
        distribution: what brought the recommender, and
        version: in which version.
        arrays: named arrays of its state.
        values: JSON values of its state.
        entry_point: the name under which the distribution announces the recommender.
    """

    name: str
    distribution: str = ""
    version: str = ""
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Json] = field(default_factory=dict)
    entry_point: str = ""


@dataclass(frozen=True)
class ReleaseRow:
    """A release in the database: its number, when its data was read (µs), and its size in bytes."""

    number: int
    trained_at: int
    size: int


def save_release(
    connection: Connection,
    keyring: Keyring,
    manifest: Mapping[str, Json],
    models: Sequence[StoredModel],
    trained_at: int,
) -> int:
    """Writes a release, reads all of it back, and gives its number. It is not active yet.

    Call it in a writing transaction: a release is there whole or not at all.

    Raises:
        ReleaseError: a model cannot be stored, or what was read back is not what was written.
    """
    keep_up(connection, keyring)
    row = {"created": now_us(), "trained_at": trained_at, "state": "whole"}
    inserted = connection.execute(insert(release).values(manifest=b"", bytes=0, **row))
    number = _new_key(inserted.inserted_primary_key)
    size = sum(_save_model(connection, keyring, number, one) for one in models)
    connection.execute(update(release).where(release.c.id == number).values(bytes=size))
    write_manifest(connection, keyring, number, manifest)
    for one in models:
        _compare(one, read_model(connection, keyring, number, one.name))
    return number


def write_manifest(
    connection: Connection, keyring: Keyring, number: int, manifest: Mapping[str, Json]
) -> None:
    """Gives a release its manifest, in place of the one that it has.

    Call it in the transaction that saves the release: one that others see never changes.
    """
    named = {"release": number, "content": dict(manifest)}
    packed = pack({}, named, {}, keyring.sign)
    row = release.c.id == number
    size = release.c.bytes - func.length(release.c.manifest) + len(packed)
    connection.execute(update(release).where(row).values(manifest=packed, bytes=size))


def check_model(one: StoredModel) -> None:
    """Refuses a model that `save_release` could not store.

    Raises:
        ReleaseError: it says why.
    """
    parts_of(one.arrays, one.values, _about(one))


def _about(one: StoredModel) -> dict[str, Json]:
    return {"model": one.name, "entry_point": one.entry_point}


def _save_model(connection: Connection, keyring: Keyring, number: int, one: StoredModel) -> int:
    packed = pack(one.arrays, one.values, _about(one), keyring.sign)
    inserted = connection.execute(
        insert(model).values(
            release_id=number,
            name=one.name,
            distribution=one.distribution,
            version=one.version,
            bytes=len(packed),
        )
    )
    key = _new_key(inserted.inserted_primary_key)
    sealed = keyring.seal_blob(model_label(number, one.name), packed)
    rows = [
        {"model_id": key, "position": position, "sealed": chunk}
        for position, chunk in enumerate(sealed)
    ]
    connection.execute(insert(model_chunk), rows)
    return len(packed)


def _compare(written: StoredModel, read: Contents) -> None:
    same = read.values == dict(written.values) and read.arrays.keys() == written.arrays.keys()
    if not same or any(
        not np.array_equal(array, read.arrays[name]) for name, array in written.arrays.items()
    ):
        raise ReleaseError(f"The model of {written.name} was not stored as it is. Train again.")


def read_manifest(connection: Connection, keyring: Keyring, number: int) -> dict[str, Any]:
    """What a release says about itself, verified.

    Raises:
        NotFoundError: there is no such release.
        TamperedError: it was changed, or belongs to another release.
        NewerReleaseError: a newer version wrote it, in a format that this one cannot read.
    """
    packed = _packed_manifest(connection, number)
    with _damage_named(f"The manifest of release {number}"):
        values = unpack(packed, keyring.verify).values
    if values.get("release") != number:
        raise TamperedError(f"The manifest of release {number} is another release's.")
    content: dict[str, Any] = values["content"]
    check_format(content, number)
    return content


def read_model(connection: Connection, keyring: Keyring, number: int, name: str) -> Contents:
    """One model of a release, opened and verified; its arrays are read-only.

    Raises:
        ReleaseError: it is not there.
        TamperedError: it was changed, truncated, or moved there from elsewhere.
    """
    _, contents = read_container(connection, keyring, number, name)
    return contents


def read_container(
    connection: Connection, keyring: Keyring, number: int, name: str
) -> tuple[bytes, Contents]:
    """The signed container of one model of a release, and what it holds; see `read_model`."""
    statement = (
        f"SELECT c.sealed FROM {model_chunk.name} c JOIN {model.name} m ON m.id = c.model_id "
        "WHERE m.release_id = ? AND m.name = ? ORDER BY c.position"
    )
    rows = fetch(connection, statement, (number, name))
    if not rows:
        raise ReleaseError(f"Release {number} has no model of {name}. Train again.")
    with _damage_named(f"The model of {name} in release {number}"):
        container = keyring.open_blob(
            model_label(number, name), [as_sealed(row[0]) for row in rows]
        )
        return container, unpack(container, keyring.verify)


def release_digest(connection: Connection, number: int) -> str:
    """What tells a release from any other, also from one of the same number in a restored backup.

    Raises:
        NotFoundError: there is no such release.
    """
    return sha256(_packed_manifest(connection, number)).hexdigest()


def _packed_manifest(connection: Connection, number: int) -> bytes:
    packed = connection.scalar(select(release.c.manifest).where(release.c.id == number))
    if packed is None:
        raise NotFoundError(
            f"There is no release {number}. `tastemaker release list` shows those there are."
        )
    try:
        return as_sealed(packed)
    except TamperedError as error:
        raise TamperedError(f"The manifest of release {number} is damaged. {error}") from None


def list_releases(connection: Connection) -> list[ReleaseRow]:
    """All releases, the newest first."""
    statement = select(release.c.id, release.c.trained_at, release.c.bytes)
    rows = connection.execute(statement.order_by(release.c.id.desc()))
    return [ReleaseRow(*row) for row in rows]


def activate(connection: Connection, keyring: Keyring, number: int) -> None:
    """Makes a release serve from the end of this transaction on; it is verified first.

    Raises:
        NotFoundError, ReleaseError, TamperedError: it cannot serve; the active one stays.
    """
    keep_up(connection, keyring)
    manifest = read_manifest(connection, keyring, number)
    for name in (CATALOGUE, *served_names(manifest)):
        read_model(connection, keyring, number, name)
    meta.put(connection, ACTIVE, signed_pointer(keyring, number))


def signed_pointer(keyring: Keyring, number: int) -> str:
    """The pointer that makes a release the active one."""
    return f"{number}:{keyring.sign(ACTIVE, str(number).encode()).hex()}"


def active_number(keyring: Keyring, pointer: str | None) -> int | None:
    """The number in a signed pointer; None where there is none.

    Raises:
        TamperedError: the pointer was changed or forged.
    """
    if pointer is None:
        return None
    number, _, signature = pointer.partition(":")
    try:
        keyring.verify(ACTIVE, number.encode(), bytes.fromhex(signature))
        return int(number)
    except (ValueError, TamperedError):
        raise TamperedError(
            "The pointer to the active release was changed. `tastemaker release activate NUMBER` "
            "sets it anew."
        ) from None


def prune(connection: Connection, *keep: int | None) -> None:
    """Deletes old releases: those to keep and the newest others stay, `KEPT` in all."""
    numbers = [row.number for row in list_releases(connection)]
    spared = set(keep).intersection(numbers)
    old = [number for number in numbers if number not in spared][KEPT - len(spared) :]
    if not old:
        return
    models = select(model.c.id).where(model.c.release_id.in_(old))
    connection.execute(delete(model_chunk).where(model_chunk.c.model_id.in_(models)))
    connection.execute(delete(model).where(model.c.release_id.in_(old)))
    connection.execute(delete(release).where(release.c.id.in_(old)))


@contextmanager
def _damage_named(what: str) -> Iterator[None]:
    """Says what is damaged, and what to do."""
    try:
        yield
    except (ReleaseError, KeyProblem) as error:
        raise type(error)(
            f"{what} is damaged. {error} Activate another release (`tastemaker release list`), or "
            "train again."
        ) from None


def model_label(number: int, name: str) -> str:
    """What a model's sealed chunks are bound to."""
    return f"release/{number}/{name}"


def _new_key(inserted: Any) -> int:
    return int(inserted[0])
