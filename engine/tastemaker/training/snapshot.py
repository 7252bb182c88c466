"""Everything the store knows at one moment, as training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Float32Array, Int64Array, TrainingData, Values
from tastemaker.errors import TrainingError
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.people import as_people
from tastemaker.store import items
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.read import StoredHistories, snapshot
from tastemaker.store.kinds import read_kinds
from tastemaker.store.users import features as declared
from tastemaker.store.users.rows import iterate_refs


@dataclass(frozen=True)
class Snapshot:
    """Training data, and which items of the store its indexes stand for.

    Attributes:
        data: items and everyone's history.
        item_keys: (n_items,) int64 the items' keys in the store.
    """

    data: TrainingData
    item_keys: Int64Array

    @property
    def counts(self) -> Float32Array:
        """(n_items,) float32: how many interactions each item has."""
        histories = self.data.people.histories
        counts = np.bincount(histories.items, minlength=self.data.n_items)
        return counts.astype(np.float32)


def read_snapshot(
    connection: Connection, keyring: Keyring, seed: int, *, features: bool
) -> Snapshot:
    """Reads items, kinds and all interactions in one transaction.

    Args:
        connection: to the database.
        keyring: opens people's features.
        seed: where everything random starts from.
        features: whether declared features of people are opened; otherwise they stay sealed.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    stored = snapshot(connection)
    if len(stored) == 0:
        raise TrainingError(
            "There are no interactions to learn from. Import some with `tastemaker import "
            "interactions FILE`, or record them."
        )
    columns = items.read_catalogue(connection)
    catalogue = Catalogue(columns.items, columns.keys, columns.available)
    kinds = read_kinds(connection)
    grouped = StoredHistories(indptr_of(stored.user_keys), stored)
    opened = read_features(connection, keyring, stored.user_keys) if features else {}
    people = as_people(grouped, catalogue, kinds, opened).shuffled(seed)
    data = TrainingData(columns.items, people, tuple(kind.name for kind in kinds), seed)
    return Snapshot(data, columns.keys)


def indptr_of(keys: Int64Array) -> Int64Array:
    """(n_people + 1,) where each person's rows start, from the ascending keys of all rows."""
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return np.append(starts, len(keys)).astype(np.int64)


def read_features(
    connection: Connection, keyring: Keyring, user_keys: Int64Array
) -> Mapping[str, tuple[Values, ...]]:
    """The declared features of the people of all rows, by ascending key, each once."""
    if not declared.declared_features(connection):
        return {}
    wanted = set(np.unique(user_keys).tolist())
    refs = [ref for key, ref in iterate_refs(connection) if key in wanted]
    return declared.read_features(connection, keyring, refs)
