"""From stored interactions to people as recommenders see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import People
from tastemaker.errors import KeyProblem
from tastemaker.serving.state import ServingState
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.ref_key import RefKey, RefKeys
from tastemaker.store.interactions.read import histories, history
from tastemaker.store.key_rows import learn_index_keys
from tastemaker.store.people import as_people
from tastemaker.store.users.features import read_features
from tastemaker.store.users.finding import stored_refs
from tastemaker.validation import EPOCH, UNTIMED

KEYS_UNREAD = (
    "The keys in the database cannot be read: who has no history was looked for by those in memory "
    "alone. Restore tastemaker_key from a backup."
)


@dataclass(frozen=True, slots=True)
class PastInteraction:
    """One interaction of a person; `at` is None where the time is not known."""

    item_id: str
    title: str
    kind: str
    value: float
    at: datetime | None


def read_people(
    connection: Connection,
    keyring: Keyring,
    state: ServingState,
    user_ids: Sequence[str],
    refs: Sequence[bytes],
    maker: RefKey,
) -> tuple[People, tuple[str, ...]]:
    """The people of the given ids as they are known now, and what is wrong with what is stored.

    Unknown ones have empty histories. Features are opened only where a member of the release looks
    at them.

    Args:
        connection: in a reading transaction.
        keyring: opens features, and gives other refs that people may have.
        state: what serves.
        user_ids: whom to read.
        refs: theirs, as `maker` gives them.
        maker: what makes refs of new rows, as this process knows.
    """
    stored = histories(connection, refs)
    problems: tuple[str, ...] = ()
    if (np.diff(stored.indptr) == 0).any():
        # They may have a ref of another index key: it is being rotated, or was since this process
        # read it. Where it was not, there are no others.
        makers = own = RefKeys(maker, ())
        try:
            makers = learn_index_keys(connection, keyring)
        except KeyProblem:
            makers, problems = RefKeys(maker, keyring.ref_keys[1:]), (KEYS_UNREAD,)
        if makers != own:
            found = stored_refs(connection, makers, user_ids)
            if found != refs:
                refs, stored = found, histories(connection, found)
    features = read_features(connection, keyring, refs, state.features)
    catalogue = state.catalogue
    items = catalogue.indexes(stored.rows.item_keys)
    return as_people(stored, items, len(catalogue), state.kinds, features), problems


def read_past(
    connection: Connection, keyring: Keyring, state: ServingState, user_id: str, newest: int
) -> list[PastInteraction]:
    """A person's newest interactions, the newest first; none for an unknown person."""
    catalogue = state.catalogue
    names = {kind.key: kind.name for kind in state.kinds}
    (ref,) = stored_refs(connection, learn_index_keys(connection, keyring), [user_id])
    rows = history(connection, ref, max(newest, 0))
    columns = (rows.item_keys, rows.kind_keys, rows.values, rows.times)
    past: list[PastInteraction] = []
    for item_key, kind_key, value, time in list(zip(*columns, strict=True))[::-1]:
        index = int(catalogue.indexes(np.array([item_key]))[0])
        at = None if time == UNTIMED else EPOCH + timedelta(microseconds=int(time))
        kind = names.get(int(kind_key), "interaction")
        past.append(
            PastInteraction(
                catalogue.items.ids[index], catalogue.name(index), kind, float(value), at
            )
        )
    return past
