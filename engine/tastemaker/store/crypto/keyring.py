"""The key ring of one database: names people, seals and opens values, signs and seals models."""

from __future__ import annotations

import hmac
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from tastemaker.errors import TamperedError, UnknownKeyError
from tastemaker.store.crypto.data_keys import DATA, INDEX, MODEL, DataKey
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.crypto.ref_key import RefKey, ref_key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.crypto.sealing import (
    AES_256_GCM,
    FIELD,
    Header,
    Sealer,
    derive,
    read_header,
)
from tastemaker.store.crypto.typed_values import Sealable

SIGNATURE_BYTES = 36
CHUNK_BYTES = 2**20

FORGET_MISSING = 1.0
"""Seconds after which a key that was not there is looked for again; chosen, not measured."""

MOST_MISSING = 1000
"""How many ids of missing keys are remembered: values that were tampered with may name any."""

_COLUMN_KEY = b"tastemaker/v1/col"
_SIGNING_KEY = b"tastemaker/v1/sign"
_BLOB_KEY = b"tastemaker/v1/blob"
_FAST_BLOB_KEY = b"tastemaker/v2/blob"
_KEY_ID = struct.Struct(">I")
_CHUNK = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The keys as they were read at one time; replaced as a whole, for threads share it."""

    keys: dict[tuple[str, int], DataKey]
    active: dict[str, DataKey]
    ref_keys: tuple[RefKey, ...]
    writers: dict[tuple[str, str], Sealer] = field(default_factory=dict)


class Keyring:
    """Everything that one database's keys can do. Threads may share it.

    Args:
        tenant: as below.
        keys: the keys of the database, one of them active for each purpose.
        source: what unwraps the database's keys; None in a ring that never reads them again.
        reread: gives the keys as they are now; called where a value names one that is not here,
            since another process may have promoted it. Without it such a value is an error at once.

    Attributes:
        tenant: the 16 random bytes that name the database; every sealed value is bound to them.
        source: as given.
    """

    def __init__(
        self,
        tenant: bytes,
        keys: Sequence[DataKey],
        source: KeySource | None = None,
        reread: Callable[[], Sequence[DataKey]] | None = None,
    ) -> None:
        self.tenant = tenant
        self.source = source
        self._reread = reread
        self._lock = threading.Lock()
        self._missing: dict[int, float] = {}
        self._loaded = _Loaded({}, {}, ())
        self.renew(keys)
        self._readers: dict[tuple[str, str, bytes], Sealer] = {}

    def __repr__(self) -> str:
        return f"Keyring(tenant={self.tenant[:4].hex()}…, keys={len(self._loaded.keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key ring is never pickled. Open the database in the other process.")

    def renew(self, keys: Sequence[DataKey]) -> None:
        """Takes the keys as they are in the database now.

        What was retired meanwhile still opens here what a state read before holds, and no longer
        seals.
        """
        self._take(keys, {key.purpose: key for key in keys if key.active})

    def learn(self, keys: Sequence[DataKey]) -> None:
        """Takes keys that are new here, to find and open by; what seals stays what it was."""
        self._take(keys, self._loaded.active)

    def _take(self, keys: Sequence[DataKey], active: dict[str, DataKey]) -> None:
        known = {**self._loaded.keys, **{(key.purpose, key.id): key for key in keys}}
        index = active[INDEX].id
        others = [key for (purpose, n), key in known.items() if purpose == INDEX and n != index]
        made = tuple(ref_key(key, self.tenant) for key in (active[INDEX], *others))
        self._loaded = _Loaded(known, active, made)

    def active_ids(self) -> dict[str, int]:
        """The id of the key that seals, for each purpose."""
        return {purpose: key.id for purpose, key in self._loaded.active.items()}

    @property
    def ref_keys(self) -> tuple[RefKey, ...]:
        """What every index key that is here makes; first the one that makes refs of new rows."""
        return self._loaded.ref_keys

    def ref(self, user_id: str) -> bytes:
        """The ref of a user's id as new rows get it; see `RefKey.ref`.

        Raises:
            InputError: the id is ill-formed text; the error does not carry it.
        """
        return self._loaded.ref_keys[0].ref(user_id)

    def seal(self, table: str, column: str, ref: bytes, value: Sealable) -> SealedBytes:
        """A value sealed for one cell.

        Args:
            table: the logical name of the table, without prefix: "user".
            column: the logical name of the column.
            ref: what stands for the row, and stays with it: a user's ref.
            value: text, bytes, a number, a date, a time, a list, a mapping, a bool or None.

        Raises:
            InputError: the value cannot be sealed; the error does not carry it.
        """
        return self._writer(table, column).seal(ref, value)

    def reseal(self, table: str, column: str, ref: bytes, sealed: SealedBytes) -> SealedBytes:
        """The value of a cell under the key that seals now; as it is where it is so already.

        Raises:
            TamperedError, UnknownKeyError: see `open`.
        """
        if sealed[4:8] == _KEY_ID.pack(self._loaded.active[DATA].id):
            return sealed
        return self.move(table, column, ref, sealed, ref)

    def move(
        self, table: str, column: str, ref: bytes, sealed: SealedBytes, new_ref: bytes
    ) -> SealedBytes:
        """The value of a cell, for the same column of another row, under the key that seals now.

        Raises:
            TamperedError, UnknownKeyError: see `open`.
        """
        encoded = self._reader(table, column, ref, sealed).open_encoded(ref, sealed)
        return self._writer(table, column).seal_encoded(new_ref, encoded)

    def open(self, table: str, column: str, ref: bytes, sealed: bytes) -> Sealable:
        """The value that was sealed for that cell.

        Raises:
            TamperedError: it was changed, truncated, or moved there from another cell or database.
            UnknownKeyError: it names a key that this database does not hold.
        """
        return self._reader(table, column, ref, sealed).open(ref, sealed)

    def sign(self, label: str, data: bytes | memoryview) -> bytes:
        """A signature of 36 bytes: the id of the key (u32), then HMAC-SHA256 of the data.

        Args:
            label: what is signed, such as "model"; a signature counts for its label only.
            data: what is signed.
        """
        key = self._loaded.active[MODEL]
        return _KEY_ID.pack(key.id) + self._mac(key, label, data)

    def verify(self, label: str, data: bytes | memoryview, signature: bytes) -> None:
        """Returns if `sign` gave this signature for this label and data.

        Raises:
            TamperedError: it did not.
            UnknownKeyError: the signature names a key that this database does not hold.
        """
        if len(signature) == SIGNATURE_BYTES:
            key = self._key(MODEL, _KEY_ID.unpack_from(signature)[0])
            if hmac.compare_digest(self._mac(key, label, data), signature[_KEY_ID.size :]):
                return
        raise TamperedError(f"The signature of {label} does not match: it was changed or forged.")

    def seal_blob(self, label: str, data: bytes) -> list[SealedBytes]:
        """A blob sealed in chunks of 1 MiB, at least one.

        Each chunk is bound to the label, to its place and to how many there are, so none can be
        left out, moved, or put into another blob.
        """
        sealer = self._blob_sealer(self._loaded.active[MODEL], label, AES_256_GCM)
        starts = range(0, max(len(data), 1), CHUNK_BYTES)
        return [
            sealer.seal(_CHUNK.pack(index, len(starts)), data[start : start + CHUNK_BYTES])
            for index, start in enumerate(starts)
        ]

    def open_blob(self, label: str, chunks: Sequence[bytes]) -> bytes:
        """The blob whose chunks these are: all of them, in order.

        Raises:
            TamperedError: a chunk was changed, moved, added or left out, or the label is another.
            UnknownKeyError: a chunk names a key that this database does not hold.
        """
        if not chunks:
            raise TamperedError(f"Every chunk of {label} is gone. Restore it from a backup.")
        header = read_header(chunks[0])
        sealer = self._blob_sealer(self._key(MODEL, header.key_id), label, header.algorithm)
        parts = []
        for index, chunk in enumerate(chunks):
            part = sealer.open(_CHUNK.pack(index, len(chunks)), chunk)
            if not isinstance(part, bytes):
                raise TamperedError(f"Chunk {index} of {label} is not one.")
            parts.append(part)
        return b"".join(parts)

    def _key(self, purpose: str, key_id: int) -> DataKey:
        key = self._loaded.keys.get((purpose, key_id)) or self._look_again(purpose, key_id)
        if key is None:
            raise UnknownKeyError(
                f"A sealed value names {purpose} key {key_id}, which this database does not hold. "
                "It was changed, comes from another database, or its key was retired "
                "(`tastemaker keys status`)."
            )
        return key

    def _look_again(self, purpose: str, key_id: int) -> DataKey | None:
        """The key among those that the database has now; reads them once a second for each id."""
        with self._lock:
            key, now = self._loaded.keys.get((purpose, key_id)), time.monotonic()
            recent = now - self._missing.get(key_id, -FORGET_MISSING) < FORGET_MISSING
            if key is not None or recent or self._reread is None:
                return key
            self.renew(self._reread())
            key = self._loaded.keys.get((purpose, key_id))
            if key is None:
                if len(self._missing) >= MOST_MISSING:
                    self._missing.clear()
                self._missing[key_id] = now
            return key

    def _writer(self, table: str, column: str) -> Sealer:
        """What seals a column now."""
        loaded = self._loaded
        sealer = loaded.writers.get((table, column))
        if sealer is None:
            sealer = self._field_sealer(loaded.active[DATA], table, column)
            loaded.writers[table, column] = sealer
        return sealer

    def _reader(self, table: str, column: str, ref: bytes, sealed: bytes) -> Sealer:
        """What opens a cell: by the key that its value names."""
        place = (table, column, sealed[4:8])
        sealer = self._readers.get(place)
        if sealer is None:
            key = self._key(DATA, _header_in(table, column, ref, sealed).key_id)
            sealer = self._readers[place] = self._field_sealer(key, table, column)
        return sealer

    def _field_sealer(self, key: DataKey, table: str, column: str) -> Sealer:
        names = (self.tenant, table.encode(), column.encode())
        secret = derive(key.secret, _COLUMN_KEY, *names)
        return Sealer(key.algorithm, key.id, secret, FIELD, *names)

    def _blob_sealer(self, key: DataKey, label: str, algorithm: int) -> Sealer:
        """AES-256-GCM opens blobs five times as fast as AES-256-GCM-SIV, and a worker waits for it.

        What it loses if a nonce is repeated is the key of this one label, of a few hundred chunks.
        Blobs sealed with the data key's own algorithm, as all were once, have a key of their own.
        """
        domain = _BLOB_KEY if algorithm == key.algorithm else _FAST_BLOB_KEY
        names = (self.tenant, label.encode())
        return Sealer(algorithm, key.id, derive(key.secret, domain, *names), domain, *names)

    def _mac(self, key: DataKey, label: str, data: bytes | memoryview) -> bytes:
        secret = derive(key.secret, _SIGNING_KEY, self.tenant, label.encode())
        return hmac.digest(secret, data, "sha256")


def _header_in(table: str, column: str, ref: bytes, sealed: bytes) -> Header:
    """The header of a cell's value; an error says which cell."""
    try:
        return read_header(sealed)
    except TamperedError as error:
        where = f"{table}, {column}, row {ref[:4].hex()}…"
        raise TamperedError(f"{where}: {error}") from None
