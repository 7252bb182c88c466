"""From values to HTML: templates that escape whatever they are given, and strict headers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response

from tastemaker.training.turn import as_duration
from tastemaker.validation.plain import plain_text

HERE = Path(__file__).parent

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a page may load and run: our style sheet and icon, no script at all, nothing of others."""

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

FILES = {"inspector.css": "text/css", "icon.svg": "image/svg+xml"}
"""What pages load, and its type."""


def harmless(value: object) -> object:
    """What a template shows of a value: no text with anything that turns the writing around.

    Jinja calls it for every value before it is escaped, so that no template can forget it.
    """
    return plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def exactly(value: str) -> Markup:
    """A text for the value of a field, which must come back as it is: escaped, nothing left out."""
    return escape(value)


def moment(iso: str) -> str:
    """A time in UTC as people read it, to the minute."""
    return f"{iso[:16].replace('T', ' ')} UTC"


@cache
def templates() -> Environment:
    """The templates, each of which is read once."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"exactly": exactly, "duration": as_duration, "moment": moment}
    return environment


def root_of(request: HttpRequest) -> str:
    """The path of the inspector as the browser sees it, wherever it is mounted."""
    return quote(str(request.scope.get("root_path", ""))) + "/inspector"


def rendered(request: HttpRequest, name: str, context: Mapping[str, object], status: int) -> str:
    """The HTML of a page."""
    template = templates().get_template(f"{name}.html")
    return template.render(context, root=root_of(request), page=name, status=status)


def html(text: str, status: int) -> Response:
    """A page that no cache keeps."""
    return HTMLResponse(text, status, {**HEADERS, "Cache-Control": "no-store"})


def file_response(name: str) -> Response:
    """A file that pages load."""
    headers = {**HEADERS, "Cache-Control": "private, max-age=300"}
    return Response(read_file(name), headers=headers, media_type=FILES[name])


@cache
def read_file(name: str) -> bytes:
    """A file that pages load, read once."""
    return (HERE / "static" / name).read_bytes()
