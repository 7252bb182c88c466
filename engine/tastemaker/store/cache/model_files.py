"""The models of releases as files that workers share: written once, checked by every worker.

A file is named after its database, release and model, and is bound to all three and to the
release's manifest, so that none is taken for another. Whoever can write the directory cannot forge
one, since what proves it needs the database's keys. There are two forms:

| | `.mapped`, in a trusted directory | `.sealed`, in any other |
|---|---|---|
| begins with | "TMMF", a signature of what follows, zeros up to 64 bytes | "TMSF" |
| goes on with | the model's container, in clear | its chunks, each sealed, with a length (u32) |
| is read by | mapping it; workers share the memory | decrypting it into memory of one's own |

In a trusted directory what was checked could still be changed by another program of the same
account: the mapping shows the file as it is at each moment. That is what "trusted" promises not to
happen. Numbers would be wrong then, or the process would end; no code can come in.
"""

from __future__ import annotations

import logging
import mmap
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem, ReleaseError, TamperedError
from tastemaker.store import releases
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.cache.private_directory import PrivateDirectory, open_directory
from tastemaker.store.crypto.container import Contents, parse
from tastemaker.store.crypto.keyring import SIGNATURE_BYTES, Keyring

logger = logging.getLogger(__name__)

MAPPED, SEALED = b"TMMF", b"TMSF"
SUFFIXES = {True: ".mapped", False: ".sealed"}
START = 64
"""Where a mapped container begins: at a multiple of a processor's cache line."""

_LENGTH = struct.Struct(">I")
_UNUSABLE = (OSError, ReleaseError, KeyProblem)


class _Place(NamedTuple):
    """One file: its name, and the label that its content is bound to."""

    name: str
    label: str


class ModelFiles:
    """Reads models of releases by way of a cache directory, if there is one.

    Args:
        keyring: verifies, signs and seals.
        cache: the directory; None reads the database alone.

    Attributes:
        keyring: the same.
    """

    def __init__(self, keyring: Keyring, cache: ModelCache | None) -> None:
        self.keyring = keyring
        self._cache = cache

    def read(
        self, connection: Connection, number: int, names: Iterable[str]
    ) -> dict[str, Contents]:
        """Models of a release, verified; arrays are read-only.

        Raises:
            ReleaseError: one is not there.
            TamperedError: one was changed in the database, and is not in the cache.
        """
        wanted, found = list(names), dict[str, Contents]()
        if self._cache is not None:
            try:
                with open_directory(self._cache.directory) as directory:
                    digest = releases.release_digest(connection, number)
                    reading = _Reading(self.keyring, self._cache.trusted, directory, connection)
                    for name in wanted:
                        found[name] = reading.model(number, digest, name)
                    reading.tidy(number, digest, wanted)
            except OSError as error:
                logger.warning(
                    "The model cache %s is of no use: %s. Models are read from the database.",
                    self._cache.directory,
                    error.strerror or error,
                )
        missing = [name for name in wanted if name not in found]
        read = {n: releases.read_model(connection, self.keyring, number, n) for n in missing}
        return {name: found[name] if name in found else read[name] for name in wanted}


