"""Who may call what: the application says it, and nobody may anything where it does not."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tastemaker.plugin.guard import describe

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response

_logger = logging.getLogger("tastemaker.web")


@dataclass(frozen=True)
class Call:
    """What an HTTP request wants, for the application to allow or not.

    Attributes:
        action: "recommend", "similar", "record", "health", "openapi", or "inspect" for every page
            of the inspector.
        user_id: the user whom it is about; None where it names none.
    """

    action: str
    user_id: str | None = field(default=None, repr=False)


Authorize: TypeAlias = "Callable[[HttpRequest, Call], bool | Awaitable[bool]]"
"""Says whether an HTTP request may do what it wants; a function or a coroutine function."""

Endpoint: TypeAlias = "Callable[[HttpRequest], Awaitable[Response]]"
"""What answers on a path."""


@dataclass(frozen=True)
class Authorization:
    """What the application says about who may call what.

    Attributes:
        authorize: says it of the whole call, whom it is about included; nothing is allowed where
            it is None.
        admit: says, where it is given, by the path and the headers alone whether the body of an
            HTTP request is read at all.
    """

    authorize: Authorize | None = None
    admit: Authorize | None = None

    async def admits(self, request: HttpRequest, action: str) -> bool:
        """Whether the body may be read; it is not where nothing would be allowed anyway."""
        if self.authorize is None:
            return False
        return self.admit is None or await _is_true(self.admit, request, Call(action))

    async def allows(self, request: HttpRequest, call: Call) -> bool:
        """Whether the application allows a call that was admitted."""
        return self.authorize is not None and await _is_true(self.authorize, request, call)


async def _is_true(authorize: Authorize, request: HttpRequest, call: Call) -> bool:
    """What the application says; no where it fails."""
    try:
        said = authorize(request, call)
        return (await said if inspect.isawaitable(said) else said) is True
    except Exception as error:
        _logger.error("authorize failed, and the call is refused: %s", describe(error, quote=()))
        return False
