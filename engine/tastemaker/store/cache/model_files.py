"""What a worker loads, by way of files that the workers of a machine share.

A model's file is bound to its database, release, name and the release's manifest, so that none is
taken for another. The items lie there as they were at some moment; what has changed since is read
from the database.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem, ReleaseError
from tastemaker.store import items, releases
from tastemaker.store.cache.cache_files import CACHE_SUFFIXES, CacheFiles, Place
from tastemaker.store.cache.item_columns import items_in, packed_items
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.cache.private_directory import open_directory
from tastemaker.store.crypto.container import Contents, unpack
from tastemaker.store.crypto.keyring import Keyring

T = TypeVar("T")

READERS = min(4, os.cpu_count() or 1)
"""Files that are checked at once: hashing runs beside other threads. Chosen, not measured."""

ITEMS = Place("items", "cached items")


class ModelFiles:
    """Reads models and items by way of a cache directory, if there is one.

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
        self._by_way_of(lambda files: self._read_kept(files, connection, number, wanted, found))
        missing = [name for name in wanted if name not in found]
        read = {n: releases.read_model(connection, self.keyring, number, n) for n in missing}
        return {name: found[name] if name in found else read[name] for name in wanted}

    def read_items(self, connection: Connection) -> items.StoredItems:
        """The whole catalogue as it is now."""
        stored = self._by_way_of(lambda files: self._renewed_items(files, connection))
        return items.read_catalogue(connection) if stored is None else stored

    def _read_kept(
        self,
        files: CacheFiles,
        connection: Connection,
        number: int,
        names: Sequence[str],
        found: dict[str, Contents],
    ) -> None:
        """Puts into `found` what could be read before the cache failed, if it does."""
        digest = releases.release_digest(connection, number)
        places = {name: _place(number, digest, name) for name in names}
        with ThreadPoolExecutor(READERS, "tastemaker: model files") as readers:
            kept_so_far = readers.map(files.sound, places.values())
            found.update(
                (name, one) for name, one in zip(names, kept_so_far, strict=True) if one is not None
            )
        for name in (name for name in names if name not in found):
            make = partial(releases.read_container, connection, self.keyring, number, name)
            found[name] = files.read(places[name], make)
        kept = {row.number for row in releases.list_releases(connection)} - {number}
        _tidy(files, kept, {*map(files.name, places.values()), files.name(ITEMS)})

    def _renewed_items(self, files: CacheFiles, connection: Connection) -> items.StoredItems:
        known = None
        try:
            contents = files.kept(ITEMS)
            known = None if contents is None else items_in(contents)
        except (OSError, ReleaseError, KeyProblem) as error:
            message = "The file %s of the model cache cannot be used and is written anew: %s"
            logging.getLogger("tastemaker.store").warning(message, files.name(ITEMS), error)
        if known is None:
            stored = items.read_catalogue(connection)
        else:
            stored = items.read_changes(connection, known)
            if stored is known:
                return known
        container = packed_items(stored, self.keyring.sign)
        kept = items_in(files.write(ITEMS, container, unpack(container, self.keyring.verify)))
        return replace(kept, problems=stored.problems) if stored.problems else kept

    def _by_way_of(self, work: Callable[[CacheFiles], T]) -> T | None:
        """What is made of the cache's files; None where there are none, or they are of no use."""
        if self._cache is None:
            return None
        path = self._cache.directory
        try:
            with open_directory(path) as directory:
                return work(CacheFiles(directory, self.keyring, self._cache.trusted))
        except OSError as error:
            message = "The model cache %s is of no use: %s. The database is read in its place."
            logging.getLogger("tastemaker.store").warning(message, path, error.strerror or error)
            return None


def _place(number: int, digest: str, name: str) -> Place:
    label = f"cached model/{number}/{digest}/{name}"
    return Place(f"{number}-{sha256(label.encode()).hexdigest()[:32]}", label)


def _tidy(files: CacheFiles, kept: set[int], own: set[str]) -> None:
    """Removes this database's files but for those of releases that are kept, and some more."""
    for file in files.directory.names():
        if not file.startswith(files.prefix) or file in own:
            continue
        number = file.removeprefix(files.prefix).partition("-")[0]
        if file.endswith(files.suffix) and number.isdecimal() and int(number) in kept:
            continue
        # Another worker may still be writing what is not complete.
        if file.endswith(tuple(CACHE_SUFFIXES.values())) or files.directory.is_abandoned(file):
            files.directory.remove(file)
