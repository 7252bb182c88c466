"""The paths of the inspector: who may see a page, and what it shows where something fails.

Ids of items stand in paths, those of users in bodies only: no access log and no browser's history
holds them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError, TastemakerError
from tastemaker.plugin.guard import describe
from tastemaker.validation import check_id
from tastemaker.web.authorization import Authorization, Call, Endpoint
from tastemaker.web.bodies import BodyRefused, read_bytes
from tastemaker.web.inspector import pages
from tastemaker.web.inspector.lookup import FormFields, Lookup, fields_of
from tastemaker.web.inspector.pages import PageContext
from tastemaker.web.inspector.person_page import form_context, person_context
from tastemaker.web.inspector.rendering import FILES, file_response, html, rendered

ACTION = "inspect"

FORM = "application/x-www-form-urlencoded"

_logger = logging.getLogger("tastemaker.web")


PAGE_ROUTES: dict[str, tuple[str, Callable[[Tastemaker, FormFields], PageContext]]] = {
    "/inspector/": ("overview", pages.overview_context),
    "/inspector/items": ("items", pages.items_context),
    "/inspector/item": ("item", pages.item_context),
    "/inspector/weights": ("weights", pages.weights_context),
    "/inspector/health": ("health", pages.health_context),
}
"""For each path without a person its template, and what it shows."""


def inspector_routes(shop: Tastemaker, rule: Authorization, show_sealed: bool) -> list[Route]:
    """The routes of all pages and of what they load."""
    given = [
        Route(path, page_endpoint(shop, rule, name, context), methods=["GET"])
        for path, (name, context) in PAGE_ROUTES.items()
    ]
    loaded = [
        Route(f"/inspector/{name}", file_endpoint(rule, name), methods=["GET"]) for name in FILES
    ]
    person = Route(
        "/inspector/person", person_endpoint(shop, rule, show_sealed), methods=["GET", "POST"]
    )
    return [*given, person, *loaded]


def page_endpoint(
    shop: Tastemaker,
    rule: Authorization,
    name: str,
    context: Callable[[Tastemaker, FormFields], PageContext],
) -> Endpoint:
    """What answers with a page that is about nobody."""

    async def respond(request: HttpRequest) -> Response:
        if not await may_see(request, rule):
            return not_allowed(request)
        query = request.query_params
        fields = {one: query.getlist(one) for one in query}
        return await made(request, name, lambda: context(shop, fields), dict)

    return respond


def person_endpoint(shop: Tastemaker, rule: Authorization, show_sealed: bool) -> Endpoint:
    """What answers with the page of a person; with that of nobody known where nothing is sent."""

    async def respond(request: HttpRequest) -> Response:
        if not await rule.admits(request, ACTION):
            return not_allowed(request)
        lookup = Lookup()
        try:
            if request.method == "POST":
                lookup = Lookup.from_fields(fields_of(await read_bytes(request, FORM, "a form")))
            user_id = check_id(lookup.user_id, "The id") if lookup.user_id else None
        except BodyRefused as error:
            return problem(request, error.status, str(error))
        except InputError as error:
            return problem(request, 422, str(error))
        if not await rule.allows(request, Call(ACTION, user_id)):
            return not_allowed(request)
        return await made(
            request,
            "person",
            lambda: person_context(shop, lookup, show_sealed),
            lambda: dict(form_context(shop, lookup)),
        )

    return respond


def file_endpoint(rule: Authorization, name: str) -> Endpoint:
    """What answers with a file that pages load."""

    async def respond(request: HttpRequest) -> Response:
        return file_response(name) if await may_see(request, rule) else not_allowed(request)

    return respond


async def may_see(request: HttpRequest, rule: Authorization) -> bool:
    """Whether the application allows a page that is about nobody."""
    return await rule.admits(request, ACTION) and await rule.allows(request, Call(ACTION))


async def made(
    request: HttpRequest,
    name: str,
    context: Callable[[], PageContext],
    form: Callable[[], PageContext],
) -> Response:
    """A page, made in a thread; where something is refused, a page that says what.

    Args:
        request: what is to be answered.
        name: the page's template.
        context: gives what it shows.
        form: gives what the form needs on the page that says what was refused.
    """

    def work() -> Response:
        try:
            return html(rendered(request, name, context(), 200), 200)
        except (NotFoundError, InputError) as error:
            status = 404 if isinstance(error, NotFoundError) else 422
            return problem(request, status, str(error), {**form(), "of": name})

    try:
        return await run_in_threadpool(work)
    except TastemakerError as error:
        _logger.error("A page failed: %s", describe(error, quote=(TastemakerError,)))
        return problem(request, 503, "The recommender is out of service. Try again later.")


def not_allowed(request: HttpRequest) -> Response:
    """The page for who may not see any."""
    return problem(request, 403, "You may not see this page.")


def problem(
    request: HttpRequest, status: int, message: str, context: PageContext | None = None
) -> Response:
    """A page that says what is wrong, with the form that it was sent by where there is one."""
    given = {"of": "", **(context or {}), "message": message}
    return html(rendered(request, "problem", given, status), status)
