"""The engine over HTTP: an ASGI application with a JSON API, to mount in another one.

Needs Starlette: `pip install 'tastemaker[web]'`.
"""

from tastemaker.web.application import Authorize, Call, app

__all__ = ["Authorize", "Call", "app"]
