"""Requests as JSON: for programs, for files, and for surfaces kept in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from tastemaker.errors import InputError
from tastemaker.request.preferences import (
    boosts_as_json,
    diversity_as_json,
    read_boosts,
    read_diversity,
)
from tastemaker.request.recent import read_all_recent
from tastemaker.request.request import FIELDS, Request
from tastemaker.request.where import read_rule
from tastemaker.validation import Json

LONGEST_TEXT = 1_000_000
"""The longest JSON of a request, in characters. Chosen, not measured."""


RequestLike: TypeAlias = Request | str | Mapping[str, object]
"""A request, its JSON object, or the text of that."""


def as_request(given: RequestLike) -> Request:
    """A request as it is, or from its JSON.

    Raises:
        InputError: it is none.
    """
    return given if isinstance(given, Request) else request_from_json(given)


def request_from_json(given: str | Mapping[str, object]) -> Request:
    """A request from a JSON object, or the text of one.

    Its fields are those of `Request`. A rule is text, or JSON as `Rule.as_json` gives it.

    Raises:
        InputError: it is no such object, a field is unknown, or a value is refused.
    """
    fields = _object(given) if isinstance(given, str) else given
    if not isinstance(fields, Mapping):
        raise InputError(
            f"A request is a {type(fields).__name__}; it must be a JSON object with fields such "
            "as user_id and k."
        )
    unknown = [str(name) for name in fields if name not in FIELDS]
    if unknown:
        raise InputError(
            f"A request has the unknown field {unknown[0]!r}; it may have {', '.join(FIELDS)}."
        )
    return Request(**fields)


def _object(text: str) -> object:
    if len(text) > LONGEST_TEXT:
        raise InputError(f"A request is {len(text)} characters long; the most is {LONGEST_TEXT}.")
    try:
        return json.loads(text)
    except ValueError as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise InputError(f"A request is no JSON: character {place} does not fit.") from None
    except RecursionError:
        raise InputError("A request is nested too deeply to be read. Flatten it.") from None


def request_as_json(request: Request) -> dict[str, Json]:
    """A request as a JSON object, of which `request_from_json` makes the same request."""
    given: dict[str, Json] = {
        "user_id": None if request.user_id is None else str(request.user_id),
        "features": None if request.features is None else dict(request.features),
        "k": request.k,
        "seen": request.seen,
        "explore": request.explore,
        "after": request.after,
        "explain": request.explain,
        "exact": request.exact,
    }
    if request.recent is not None:
        given["recent"] = [one.as_json() for one in read_all_recent(request.recent)]
    if request.where is not None:
        given["where"] = str(read_rule(request.where))
    if request.exclude is not None:
        given["exclude"] = list(map(str, request.exclude))
    if request.boost is not None:
        given["boost"] = boosts_as_json(read_boosts(request.boost))
    if request.diversity is not None:
        given["diversity"] = diversity_as_json(read_diversity(request.diversity))
    return {name: given[name] for name in FIELDS if given.get(name) is not None}
