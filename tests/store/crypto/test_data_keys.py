from __future__ import annotations

import base64

import pytest

from tastemaker.errors import TamperedError
from tastemaker.store.crypto.data_keys import new_key_row, rewrapped, unwrapped_key
from tastemaker.store.crypto.keys import Key

OLD = Key(base64.b64encode(bytes(range(32))).decode())
NEW = Key(base64.b64encode(bytes(32)).decode())


class Forgetful(Key):
    """A key service that gives back something else than it was given."""

    def wrap(self, data: bytes, context: bytes) -> bytes:
        return super().wrap(bytes(len(data)), context)


def test_a_key_that_is_wrapped_anew_is_the_same_key() -> None:
    row = new_key_row(7, "data", 2, "active", OLD)
    secret = unwrapped_key(row, OLD).secret
    for new in (None, NEW):
        changes = rewrapped(row, OLD, "decrypt", new)
        again = unwrapped_key({**row, **changes}, new or OLD)
        assert (again.secret, again.active, changes["status"]) == (secret, False, "decrypt")
        assert changes["kek_id"] == (new or OLD).id


def test_a_key_that_does_not_come_back_is_not_stored() -> None:
    row = new_key_row(7, "data", 2, "active", OLD)
    with pytest.raises(TamperedError):
        rewrapped(row, OLD, "active", Forgetful(base64.b64encode(bytes(32)).decode()))
