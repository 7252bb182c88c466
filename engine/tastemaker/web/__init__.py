"""The engine over HTTP: an ASGI application, to mount in another one.

A JSON API, and the pages of the inspector. It needs Starlette and Jinja2: `pip install
'tastemaker[web]'`.
"""

from tastemaker.web.application import app
from tastemaker.web.authorization import Authorize, Call

__all__ = ["Authorize", "Call", "app"]
