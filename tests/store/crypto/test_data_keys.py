from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

import pytest

from tastemaker.errors import MissingKeyError, TamperedError
from tastemaker.store.crypto.data_keys import (
    given_key,
    new_key_row,
    new_keys,
    rewrapped,
    unwrapped_key,
)
from tastemaker.store.crypto.keys import Key

CHANGED = "A key in the database was changed. Restore tastemaker_key from a backup."

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


def context(*parts: object) -> bytes:
    """What a wrapped key is bound to, as laid down: each part as text with its length before it."""
    texts = [str(part).encode() for part in parts]
    return b"".join(struct.pack(">I", len(text)) + text for text in texts)


def test_a_key_is_stored_as_laid_down() -> None:
    begun = time.time_ns() // 1000
    for status, said in (("active", ()), ("added", ("added",))):
        row = new_key_row(7, "data", 2, status, OLD)
        assert [*row] == [
            *("key_id", "purpose", "algorithm", "status", "created", "kek_id", "wrapped", "kcv")
        ]
        assert (row["key_id"], row["purpose"], row["algorithm"]) == (7, "data", 2)
        assert (row["status"], row["kek_id"]) == (status, OLD.id)
        assert type(row["created"]) is int
        assert begun <= row["created"] <= time.time_ns() // 1000
        secret = OLD.unwrap(row["wrapped"], context(7, "data", 2, OLD.id, *said))
        assert len(secret) == 32
        assert row["kcv"] == hmac.digest(secret, b"tastemaker/v1/kcv", "sha256")[:8]
        opened = unwrapped_key(row, OLD)
        assert (opened.id, opened.purpose, opened.algorithm) == (7, "data", 2)
        assert (opened.active, opened.secret) == (status == "active", secret)


def short_row() -> dict[str, Any]:
    """A key that is too short, though its check value is right."""
    row, secret = new_key_row(7, "data", 2, "active", OLD), bytes(16)
    wrapped = OLD.wrap(secret, context(7, "data", 2, OLD.id))
    kcv = hmac.digest(secret, b"tastemaker/v1/kcv", "sha256")[:8]
    return {**row, "wrapped": wrapped, "kcv": kcv}


@pytest.mark.parametrize(
    "row",
    [
        short_row(),
        {**new_key_row(7, "data", 2, "active", OLD), "kcv": bytes(8)},
        {**new_key_row(7, "data", 2, "active", OLD), "kcv": "text"},
        {**new_key_row(7, "data", 2, "active", OLD), "key_id": 8},
        new_key_row(7, "data", 2, "active", NEW),
    ],
    ids=["short", "check value", "no bytes", "moved", "another key around it"],
)
def test_a_changed_key_is_told_with_the_remedy(row: dict[str, Any]) -> None:
    with pytest.raises(TamperedError) as caught:
        unwrapped_key(row, OLD)
    assert str(caught.value) == CHANGED


def test_new_keys_have_ids_out_of_four_billion_and_the_algorithm_of_models() -> None:
    made = [row for _ in range(20) for row in new_keys(OLD, 3)]
    assert [row["purpose"] for row in made[:3]] == ["data", "index", "model"]
    assert [row["algorithm"] for row in made[:3]] == [3, 3, 1]
    assert {row["status"] for row in made} == {"active"}
    ids = {row["key_id"] for row in made}
    assert len(ids) == 60
    assert 2**30 < max(ids) < 2**32
    assert min(ids) > 0


def test_a_missing_key_is_told_with_the_remedy() -> None:
    assert given_key(OLD) is OLD
    with pytest.raises(MissingKeyError) as caught:
        given_key(None)
    assert str(caught.value) == (
        "This database is sealed and no key was given. Set TASTEMAKER_KEY to the key, "
        "TASTEMAKER_KEY_FILE to its file or TASTEMAKER_KEY_COMMAND to a command that prints it."
    )
