"""Refs: the keyed hashes that stand for people in the database, each made by one index key."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tastemaker.errors import InputError
from tastemaker.store.crypto.data_keys import DataKey
from tastemaker.store.crypto.sealing import derive, join

REF_BYTES = 16

_REF_KEY = b"tastemaker/v1/idx"
_STAMP_KEY = b"tastemaker/v1/stamp"
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class RefKey:
    """What one index key makes: refs of one database, and stamps that hold as long as they do.

    It never changes, so whoever needs refs of one and the same key holds on to one of these.

    Attributes:
        key_id: the number of the index key.
        secret: 32 bytes.
        prefix: what every hashed id begins with.
    """

    key_id: int
    secret: bytes = field(repr=False)
    prefix: bytes = field(repr=False)

    def ref(self, user_id: str) -> bytes:
        """The 16-byte keyed hash that stands for a user's id in the database.

        It is taken from the id's exact bytes: no folding, which would merge two accounts.

        Raises:
            InputError: the id is ill-formed text; the error does not carry it.
        """
        try:
            raw = user_id.encode()
        except UnicodeEncodeError:
            raw = None
        if raw is None:
            raise InputError("A user's id is ill-formed text (a lone surrogate). Correct it.")
        message = b"".join((self.prefix, _LENGTH.pack(len(raw)), raw))
        return hmac.digest(self.secret, message, "sha256")[:REF_BYTES]

    def stamper(self, label: str) -> Callable[[bytes], bytes]:
        """Gives data its keyed hash of 32 bytes.

        Unlike a signature it does not change when data keys or the key-encryption key do, so what
        lies outside of the database can be verified with a backup's keys too.
        """
        secret = derive(self.secret, _STAMP_KEY, label.encode())
        return lambda data: hmac.digest(secret, data, "sha256")


class RefKeys(NamedTuple):
    """What makes the refs of new rows in a transaction, and what made those that rows may have yet.

    There is something of the latter only while the index key is rotated.
    """

    new: RefKey
    former: tuple[RefKey, ...]

    def refs(self, user_id: str) -> list[bytes]:
        """Every ref that the user's row may have, that of a new row last.

        A row moves from a former ref to the new one and never back; so whoever looks for them in
        this order, be it in several statements, finds it.

        Raises:
            InputError: see `RefKey.ref`.
        """
        return [one.ref(user_id) for one in (*self.former, self.new)]


def ref_key(key: DataKey, tenant: bytes) -> RefKey:
    """What an index key makes in the database of that tenant."""
    secret = derive(key.secret, _REF_KEY, tenant, b"user", b"user_id", b"ref")
    return RefKey(key.id, secret, join(tenant, b"user"))
