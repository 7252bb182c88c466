"""Stored format 1 of sealed values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeAlias

Sealable: TypeAlias = (
    "None | bool | int | float | str | bytes | datetime | date | list[Any] | dict[str, Any]"
)