class _Reading:
    """One reading of models, with the directory open."""

    def __init__(
        self, keyring: Keyring, trusted: bool, directory: PrivateDirectory, connection: Connection
    ) -> None:
        self._keyring = keyring
        self._trusted = trusted
        self._directory = directory
        self._connection = connection
        self._prefix = f"{keyring.tenant.hex()[:16]}-"

    def model(self, number: int, digest: str, name: str) -> Contents:
        place = self._place(number, digest, name)
        with suppress(*_UNUSABLE):
            if (contents := self._kept(place)) is not None:
                return contents
        with self._directory.locked():
            # Another worker may have written it meanwhile.
            try:
                if (contents := self._kept(place)) is not None:
                    return contents
            except _UNUSABLE as error:
                message = "The file %s of the model cache cannot be used and is written anew: %s"
                logger.warning(message, place.name, error)
            container, contents = releases.read_container(
                self._connection, self._keyring, number, name
            )
            parts = self._mapped_parts if self._trusted else self._sealed_parts
            handle = self._directory.write(place.name, parts(place.label, container))
        try:
            # What was just written needs no check; only a mapping is worth having in its place.
            return parse(_map(handle)[START:]) if self._trusted else contents
        finally:
            os.close(handle)

    def tidy(self, number: int, digest: str, names: Iterable[str]) -> None:
        """Removes what is not of a release that is kept, or of this one and yet not its file."""
        kept = {row.number for row in releases.list_releases(self._connection)}
        own = {self._place(number, digest, name).name for name in names}
        suffix = SUFFIXES[self._trusted]
        for file in self._directory.names():
            if not file.startswith(self._prefix) or file in own:
                continue
            release = file.removeprefix(self._prefix).partition("-")[0]
            of_another = release.isdecimal() and int(release) in kept - {number}
            if not (file.endswith(suffix) and of_another) and self._is_over(file):
                self._directory.remove(file)

    def _is_over(self, file: str) -> bool:
        """Whether nobody is still writing a file."""
        return file.endswith(tuple(SUFFIXES.values())) or self._directory.is_abandoned(file)

    def _place(self, number: int, digest: str, name: str) -> _Place:
        label = f"cached model/{number}/{digest}/{name}"
        short = sha256(label.encode()).hexdigest()[:32]
        return _Place(f"{self._prefix}{number}-{short}{SUFFIXES[self._trusted]}", label)

    def _kept(self, place: _Place) -> Contents | None:
        """The model in a file, or None where there is none; raises what is in `_UNUSABLE`."""
        handle = self._directory.open(place.name)
        if handle is None:
            return None
        try:
            read = self._read_mapped if self._trusted else self._read_sealed
            return parse(read(place.label, handle))
        finally:
            os.close(handle)

    def _mapped_parts(self, label: str, container: bytes) -> Iterator[bytes]:
        head = MAPPED + self._keyring.sign(label, container)
        yield head.ljust(START, b"\0")
        yield container

    def _read_mapped(self, label: str, handle: int) -> memoryview:
        whole = _map(handle)
        stop = len(MAPPED) + SIGNATURE_BYTES
        if whole[: len(MAPPED)] != MAPPED or whole[stop:START].tobytes().strip(b"\0"):
            raise TamperedError("It is no model file.")
        self._keyring.verify(label, whole[START:], whole[len(MAPPED) : stop].tobytes())
        return whole[START:]

    def _sealed_parts(self, label: str, container: bytes) -> Iterator[bytes]:
        yield SEALED
        for chunk in self._keyring.seal_blob(label, container):
            yield _LENGTH.pack(len(chunk)) + chunk

    def _read_sealed(self, label: str, handle: int) -> memoryview:
        with closing(os.fdopen(os.dup(handle), "rb")) as stream:
            whole = stream.read()
        if whole[: len(SEALED)] != SEALED:
            raise TamperedError("It is no model file.")
        chunks, start = [], len(SEALED)
        while start + _LENGTH.size <= len(whole):
            (length,) = _LENGTH.unpack_from(whole, start)
            start += _LENGTH.size + length
            chunks.append(whole[start - length : start])
        if start != len(whole):
            raise TamperedError("It was truncated.")
        return memoryview(self._keyring.open_blob(label, chunks))


def _map(handle: int) -> memoryview:
    """A file's content, mapped read-only; the pages are shared with whoever maps it too."""
    size = os.fstat(handle).st_size
    if size <= START:
        raise TamperedError("It was truncated.")
    # All pages at once, where the system can: one by one, each costs an interruption.
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    return memoryview(mmap.mmap(handle, size, flags=flags, prot=mmap.PROT_READ))
