"""From stored columns to people as recommenders see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tastemaker.data import (
    Float32Array,
    Float64Array,
    Histories,
    Int16Array,
    Int32Array,
    Int64Array,
    People,
    Values,
)
from tastemaker.store import interactions
from tastemaker.store.kinds import Kind
from tastemaker.validation import UNTIMED


def as_people(
    stored: interactions.Histories,
    items: Int32Array,
    n_items: int,
    kinds: Sequence[Kind],
    features: Mapping[str, tuple[Values, ...]],
) -> People:
    """The people of stored interactions; those with items of no index are left out.

    Args:
        stored: the interactions, person after person.
        items: (n_interactions,) int32 the index of each interaction's item; -1 where it has none.
        n_items: how many items there are.
        kinds: what each kind weighs; one that came since weighs 1.
        features: declared features of each person.
    """
    indexes, weights = kind_columns(stored.kind_keys, kinds)
    histories = Histories(stored.indptr, items, stored.values.astype(np.float32), n_items)
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
