"""Interactions that the tests of reading and writing share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tastemaker.data import Float64Array
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.declaring import ensure_items
from tastemaker.store.interactions.columns import InteractionColumns
from tastemaker.store.interactions.write import record
from tastemaker.store.kinds import ensure_kinds
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.users.rows import ensure_users
from tastemaker.validation import UNTIMED, InteractionRow

SECOND = 1_000_000


MakeColumns = Callable[..., InteractionColumns]


@pytest.fixture
def rows() -> list[InteractionRow]:
    """Four interactions of two people."""
    return [
        InteractionRow("bob", "tea", "view", 1.0, 3 * SECOND),
        InteractionRow("alice", "mug", "view", 1.0, 2 * SECOND),
        InteractionRow("alice", "tea", "purchase", 2.5, SECOND),
        InteractionRow("alice", "cup"),
    ]


@pytest.fixture
def filled(database: Database, keyring: Keyring, rows: list[InteractionRow]) -> Database:
    """A database that holds them."""
    with database.writing() as connection:
        assert record(connection, keyring, rows) == Written(4, 0)
    return database


@pytest.fixture
def columns(database: Database, keyring: Keyring) -> MakeColumns:
    """Makes interactions with the given values, at all kinds of times, of 700 users."""

    def make(
        values: Float64Array, names: tuple[str, ...] = ("view", "purchase")
    ) -> InteractionColumns:
        random = np.random.default_rng(0)
        count = len(values)
        with database.writing() as connection:
            users = ensure_users(connection, keyring, [f"user {n}" for n in range(700)])
            items = ensure_items(connection, ["tea", "mug"])
            kinds = ensure_kinds(connection, names)
        times = random.integers(-(10**15), 10**15, count)
        times[::7] = UNTIMED
        return InteractionColumns(
            user_keys=random.permutation(np.array(list(users.values())))[np.arange(count) % 700],
            item_keys=random.choice(np.array(list(items.values())), count),
            kind_keys=random.choice(np.array(list(kinds.values())), count),
            values=values,
            times=times,
        )

    return make
