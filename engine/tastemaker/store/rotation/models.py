"""Releases under another key: every model sealed and signed anew, and what names the active one."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, LargeBinary, delete, func, insert, select, update

from tastemaker.errors import KeyProblem, ReleaseError
from tastemaker.store import meta, releases
from tastemaker.store.crypto.container import signed_anew
from tastemaker.store.crypto.data_keys import MODEL
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql import tables
from tastemaker.store.sql.tables import model, model_chunk, release
from tastemaker.store.store import Store


class _Place(NamedTuple):
    """A model: the number of its release, and its name."""

    number: int
    name: str


def reseal_models(store: Store, keyring: Keyring) -> int:
    """Seals and signs every model, manifest and pointer that is not under the key that does so now.

    Each is replaced in a transaction of its own, whole: a release serves all the time. What cannot
    be opened stays as it is.

    Returns:
        How many models and manifests were sealed or signed anew.

    Raises:
        KeyProblem: another key was promoted meanwhile.
    """
    target = keyring.active_ids()[MODEL]
    with store.reading("listing models") as connection:
        places = _stale_models(connection, target)
        numbers = _stale_manifests(connection, target)
    done = 0
    for place in places:
        work = partial(_reseal_model, keyring=keyring, target=target, place=place)
        done += store.write("re-encrypting a model", work)
    for number in numbers:
        work = partial(_sign_manifest, keyring=keyring, target=target, number=number)
        done += store.write("signing a release", work)
    store.write(
        "signing the active release", partial(_sign_pointer, keyring=keyring, target=target)
    )
    return done


def _stale_models(connection: Connection, target: int) -> list[_Place]:
    named = func.substr(model_chunk.c.sealed, 5, 4, type_=LargeBinary)
    chosen = select(model.c.release_id, model.c.name).join(model_chunk).distinct()
    rows = connection.execute(chosen.where(named != target.to_bytes(4, "big")))
    return [_Place(*row) for row in rows]


def _stale_manifests(connection: Connection, target: int) -> list[int]:
    named = func.substr(release.c.manifest, 5, 4, type_=LargeBinary)
    chosen = select(release.c.id).where(named != target.to_bytes(4, "big"))
    return list(connection.execute(chosen).scalars())


def _reseal_model(connection: Connection, keyring: Keyring, target: int, place: _Place) -> bool:
    _require_target(connection, keyring, target)
    # PostgreSQL: of two who do this at once, one waits and finds it done.
    locked = select(model.c.id).where(
        model.c.release_id == place.number, model.c.name == place.name
    )
    key = connection.scalar(locked.with_for_update())
    if key is None or place not in _stale_models(connection, target):
        return False
    try:
        container, _ = releases.read_container(connection, keyring, *place)
    except (KeyProblem, ReleaseError):
        return False
    label = releases.model_label(*place)
    sealed = keyring.seal_blob(label, signed_anew(container, keyring.sign))
    connection.execute(delete(model_chunk).where(model_chunk.c.model_id == key))
    rows = [{"model_id": key, "position": n, "sealed": chunk} for n, chunk in enumerate(sealed)]
    connection.execute(insert(model_chunk), rows)
    return True


def _sign_manifest(connection: Connection, keyring: Keyring, target: int, number: int) -> bool:
    _require_target(connection, keyring, target)
    chosen = select(release.c.manifest).where(release.c.id == number).with_for_update()
    packed = bytes(connection.scalar(chosen) or b"")
    try:
        releases.read_manifest(connection, keyring, number)
    except (KeyProblem, ReleaseError):
        return False
    signed = signed_anew(packed, keyring.sign)
    connection.execute(update(release).where(release.c.id == number).values(manifest=signed))
    return True


def _sign_pointer(connection: Connection, keyring: Keyring, target: int) -> None:
    _require_target(connection, keyring, target)
    # PostgreSQL: nobody activates another release until this one's pointer is signed.
    row = select(tables.meta.c.value).where(tables.meta.c.name == releases.ACTIVE)
    pointer = connection.scalar(row.with_for_update())
    try:
        number = releases.active_number(keyring, pointer)
    except KeyProblem:
        return
    if number is not None:
        meta.put(connection, releases.ACTIVE, releases.signed_pointer(keyring, number))


def _require_target(connection: Connection, keyring: Keyring, target: int) -> None:
    keep_up(connection, keyring)
    if keyring.active_ids()[MODEL] != target:
        raise KeyProblem("Another key was promoted meanwhile. Start the re-encryption again.")
