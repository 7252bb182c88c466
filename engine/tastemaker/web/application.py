"""The ASGI application: paths, who may call them, and what is answered where something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError, TastemakerError
from tastemaker.json_types import Json
from tastemaker.plugin.guard import describe
from tastemaker.validation import check_id
from tastemaker.web import bodies
from tastemaker.web.authorization import Authorization, Authorize, Call, Endpoint
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


def app(
    shop: Tastemaker,
    authorize: Authorize | None = None,
    *,
    admit: Authorize | None = None,
    show_sealed: bool = False,
) -> Starlette:
    """An ASGI application that answers for an engine, to be mounted in another one.

    `POST /recommend`, `/similar` and `/record` take JSON; `GET /health` and `/openapi.json` take
    nothing. Ids stand in bodies, so that no log of paths holds them. `/inspector/` is the first of
    the pages of the inspector, which only show and never write.

    Args:
        shop: the engine.
        authorize: called with Starlette's request and the `Call`, before anything is done; only
            what it gives True for is done. Nothing is, where it is None: who may call what is the
            application's to say.
        admit: called likewise before the body is read, with a `Call` that names nobody: it sees
            the path and the headers. Only what it gives True for is read, and goes on to
            `authorize`. Everything is read, up to 1 MiB, where it is None.
        show_sealed: whether the inspector shows users' attributes, which the database seals.

    Raises:
        InputError: Starlette or Jinja2 is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route

        from tastemaker.web.inspector.routes import inspector_routes
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "jinja2", "markupsafe"):
            raise
        raise InputError(
            "The JSON API and the inspector need Starlette and Jinja2: run `pip install "
            "'tastemaker[web]'`."
        ) from None
    rule = Authorization(authorize, admit)
    posts = [
        Route(f"/{action}", posting(shop, rule, action, work), methods=["POST"])
        for action, work in POSTS.items()
    ]
    gets = [
        Route("/health", getting(rule, "health", lambda: health_now(shop)), methods=["GET"]),
        Route("/openapi.json", getting(rule, "openapi", openapi_now), methods=["GET"]),
    ]
    return Starlette(routes=[*posts, *gets, *inspector_routes(shop, rule, show_sealed)])


def posting(shop: Tastemaker, rule: Authorization, action: str, work: Work) -> Endpoint:
    """What answers on a path that takes a body."""

    async def respond(request: HttpRequest) -> Response:
        if not await rule.admits(request, action):
            return refused(action)
        try:
            body = await read_body(request)
            if not await rule.allows(request, call_of(action, body)):
                return refused(action)
        except BodyRefused as error:
            return failed(error.status, str(error))
        except InputError as error:
            return failed(422, str(error))
        return await worked(lambda: (200, work(shop, body)))

    return respond


def getting(rule: Authorization, action: str, give: Callable[[], tuple[int, Json]]) -> Endpoint:
    """What answers on a path that takes nothing."""

    async def respond(request: HttpRequest) -> Response:
        if not (await rule.admits(request, action) and await rule.allows(request, Call(action))):
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
