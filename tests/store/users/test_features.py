from __future__ import annotations

import pytest

from tastemaker.errors import StoreError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.users.features import (
    FEATURES_REMEDY,
    declare_features,
    declared_features,
    features_of,
    read_features,
)
from tastemaker.store.users.rows import put_users
from tastemaker.validation import UserRow

ALICE = UserRow("alice@example.com", {"country": "Iceland", "age": 41, "likes": ["tea", "cake"]})
BOB = UserRow("bob")


def test_declared_features_are_opened_and_others_are_not(
    database: Database, keyring: Keyring
) -> None:
    refs = [keyring.ref(name) for name in ("bob", ALICE.user_id, "nobody")]
    with database.writing() as connection:
        put_users(connection, keyring, [ALICE, BOB])
        assert read_features(connection, keyring, refs, declared_features(connection)) == {}
        assert declare_features(connection, ["likes"]) == ("likes",)
        assert declare_features(connection, ["country"]) == ("country", "likes")
        assert read_features(connection, keyring, refs, declared_features(connection)) == {
            "country": ((), ("Iceland",), ()),
            "likes": ((), ("tea", "cake"), ()),
        }


@pytest.mark.parametrize("entry", ["{x", '"country"', '{"country": 1}', "[1]", "[" * 100_000])
def test_a_damaged_entry_is_named_with_its_remedy(entry: str) -> None:
    with pytest.raises(StoreError, match=FEATURES_REMEDY):
        features_of(entry)
