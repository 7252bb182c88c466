"""The API behind its real server, on a trained shop, over real HTTP."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key

KEY = base64.b64encode(bytes(range(32))).decode()

SERVER = """
import asyncio, sys
import uvicorn
from tastemaker import Tastemaker
from tastemaker.web import app

def by_token(request, call):
    token = request.headers.get("x-token", "")
    if token == "broken":
        raise ValueError("a person's own word")
    if token == "alice":
        return call.user_id == "alice"
    return token == "right"

async def later(request, call):
    await asyncio.sleep(0)
    return by_token(request, call)

rules = {"none": None, "function": by_token, "coroutine": later}
shop = Tastemaker(sys.argv[1], key=sys.argv[2], exploration=0)
options = {"show_sealed": "sealed" in sys.argv[4:]}
if "admit" in sys.argv[4:]:
    options["admit"] = lambda request, call: "x-token" in request.headers and not call.user_id
application = app(shop, rules[sys.argv[3]], **options)
config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="info")
server = uvicorn.Server(config)

async def main():
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving

asyncio.run(main())
"""


class Reply(NamedTuple):
    """What came back: the HTTP status, and the JSON."""

    status: int
    content: Any


Http: TypeAlias = Callable[..., Reply]
"""`http("/recommend", {"user_id": "alice"}, token="right")`; a GET where there is no body."""


class Served(NamedTuple):
    """A shop that is served.

    Attributes:
        http: sends a request.
        shop: the same shop, opened here.
    """

    http: Http
    shop: Tastemaker


@pytest.fixture(scope="module")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained shop on SQLite: even people choose even items, odd people odd ones."""
    url = f"sqlite:///{tmp_path_factory.mktemp('web')}/shop.db"
    with Tastemaker(url, key=Key(KEY)) as shop:
        shop.upgrade()
        for person in range(24):
            for turn in range(5):
                item = (person + 2 * turn) % 12
                shop.record(f"person-{person}", f"item-{item}", "like", 1.0, 1_600_000_000 + turn)
        shop.train(only=["item-knn", "popular"])
    return url


@pytest.fixture(scope="module", params=["function", "coroutine"])
def served(shop_url: str, request: pytest.FixtureRequest) -> Iterator[Served]:
    with running(shop_url, request.param) as http, Tastemaker(shop_url, key=KEY) as shop:
        yield Served(http, shop)


class running:
    """A server of its own process while the block runs; gives what sends requests to it."""

    def __init__(self, url: str, rule: str, *options: str) -> None:
        command = [sys.executable, "-c", SERVER, url, KEY, rule, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Http:
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        return lambda path, body=None, token="right", kind="application/json": sent(
            f"http://127.0.0.1:{port}{path}", body, token, kind
        )

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


def sent(url: str, body: object, token: str, kind: str) -> Reply:
    """Sends a request; bytes go as they are, anything else as JSON."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = {"x-token": token, "content-type": kind}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as reply:
            return Reply(reply.status, json.load(reply))
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode()
        return Reply(error.code, json.loads(text) if text.startswith("{") else text)
