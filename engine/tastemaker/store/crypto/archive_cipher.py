"""Archives: a stream of bytes, encrypted and authenticated piece by piece, and read so too.

In the order of the bytes, big endian:

| bytes | field |
|---|---|
| 4 | magic "TMB1" |
| 4 | h, the length of the header, at most 64 KiB |
| h | the header: JSON in ASCII, `{"about","kek_id","wrapped"}` |
| 4 + n | each chunk: its length, and at most 1 MiB by AES-256-GCM, with its tag of 16 bytes |

Each archive has a random key of its own, wrapped by the key-encryption key. A chunk's nonce is its
number (11 bytes) and whether it is the last one (1 byte), and SHA-256 of all that stands before the
first chunk is bound to it; so none can be changed, left out, moved, added, or put into another
archive, and an archive that is cut short is told from a whole one.
"""

from __future__ import annotations

import json
import secrets
import struct
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tastemaker.errors import InputError, TamperedError, WrongKeyError
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.crypto.sealing import KEY_BYTES, NONCE_BYTES, TAG_BYTES

ARCHIVE_MAGIC = b"TMB1"
ARCHIVE_CHUNK = 2**20
MAX_ABOUT = 2**16

_CONTEXT = b"tastemaker/v1/archive"
_LENGTH = struct.Struct(">I")


class ArchiveWriter:
    """Encrypts what is written to it into a stream. Only `close` makes the archive whole.

    Args:
        stream: where to.
        key: wraps the key of the archive.
        about: what the archive says about itself, in clear and authenticated; JSON.
    """

    def __init__(self, stream: BinaryIO, key: KeySource, about: Mapping[str, Any]) -> None:
        secret = secrets.token_bytes(KEY_BYTES)
        wrapped = key.wrap(secret, _CONTEXT).hex()
        header = {"about": about, "kek_id": key.id, "wrapped": wrapped}
        head = json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii")
        start = ARCHIVE_MAGIC + _LENGTH.pack(len(head)) + head
        stream.write(start)
        self._stream = stream
        self._cipher = AESGCM(secret)
        self._bound = sha256(start).digest()
        self._index = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """Adds bytes; a chunk of them is written now and then."""
        self._waiting += data
        # Something is always kept back for the last chunk, which is told from the others.
        while len(self._waiting) > ARCHIVE_CHUNK:
            piece = bytes(self._waiting[:ARCHIVE_CHUNK])
            del self._waiting[:ARCHIVE_CHUNK]
            self._write_chunk(piece, last=False)

    def close(self) -> None:
        """Writes the last chunk."""
        self._write_chunk(bytes(self._waiting), last=True)

    def _write_chunk(self, piece: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._index, last), piece, self._bound)
        self._stream.write(_LENGTH.pack(len(sealed)) + sealed)
        self._index += 1


class ArchiveReader:
    """Reads an archive; nothing of a chunk is given out before it is authenticated.

    Args:
        stream: from its beginning.
        key: unwraps the key of the archive.

    Attributes:
        about: what the archive says about itself; proven with the first chunk only.

    Raises:
        InputError: it is no archive.
        WrongKeyError: it was made under another key.
        TamperedError: it was changed.
    """

    def __init__(self, stream: BinaryIO, key: KeySource) -> None:
        start = stream.read(len(ARCHIVE_MAGIC) + _LENGTH.size)
        if start[: len(ARCHIVE_MAGIC)] != ARCHIVE_MAGIC or len(start) < 8:
            raise InputError("The file is no archive of a database. Name one that a backup made.")
        head = stream.read(min(_LENGTH.unpack(start[-_LENGTH.size :])[0], MAX_ABOUT + 1))
        kek_id, wrapped, self.about = _parsed(head)
        if kek_id != key.id:
            raise WrongKeyError(
                f"This archive was made under key {kek_id}, and key {key.id} was given. Give the "
                "one that its database had then; nothing was changed."
            )
        self._stream = stream
        try:
            self._cipher = AESGCM(key.unwrap(wrapped, _CONTEXT))
        except (TamperedError, ValueError):
            raise _damaged("its key") from None
        self._bound = sha256(start + head).digest()

    def chunks(self) -> Iterator[bytes]:
        """Every chunk, in order; the archive is proven to be whole when the last was given.

        Raises:
            TamperedError: the archive was changed, or is cut short.
        """
        index, length = 0, self._stream.read(_LENGTH.size)
        while True:
            n = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else 0
            sealed = self._stream.read(n) if n <= ARCHIVE_CHUNK + TAG_BYTES else b""
            length = self._stream.read(_LENGTH.size)
            try:
                piece = self._cipher.decrypt(_nonce(index, not length), sealed, self._bound)
            except (InvalidTag, ValueError):
                raise _damaged(f"chunk {index}") from None
            if len(sealed) != n:
                raise _damaged(f"the length of chunk {index}")
            yield piece
            if not length:
                return
            index += 1


def _parsed(head: bytes) -> tuple[str, bytes, dict[str, Any]]:
    try:
        header = json.loads(head) if len(head) <= MAX_ABOUT else {}
        kek_id, about = header["kek_id"], header["about"]
        if isinstance(kek_id, str) and kek_id.isalnum() and isinstance(about, dict):
            return kek_id, bytes.fromhex(header["wrapped"]), about
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise _damaged("its header")


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(NONCE_BYTES - 1) + bytes([last])


def _damaged(what: str) -> TamperedError:
    return TamperedError(
        f"The archive was changed, damaged or cut short ({what}). Take another copy of it; nothing "
        "was restored."
    )
