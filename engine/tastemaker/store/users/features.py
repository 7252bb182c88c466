"""Declared features: attributes of users that recommenders may use, and their values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from tastemaker.data import Values
from tastemaker.errors import StoreError
from tastemaker.store import meta
from tastemaker.store.attribute_columns import as_values
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import meta as meta_table, user
from tastemaker.store.users.cells import open_attributes
from tastemaker.validation import Json, check_attribute_name

FEATURES = "features"
"""The name in `meta` of the declared features."""

FEATURES_REMEDY = f"Delete the row {FEATURES} of {meta_table.name}, and declare the features again."


def declare_features(connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Adds attributes that may be used for recommending; all that are declared now.

    Raises:
        InputError: a name is refused.
    """
    checked = {check_attribute_name(name, "user attribute") for name in names}
    declared = tuple(sorted(checked.union(declared_features(connection))))
    meta.put(connection, FEATURES, json.dumps(declared))
    return declared


def declared_features(connection: Connection) -> tuple[str, ...]:
    """The attributes of users that may be used for recommending."""
    return features_of(meta.get(connection, FEATURES))


def features_of(entry: str | None) -> tuple[str, ...]:
    """The declared features that an entry of `meta` holds.

    Raises:
        StoreError: it is damaged.
    """
    try:
        names = json.loads(entry or "[]")
        sound = isinstance(names, list) and all(isinstance(name, str) for name in names)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise StoreError("reading the declared features", "Damaged", FEATURES_REMEDY)
    return tuple(names)


def usable_features(entry: str | None) -> tuple[tuple[str, ...], str]:
    """The declared features and no problem; none and the problem where the entry is damaged."""
    try:
        return features_of(entry), ""
    except StoreError as error:
        return (), f"No features of users are looked at. {error}"


def read_features(
    connection: Connection, keyring: Keyring, refs: Sequence[bytes], names: Sequence[str]
) -> Mapping[str, tuple[Values, ...]]:
    """For each of these features, the values of each user in turn; empty where not known."""
    if not names:
        return {}
    opened: dict[bytes, dict[str, Json]] = {}
    for batch in batches(refs):
        chosen = select(user.c.ref, user.c.attributes).where(user.c.ref.in_(batch))
        for ref, sealed in connection.execute(chosen):
            opened[bytes(ref)] = open_attributes(keyring, bytes(ref), sealed)
    rows = [opened.get(ref, {}) for ref in refs]
    return {name: tuple(as_values(row.get(name)) for row in rows) for name in names}
