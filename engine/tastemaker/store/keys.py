"""Where the key-encryption key comes from; it is never in the database."""

from __future__ import annotations

from typing import Protocol


class KeySource(Protocol):
    """What can wrap and unwrap the database's keys: a key in hand, or a service that holds one."""

    @property
    def id(self) -> str:
        """A short public name of the key: the same for the same key, of no use to guess it."""

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """`data` encrypted and bound to `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """What `wrap` was given. Raises TamperedError if it was changed or moved."""
