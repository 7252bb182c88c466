"""The inspector on this machine alone, for who started it: by an address that lets in once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from tastemaker.engine import Tastemaker
from tastemaker.web.application import app
from tastemaker.web.authorization import Call

HOST = "127.0.0.1"
COOKIE = "tastemaker_inspector"


@dataclass
class Entrance:
    """Lets in the one browser that opens the address with the token, and knows it afterwards.

    Attributes:
        token: stands in the address; of no use after the first time.
        cookie: what the browser is known by.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _used: bool = False

    async def enter(self, request: HttpRequest) -> Response:
        """Gives the cookie to the first who has the token."""
        given = request.query_params.get("token", "")
        if self._used or not _same(given, self.token):
            return PlainTextResponse(
                "This address lets in one browser, once. Run `tastemaker inspect` again.", 403
            )
        self._used = True
        response = RedirectResponse("/inspector/", 303)
        response.set_cookie(COOKIE, self.cookie, httponly=True, samesite="lax")
        return response

    def authorize(self, request: HttpRequest, call: Call) -> bool:
        """Whether it is the browser that was let in, and it only looks."""
        return call.action == "inspect" and _same(request.cookies.get(COOKIE, ""), self.cookie)


def local_app(shop: Tastemaker, entrance: Entrance, show_sealed: bool) -> Starlette:
    """The inspector behind an entrance, for this machine's own names only.

    Another name would be that of a page elsewhere that a browser was made to take for this one.
    """
    inspector = app(shop, entrance.authorize, admit=entrance.authorize, show_sealed=show_sealed)
    return Starlette(
        routes=[Route("/enter", entrance.enter), Mount("/", inspector)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )


def _same(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), right.encode())
