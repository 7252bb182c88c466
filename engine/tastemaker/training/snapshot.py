"""Everything the store knows at one moment, as training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Float32Array, Int64Array, TrainingData, Values
from tastemaker.errors import TrainingError
from tastemaker.store import items
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.read import StoredHistories, snapshot
from tastemaker.store.kinds import Kind, read_kinds
from tastemaker.store.people import as_people
from tastemaker.store.users import features as declared
from tastemaker.store.users.rows import iterate_refs
from tastemaker.validation import now_us


@dataclass(frozen=True)
class Snapshot:
    """Training data, with its items and kinds as the store has them.

    Attributes:
        data: items and everyone's history.
        items: the same items in the same order, with their keys in the store and whether each is
            available.
        kinds: the kinds of interaction.
        taken_at: when it was read, in microseconds since 1970 UTC.
    """

    data: TrainingData
    items: items.StoredItems
    kinds: Sequence[Kind]
    taken_at: int

    @property
    def counts(self) -> Float32Array:
        """(n_items,) float32: how many people chose each item, by kinds that count."""
        people, n_items = self.data.people, self.data.n_items
        counted = people.weights > 0
        pairs = people.histories.rows[counted] * n_items + people.histories.items[counted]
        counts = np.bincount(np.unique(pairs) % max(n_items, 1), minlength=n_items)
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
    taken_at = now_us()
    stored = snapshot(connection)
    if len(stored) == 0:
        raise TrainingError(
            "There are no interactions to learn from. Import some with `tastemaker import "
            "interactions FILE`, or record them."
        )
    catalogue = items.read_catalogue(connection)
    kinds = read_kinds(connection)
    grouped = StoredHistories(indptr_of(stored.user_keys), stored)
    opened = read_all_features(connection, keyring, stored.user_keys) if features else {}
    # within one transaction every interaction's item is there
    indexes = np.searchsorted(catalogue.keys, stored.item_keys).astype(np.int32)
    people = as_people(grouped, indexes, len(catalogue.keys), kinds, opened).shuffled(seed)
    data = TrainingData(catalogue.items, people, tuple(kind.name for kind in kinds), seed)
    return Snapshot(data, catalogue, kinds, taken_at)


def indptr_of(keys: Int64Array) -> Int64Array:
    """(n_people + 1,) where each person's rows start, from the ascending keys of all rows."""
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return np.append(starts, len(keys)).astype(np.int64)


def read_all_features(
    connection: Connection, keyring: Keyring, user_keys: Int64Array
) -> Mapping[str, tuple[Values, ...]]:
    """The declared features of the people of all rows, by ascending key, each once."""
    names = declared.declared_features(connection)
    if not names:
        return {}
    wanted = set(np.unique(user_keys).tolist())
    refs = [ref for key, ref in iterate_refs(connection) if key in wanted]
    return declared.read_features(connection, keyring, refs, names)
