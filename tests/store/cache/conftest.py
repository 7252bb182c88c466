"""A database with one small release, and what reads it by way of a cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from tastemaker.store import releases
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.crypto.container import Contents
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.releases import StoredModel
from tastemaker.store.sql.database import Database

Read: TypeAlias = Callable[..., dict[str, Contents]]

SECRET = "the weights of nobody's business"
NAMES = ("halves", "words")
HALVES = np.arange(300_000, dtype=np.float32) / 2


def models() -> list[StoredModel]:
    """A model of more than a mebibyte, and one that is no array but a text."""
    return [
        StoredModel("halves", arrays={"halves": HALVES}, values={"about": SECRET}),
        StoredModel("words", values={"word": "tea"}),
    ]


def saved(database: Database, keyring: Keyring) -> int:
    """The number of a new release."""
    with database.writing() as connection:
        return releases.save_release(connection, keyring, {"curve": None}, models(), 0)


@pytest.fixture
def ring(sqlite_database: Database, key: Key) -> Keyring:
    """The key ring of the database, which has release 1."""
    with sqlite_database.writing() as connection:
        ring = create_keyring(connection, key)
    assert saved(sqlite_database, ring) == 1
    return ring


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that is not there yet."""
    return tmp_path / "above" / "cache"


@pytest.fixture(params=[True, False], ids=["trusted", "sealed"])
def cache(request: pytest.FixtureRequest, place: Path) -> ModelCache:
    """A cache of either form."""
    return ModelCache(place, trusted=request.param)


@pytest.fixture
def read(sqlite_database: Database, ring: Keyring) -> Read:
    """Reads both models of a release by way of a cache."""

    def read(cache: ModelCache | None, number: int = 1) -> dict[str, Contents]:
        with sqlite_database.reading() as connection:
            return ModelFiles(ring, cache).read(connection, number, NAMES)

    return read
