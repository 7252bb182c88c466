"""From the body of an HTTP request to a JSON object, and from there to what the engine is to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.json_types import Json

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest

LARGEST_BODY = 2**20
"""The largest body, in bytes. Chosen, not measured."""

Body: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[Tastemaker, Body], Json]
"""What the engine does for a body; a JSON value."""


class BodyRefused(Exception):
    """A body that is not looked at any further.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: HttpRequest) -> Body:
    """The JSON object that came with an HTTP request.

    Raises:
        BodyRefused: it is none, too large, or not said to be JSON.
    """
    text = await read_bytes(request, "application/json", "JSON")
    try:
        body = json.loads(text, parse_float=number_of, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # what Python says of it shows a part of it
        raise BodyRefused(400, "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise BodyRefused(422, "The body must be a JSON object.")
    return body


async def read_bytes(request: HttpRequest, media_type: str, what: str) -> bytes:
    """The body of an HTTP request, of which no more is read than may come.

    Args:
        request: of which nothing was read yet.
        media_type: what it must be said to be.
        what: the same in words.

    Raises:
        BodyRefused: it is too large, or said to be something else.
    """
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != media_type:
        raise BodyRefused(415, f"The body must be {what}: send Content-Type: {media_type}.")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise BodyRefused(413, f"The body is too large; the most is {LARGEST_BODY} bytes.")
        parts.append(part)
    return b"".join(parts)


def number_of(text: str) -> int | float:
    """A number of JSON: 5.0 is the whole number 5, as JSON Schema has it."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_lists(body: Mapping[str, Json]) -> None:
    """Refuses what should be a list and is none; an object would be taken for its names.

    Raises:
        InputError: it says which.
    """
    for name in ("recent", "exclude", "item_ids"):
        if not isinstance(body.get(name), list | None):
            raise InputError(f"{name} must be a list.")


def recommended(shop: Tastemaker, body: Body) -> Json:
    """The answer to a request, as it stands in the body, with the name of a surface or without."""
    _check_lists(body)
    fields = dict(body)
    surface = fields.pop("surface", None)
    if surface is not None and not isinstance(surface, str):
        raise InputError("surface must be the name of a request that is kept in the database.")
    return shop.recommend(surface=surface, request=fields).as_dict()


def similar_to(shop: Tastemaker, body: Body) -> Json:
    """The items that go with those of the body."""
    _check_fields(body, ("item_ids",), ("k", "where", "exclude"))
    _check_lists(body)
    k = 10 if body.get("k") is None else body["k"]
    found = shop.together(body["item_ids"], k, body.get("where"), body.get("exclude"))
    return {"recommendations": [one.as_dict() for one in found]}


def recorded(shop: Tastemaker, body: Body) -> Json:
    """Records the interaction of the body."""
    _check_fields(body, ("user_id", "item_id"), ("kind", "value", "at"))
    given = {name: value for name, value in body.items() if value is not None}
    for name in ("user_id", "item_id"):
        given.setdefault(name, "")  # refused with the reason
    shop.record(**given)
    return {"recorded": True}


def _check_fields(body: Mapping[str, Json], must: Collection[str], may: Collection[str]) -> None:
    """Refuses a body that lacks a field, or has one that means nothing.

    Raises:
        InputError: it says which.
    """
    if missing := [name for name in must if name not in body]:
        raise InputError(f"The body lacks {', '.join(missing)}.")
    if any(name not in must and name not in may for name in body):
        raise InputError(f"The body has an unknown field; it may have {', '.join((*must, *may))}.")
