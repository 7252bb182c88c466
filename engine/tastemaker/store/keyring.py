"""The key ring of one database: names people, seals and opens values, signs and seals models."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from tastemaker.store.keys import KeySource
from tastemaker.store.sealed_column import SealedBytes
from tastemaker.store.sealing import Sealable


class Keyring:
    """Everything that one database's keys can do.

    Attributes:
        tenant: the 16 random bytes that name the database; every sealed value is bound to them.
    """

    tenant: bytes

    def ref(self, user_id: str) -> bytes:
        """The 16-byte keyed hash that stands for a user's id in the database."""
        raise NotImplementedError

    def seal(self, table: str, column: str, ref: bytes, value: Sealable) -> SealedBytes:
        """A value sealed for one cell: that column of that row (`ref`) of that table."""
        raise NotImplementedError

    def open(self, table: str, column: str, ref: bytes, sealed: bytes) -> Sealable:
        """The value sealed for that cell."""
        raise NotImplementedError

    def sign(self, label: str, data: bytes | memoryview) -> bytes:
        """A signature of 36 bytes: the key's id, then HMAC-SHA256 over the data."""
        raise NotImplementedError

    def verify(self, label: str, data: bytes | memoryview, signature: bytes) -> None:
        """Raises TamperedError unless `sign` gave this signature for this label and data."""
        raise NotImplementedError

    def seal_blob(self, label: str, data: bytes) -> list[SealedBytes]:
        """A blob sealed in chunks of 1 MiB, at least one."""
        raise NotImplementedError

    def open_blob(self, label: str, chunks: Sequence[bytes]) -> bytes:
        """The blob whose chunks these are: all of them, in order."""
        raise NotImplementedError


def create_keyring(connection: Connection, key: KeySource | None) -> Keyring:
    """The key ring of the database, made if it has none. Call it in a writing transaction."""
    raise NotImplementedError


def open_keyring(connection: Connection, key: KeySource | None) -> Keyring:
    """The key ring of the database; writes nothing."""
    raise NotImplementedError
