"""The kinds of interaction: what they are called and how much each one counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection


class Kind(NamedTuple):
    """A kind of interaction; `key` is its number in the database."""

    key: int
    name: str
    weight: float


def read_kinds(connection: Connection) -> list[Kind]:
    """All kinds, by key."""
    raise NotImplementedError


def ensure_kinds(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The key of each named kind; those that are new are made, with weight 1."""
    raise NotImplementedError


def set_weight(connection: Connection, name: str, weight: float) -> None:
    """Sets how much a kind counts, and makes the kind where it is new.

    Raises:
        InputError: the name or the weight is refused.
    """
    raise NotImplementedError
