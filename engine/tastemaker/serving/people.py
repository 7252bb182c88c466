"""From stored interactions to people as recommenders see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import (
    Float32Array,
    Float64Array,
    Histories,
    Int16Array,
    Int64Array,
    People,
    Values,
)
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.state import ServingState
from tastemaker.store import interactions, users
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.kinds import Kind
from tastemaker.validation import EPOCH, UNTIMED


@dataclass(frozen=True, slots=True)
class PastInteraction:
    """One interaction of a person; `at` is None where the time is not known."""

    item_id: str
    title: str
    kind: str
    value: float
    at: datetime | None


def as_people(
    stored: interactions.Histories,
    catalogue: Catalogue,
    kinds: Sequence[Kind],
    features: Mapping[str, tuple[Values, ...]],
) -> People:
    """People over the catalogue; interactions with items that it does not hold are left out.

    Args:
        stored: the interactions, person after person.
        catalogue: which items there are.
        kinds: what each kind weighs; one that came since weighs 1.
        features: declared features of each person.
    """
    items = catalogue.indexes(stored.item_keys)
    indexes, weights = kind_columns(stored.kind_keys, kinds)
    histories = Histories(stored.indptr, items, stored.values.astype(np.float32), len(catalogue))
    people = People(histories, as_seconds(stored.times), indexes, weights, features)
    known = items >= 0
    return people if known.all() else people.take(known)


def kind_columns(keys: Int64Array, kinds: Sequence[Kind]) -> tuple[Int16Array, Float32Array]:
    """(n,) the index and (n,) the weight of the kind with each key."""
    top = max((kind.key for kind in kinds), default=0) + 1
    indexes = np.full(top + 1, len(kinds), dtype=np.int16)
    weights = np.ones(top + 1, dtype=np.float32)
    for index, kind in enumerate(kinds):
        indexes[kind.key], weights[kind.key] = index, kind.weight
    places = np.minimum(keys, top)
    return indexes[places], weights[places]


def as_seconds(times: Int64Array) -> Float64Array:
    """Microseconds since 1970 as seconds; NaN where the time is not known."""
    seconds = times / 1e6
    seconds[times == UNTIMED] = np.nan
    return seconds


def read_people(
    connection: Connection, keyring: Keyring, state: ServingState, refs: Sequence[bytes]
) -> People:
    """The people of the given refs as they are known now; unknown ones have empty histories.

    Opens declared features only where a member of the release looks at them.
    """
    stored = read_histories(connection, refs)
    features = users.read_features(connection, keyring, refs) if state.uses_features else {}
    return as_people(stored, state.catalogue, state.kinds, features)


def read_histories(connection: Connection, refs: Sequence[bytes]) -> interactions.Histories:
    """The stored interactions of each person in turn; one person by the quicker query."""
    if len(refs) != 1:
        return interactions.histories(connection, refs)
    one = interactions.history(connection, refs[0])
    return interactions.Histories(np.array([0, len(one.times)], dtype=np.int64), *one)


def read_past(
    connection: Connection, state: ServingState, ref: bytes, newest: int
) -> list[PastInteraction]:
    """A person's newest interactions, the newest first; none for an unknown person."""
    catalogue = state.catalogue
    names = {kind.key: kind.name for kind in state.kinds}
    rows = list(zip(*interactions.history(connection, ref), strict=True))[::-1]
    past: list[PastInteraction] = []
    for item_key, kind_key, value, time in rows[:newest]:
        index = int(catalogue.indexes(np.array([item_key]))[0])
        at = None if time == UNTIMED else EPOCH + timedelta(microseconds=int(time))
        kind = names.get(int(kind_key), "interaction")
        past.append(
            PastInteraction(
                catalogue.items.ids[index], catalogue.name(index), kind, float(value), at
            )
        )
    return past
