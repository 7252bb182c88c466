"""Surfaces: requests kept in the database by name, such as "basket" or "home"."""

from __future__ import annotations

from collections.abc import Mapping

from tastemaker.errors import InputError, NotFoundError
from tastemaker.request.json_form import request_as_json, request_from_json
from tastemaker.request.request import Request
from tastemaker.validation import Json

OF_ONE_PERSON = ("user_id", "recent", "features", "after")
"""What neither a surface nor a request for many users can hold."""


class Surfaces:
    """The surfaces of a database; each is read when it is first used.

    Args:
        stored: for each name, the request as JSON.
    """

    def __init__(self, stored: Mapping[str, Mapping[str, Json]]) -> None:
        self._stored = stored
        self._read: dict[str, Request] = {}

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        return sorted(self._stored)

    def require(self, name: str) -> None:
        """Nothing, if there is a surface of that name.

        Raises:
            NotFoundError: there is none.
        """
        if name not in self._stored:
            known = ", ".join(self.names) or "none"
            raise NotFoundError(
                f"There is no surface {name!r}; there are: {known}. `tastemaker surfaces set` "
                "makes one."
            )

    def find(self, name: str) -> Request:
        """The request kept under a name.

        Raises:
            NotFoundError: there is none.
            InputError: another version stored what this one cannot read.
        """
        self.require(name)
        if name not in self._read:
            self._read[name] = request_from_json(self._stored[name])
        return self._read[name]


def surface_as_json(request: Request) -> dict[str, Json]:
    """A request as it is kept.

    Raises:
        InputError: it holds what belongs to one person, who would be kept in clear.
    """
    stored = request_as_json(request)
    for name in OF_ONE_PERSON:
        if name in stored:
            raise InputError(
                f"A surface cannot hold {name}, which is one person's. Give it with each request."
            )
    return stored
