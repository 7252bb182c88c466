"""The ASGI application: paths, who may call them, and what is answered where something fails."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError, TastemakerError
from tastemaker.json_types import Json
from tastemaker.plugin.guard import describe
from tastemaker.validation import check_id
from tastemaker.web import bodies
from tastemaker.web.bodies import Body, BodyRefused, Work, read_body
from tastemaker.web.openapi import description

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response

_logger = logging.getLogger("tastemaker.web")

POSTS: dict[str, Work] = {
    "recommend": bodies.recommended,
    "similar": bodies.similar_to,
    "record": bodies.recorded,
}
"""For each path that takes a body, what the engine does for it."""


@dataclass(frozen=True)
class Call:
    """What an HTTP request wants, for the application to allow or not.

    Attributes:
        action: "recommend", "similar", "record", "health" or "openapi".
        user_id: the user whom it is about; None where it names none.
    """

    action: str
    user_id: str | None = field(default=None, repr=False)


Authorize: TypeAlias = "Callable[[HttpRequest, Call], bool | Awaitable[bool]]"
"""Says whether an HTTP request may do what it wants; a function or a coroutine function."""

Endpoint: TypeAlias = "Callable[[HttpRequest], Awaitable[Response]]"


def app(shop: Tastemaker, authorize: Authorize | None = None) -> Starlette:
    """An ASGI application that answers for an engine, to be mounted in another one.

    `POST /recommend`, `/similar` and `/record` take JSON; `GET /health` and `/openapi.json` take
    nothing. Ids stand in bodies, so that no log of paths holds them.

    Args:
        shop: the engine.
        authorize: called with Starlette's request and the `Call`, before anything is done; only
            what it gives True for is done. Nothing is, where it is None: who may call what is the
            application's to say.

    Raises:
        InputError: Starlette is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route
    except ModuleNotFoundError:
        raise InputError(
            "The JSON API needs Starlette: run `pip install 'tastemaker[web]'`."
        ) from None
    posts = [
        Route(f"/{action}", posting(shop, authorize, action, work), methods=["POST"])
        for action, work in POSTS.items()
    ]
    gets = [
        Route("/health", getting(authorize, "health", lambda: health_now(shop)), methods=["GET"]),
        Route("/openapi.json", getting(authorize, "openapi", openapi_now), methods=["GET"]),
    ]
    return Starlette(routes=[*posts, *gets])


def posting(shop: Tastemaker, authorize: Authorize | None, action: str, work: Work) -> Endpoint:
    """What answers on a path that takes a body."""

    async def respond(request: HttpRequest) -> Response:
        try:
            body = await read_body(request)
            if not await is_allowed(request, call_of(action, body), authorize):
                return refused(action)
        except BodyRefused as error:
            return failed(error.status, str(error))
        except InputError as error:
            return failed(422, str(error))
        return await worked(lambda: (200, work(shop, body)))

    return respond


def getting(
    authorize: Authorize | None, action: str, give: Callable[[], tuple[int, Json]]
) -> Endpoint:
    """What answers on a path that takes nothing."""

    async def respond(request: HttpRequest) -> Response:
        if not await is_allowed(request, Call(action), authorize):
            return refused(action)
        return await worked(give)

    return respond


def call_of(action: str, body: Body) -> Call:
    """What is called for, and about whom.

    Raises:
        InputError: the id is none.
    """
    user = body.get("user_id")
    return Call(action, None if user is None else check_id(user, "user_id"))


async def is_allowed(request: HttpRequest, call: Call, authorize: Authorize | None) -> bool:
    """Whether the application allows a call; not where it does not say, or fails."""
    if authorize is None:
        return False
    try:
        said = authorize(request, call)
        return (await said if inspect.isawaitable(said) else said) is True
    except Exception as error:
        _logger.error("authorize failed, and the call is refused: %s", describe(error, quote=()))
        return False


async def worked(work: Callable[[], tuple[int, Json]]) -> Response:
    """The response that some work of the engine makes, in a thread: the loop goes on meanwhile."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse

    try:
        status, content = await run_in_threadpool(work)
    except NotFoundError as error:
        return failed(404, str(error))
    except InputError as error:
        return failed(422, str(error))
    except TastemakerError as error:
        _logger.error("A call failed: %s", describe(error, quote=(TastemakerError,)))
        return failed(503, "The recommender is out of service. Try again later.")
    return JSONResponse(content, status)


def refused(action: str) -> Response:
    """The response to who may not do what they want."""
    return failed(403, f"You may not call {action}.")


def failed(status: int, message: str) -> Response:
    """A response that says what is wrong."""
    from starlette.responses import JSONResponse

    return JSONResponse({"error": message}, status)


def health_now(shop: Tastemaker) -> tuple[int, Json]:
    """The engine's health, and 503 where something is wrong."""
    health = shop.health()
    return (200 if health.healthy else 503), health.as_dict()


def openapi_now() -> tuple[int, Json]:
    """What the API is, as OpenAPI."""
    return 200, description()
