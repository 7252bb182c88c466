"""How a user is sealed: the two cells of a row that are, under the names that they are bound to."""

from __future__ import annotations

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.validation import Attributes, Json


def seal_id(keyring: Keyring, ref: bytes, user_id: str) -> SealedBytes:
    """A user's own id, for the row of that ref."""
    return keyring.seal("user", "external_id", ref, user_id)


def seal_attributes(keyring: Keyring, ref: bytes, attributes: Attributes) -> SealedBytes:
    """A user's attributes, for the row of that ref."""
    return keyring.seal("user", "attributes", ref, dict(attributes))


def reseal_id(keyring: Keyring, ref: bytes, sealed: SealedBytes) -> SealedBytes:
    """A sealed id under the key that seals now; as it is where it is so already."""
    return keyring.reseal("user", "external_id", ref, sealed)


def reseal_attributes(keyring: Keyring, ref: bytes, sealed: SealedBytes) -> SealedBytes:
    """Sealed attributes under the key that seals now; as they are where they are so already."""
    return keyring.reseal("user", "attributes", ref, sealed)


def move_attributes(
    keyring: Keyring, ref: bytes, sealed: SealedBytes, new_ref: bytes
) -> SealedBytes:
    """Sealed attributes for the row of another ref, under the key that seals now."""
    return keyring.move("user", "attributes", ref, sealed, new_ref)


def open_id(keyring: Keyring, ref: bytes, sealed: bytes) -> str:
    """A user's own id.

    Raises:
        KeyProblem: it was changed or moved, or its key is not there.
    """
    return str(keyring.open("user", "external_id", ref, sealed))


def open_attributes(keyring: Keyring, ref: bytes, sealed: bytes | None) -> dict[str, Json]:
    """A user's attributes; none where none were ever put.

    Raises:
        KeyProblem: they were changed or moved, or their key is not there.
    """
    opened = None if sealed is None else keyring.open("user", "attributes", ref, sealed)
    return opened if isinstance(opened, dict) else {}
