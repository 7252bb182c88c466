"""Containers as files of a private directory: sealed, or in clear and mapped.

| | `.mapped`, in a trusted directory | `.sealed`, in any other |
|---|---|---|
| begins with | "TMMF", a signature of what follows, zeros up to 64 bytes | "TMSF" |
| goes on with | the container, in clear | its chunks, each sealed, with a length (u32) before it |
| is read by | mapping it; workers share the memory | decrypting it into memory of one's own |

Both are bound to a label, and need the database's keys to be made: whoever can write the directory
can neither forge a file nor put one in the place of another.

In a trusted directory what was checked could still be changed by another program of the same
account: the mapping shows the file as it is at each moment. That is what "trusted" promises not to
happen. Numbers would be wrong then, or the process would end; no code can come in.
"""

from __future__ import annotations

import logging
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from tastemaker.errors import KeyProblem, ReleaseError, TamperedError
from tastemaker.store.cache.private_directory import PrivateDirectory
from tastemaker.store.crypto.container import Contents, parse
from tastemaker.store.crypto.keyring import SIGNATURE_BYTES, Keyring

MAPPED, SEALED = b"TMMF", b"TMSF"
CACHE_SUFFIXES = {True: ".mapped", False: ".sealed"}
CONTAINER_START = 64
"""Where a mapped container begins: at a multiple of a processor's cache line."""

_LENGTH = struct.Struct(">I")
_UNUSABLE = (OSError, ReleaseError, KeyProblem)


class Place(NamedTuple):
    """One file: its name without ending, and the label that its content is bound to."""

    name: str
    label: str


class CacheFiles:
    """The files of one open directory.

    Args:
        directory: where they are.
        keyring: signs and verifies, seals and opens.
        trusted: whether they are in clear, and mapped.

    Attributes:
        directory: the same.
        prefix: how the names of this database's files begin.
        suffix: how names end.
    """

    def __init__(self, directory: PrivateDirectory, keyring: Keyring, trusted: bool) -> None:
        self.directory = directory
        self.prefix = f"{keyring.tenant.hex()[:16]}-"
        self.suffix = CACHE_SUFFIXES[trusted]
        self._keyring = keyring
        self._trusted = trusted

    def name(self, place: Place) -> str:
        """The name of a place's file."""
        return f"{self.prefix}{place.name}{self.suffix}"

    def read(self, place: Place, make: Callable[[], tuple[bytes, Contents]]) -> Contents:
        """What a file holds; it is made where it is not there or cannot be believed.

        Args:
            place: the file.
            make: gives the container to write, and what it holds.
        """
        if (contents := self.sound(place)) is not None:
            return contents
        with self.directory.locked():
            # Another worker may have written it meanwhile.
            try:
                if (contents := self.kept(place)) is not None:
                    return contents
            except _UNUSABLE as error:
                message = "The file %s of the model cache cannot be used and is written anew: %s"
                logging.getLogger("tastemaker.store").warning(message, self.name(place), error)
            return self.write(place, *make())

    def sound(self, place: Place) -> Contents | None:
        """What a file holds; None where it is not there or cannot be believed."""
        with suppress(*_UNUSABLE):
            return self.kept(place)
        return None

    def kept(self, place: Place) -> Contents | None:
        """What a file holds, or None where there is none.

        Raises:
            OSError, ReleaseError, KeyProblem: it cannot be read, or is not what was written.
        """
        handle = self.directory.open(self.name(place))
        if handle is None:
            return None
        try:
            opened = self._opened_mapped if self._trusted else self._opened_sealed
            return parse(opened(place.label, handle))
        finally:
            os.close(handle)

    def write(self, place: Place, container: bytes, contents: Contents) -> Contents:
        """Writes a file; gives what it holds, mapped if it can be.

        Raises:
            OSError: it cannot be written; whatever was there before still is.
        """
        parts = self._mapped_parts if self._trusted else self._sealed_parts
        handle = self.directory.write(self.name(place), parts(place.label, container))
        try:
            # What was just written needs no check; only a mapping is worth having in its place.
            return parse(_mapped(handle)[CONTAINER_START:]) if self._trusted else contents
        finally:
            os.close(handle)

    def _mapped_parts(self, label: str, container: bytes) -> Iterator[bytes]:
        head = MAPPED + self._keyring.sign(label, container)
        yield head.ljust(CONTAINER_START, b"\0")
        yield container

    def _opened_mapped(self, label: str, handle: int) -> memoryview:
        whole = _mapped(handle)
        stop = len(MAPPED) + SIGNATURE_BYTES
        if whole[: len(MAPPED)] != MAPPED or whole[stop:CONTAINER_START].tobytes().strip(b"\0"):
            raise TamperedError("It is no file of this cache.")
        self._keyring.verify(label, whole[CONTAINER_START:], whole[len(MAPPED) : stop].tobytes())
        return whole[CONTAINER_START:]

    def _sealed_parts(self, label: str, container: bytes) -> Iterator[bytes]:
        yield SEALED
        for chunk in self._keyring.seal_blob(label, container):
            yield _LENGTH.pack(len(chunk)) + chunk

    def _opened_sealed(self, label: str, handle: int) -> memoryview:
        with os.fdopen(os.dup(handle), "rb") as stream:
            whole = stream.read()
        if whole[: len(SEALED)] != SEALED:
            raise TamperedError("It is no file of this cache.")
        chunks, start = [], len(SEALED)
        while start + _LENGTH.size <= len(whole):
            (length,) = _LENGTH.unpack_from(whole, start)
            start += _LENGTH.size + length
            chunks.append(whole[start - length : start])
        if start != len(whole):
            raise TamperedError("It was truncated.")
        return memoryview(self._keyring.open_blob(label, chunks))


def _mapped(handle: int) -> memoryview:
    """A file's content, mapped read-only; the pages are shared with whoever maps it too."""
    size = os.fstat(handle).st_size
    if size <= CONTAINER_START:
        raise TamperedError("It was truncated.")
    # All pages at once, where the system can: one by one, each costs an interruption.
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    return memoryview(mmap.mmap(handle, size, flags=flags, prot=mmap.PROT_READ))
