from __future__ import annotations

import numpy as np
import pytest

from tastemaker.errors import CollisionError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.bulk import Segment, write_segment
from tastemaker.store.rights import forget_user
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.users.cells import seal_id


def segment(keyring: Keyring, sealed: bool) -> Segment:
    """One interaction of Alice's."""
    ref = keyring.ref("alice")
    cell = seal_id(keyring, ref, "alice") if sealed else None
    zero = np.zeros(1, dtype=np.int32)
    columns = {"user_id": zero, "item_id": zero, "kind_id": zero}
    numbers = {"value": np.ones(1), "time": np.zeros(1, dtype=np.int64)}
    maker = keyring.ref_keys[0].key_id
    return Segment([ref], [cell], ["tea"], ["view"], {**columns, **numbers}, maker)


def test_a_segment_makes_what_is_missing(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        assert write_segment(connection, keyring, segment(keyring, sealed=True)) == Written(1, 0)
        assert write_segment(connection, keyring, segment(keyring, sealed=False)) == Written(0, 1)


def test_a_user_forgotten_during_an_import_is_a_conflict(
    database: Database, keyring: Keyring
) -> None:
    with database.writing() as connection:
        write_segment(connection, keyring, segment(keyring, sealed=True))
        forget_user(connection, keyring, "alice")
    with pytest.raises(CollisionError, match="do it again"), database.writing() as connection:
        write_segment(connection, keyring, segment(keyring, sealed=False))
