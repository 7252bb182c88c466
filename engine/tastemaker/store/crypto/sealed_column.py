"""The column type of sealed values: it lets nothing plain in, and opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from tastemaker.errors import PlaintextRefusedError, TamperedError

FORMAT = b"\xfe\x01"
"""The first two bytes of every sealed value: a magic byte that UTF-8 never has, and the version."""


class SealedBytes(bytes):
    """A sealed value as it is stored; its text form shows only how long it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<sealed, {len(self)} bytes>"

    __str__ = __repr__


class _Refusal(PlaintextRefusedError, DontWrapMixin):
    """Reaches the caller as it is: SQLAlchemy would wrap another error together with the values."""


class SealedColumn(TypeDecorator[SealedBytes]):
    """A binary column that takes only `SealedBytes` (or NULL) and gives `SealedBytes` back.

    Values are sealed before SQLAlchemy sees them and opened after it gave them back, so neither an
    error of SQLAlchemy nor its log can hold a plain value, and no query opens one by accident.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> SealedBytes | None:
        """The value itself, if it is sealed.

        Raises:
            PlaintextRefusedError: the value is not sealed; the error does not carry it.
        """
        if value is None:
            return None
        if isinstance(value, SealedBytes) and value[:2] == FORMAT:
            return value
        raise _Refusal(
            f"A plain {type(value).__name__} was about to be written into a sealed column. "
            "Seal it first with Keyring.seal."
        )

    def literal_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """Gives a call that no database knows: no value of it stands in a statement's text.

        Raising would not do: SQLAlchemy catches whatever is raised here and shows the value.
        """
        return _as_literal

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Gives the stored bytes, still sealed.

        In place of the type's own way, which lets through whatever SQLite holds in the column,
        text and numbers too.
        """
        return _as_stored


def _as_stored(value: Any) -> SealedBytes | None:
    return None if value is None else SealedBytes(as_sealed(value))


def as_sealed(value: Any) -> bytes:
    """What a driver gave for a sealed column that must hold something.

    Raises:
        TamperedError: it is text or a number, which SQLite stores in a column of any type.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TamperedError(
        f"A sealed column holds a plain {type(value).__name__}. Restore the row from a backup."
    )


def _as_literal(value: Any) -> str:
    return "tastemaker_refuses_literals()"
