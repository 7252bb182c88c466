"""The example shops: how each is filled and served, and talking to one over HTTP."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLES = Path(__file__).parents[2] / "examples"

PATIENCE = 120
"""Seconds that a server may take to start or to end on a busy machine."""

IDLE = 1.0
"""Seconds without a request after which a client closes its connection, as a proxy does: sooner
than the servers do, so that none closes in the moment in which a request is sent."""


class Example(NamedTuple):
    """One of the example shops.

    Attributes:
        load: the commands that make its tables and fill them from `products.csv`.
        serve: the command of its server, but for the number of workers.
        orders: its own table of orders.
        products: its own table of products.
    """

    load: Sequence[str]
    serve: str
    orders: str = "orders"
    products: str = "products"


SHOPS: Mapping[str, Example] = {
    "fastapi": Example(
        ["python -m fastapi_shop.load products.csv"], "uvicorn fastapi_shop.shop:app"
    ),
    "fastapi-async": Example(
        ["python -m fastapi_async_shop.load products.csv"], "uvicorn fastapi_async_shop.shop:app"
    ),
    "flask": Example(
        ["flask --app flask_shop.shop load products.csv"],
        "gunicorn -c flask_shop/workers.py flask_shop.shop:app",
    ),
    "django": Example(
        ["python django_shop/manage.py migrate", "python django_shop/manage.py load products.csv"],
        "gunicorn -c django_shop/shop/workers.py --pythonpath django_shop shop.wsgi",
        "shop_order",
        "shop_product",
    ),
}

QUIET = {
    "uvicorn": ["--log-level", "warning"],
    "gunicorn": ["--log-level", "warning", "--no-control-socket"],
}
"""What is added to the commands in tests."""


class Reply(NamedTuple):
    """What came back: the HTTP status, and the JSON, or the text where it is none."""

    status: int
    content: Any


class Client:
    """A customer's connection to a shop; opened again where it was closed.

    Args:
        port: where the shop listens, on this machine.
        customer: whose header it sends.
    """

    def __init__(self, port: int, customer: str = "nobody") -> None:
        self.headers = {"x-customer": customer, "content-type": "application/json"}
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._used = 0.0

    def __call__(self, path: str, body: object = None) -> Reply:
        """Sends a GET, or a POST where there is a body.

        Raises:
            OSError, HTTPException: the connection was lost before the reply was whole.
        """
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
        if self._is_over():
            self.close()
        try:
            self._connection.request(method, path, sent, self.headers)
            with self._connection.getresponse() as response:
                text = response.read().decode()
                return Reply(response.status, json.loads(text) if text[:1] in "[{" else text)
        except (OSError, HTTPException):
            self.close()
            raise
        finally:
            self._used = time.monotonic()

    def _is_over(self) -> bool:
        """Whether the connection was idle for long, or closed by the server."""
        own = self._connection.sock
        if own is None:
            return False
        idle = time.monotonic() - self._used > IDLE
        return idle or bool(select.select([own], [], [], 0)[0])

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        self._connection.close()


class Server(NamedTuple):
    """A shop that is served by several processes.

    Attributes:
        process: the parent of its workers.
        port: where it listens, on this machine.
    """

    process: subprocess.Popen[bytes]
    port: int

    def once(self, path: str, body: object = None, customer: str = "nobody") -> Reply:
        """What one request gives, on a connection of its own."""
        client = Client(self.port, customer)
        try:
            return client(path, body)
        finally:
            client.close()

    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        helper = b"resource_tracker"  # of multiprocessing, beside uvicorn's workers
        return [
            int(child)
            for child in children
            if helper not in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    @contextmanager
    def alone(self, worker: int) -> Iterator[None]:
        """Has one worker answer everything in the block: the others are stopped.

        For a second or two: uvicorn replaces a worker that gives no sign of life for longer.
        """
        others = [other for other in self.workers() if other != worker]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)


def environment(url: str, key: str) -> dict[str, str]:
    """The environment that a shop is configured by."""
    return {**os.environ, "TASTEMAKER_DATABASE": url, "TASTEMAKER_KEY": key}


def load(shop: Example, url: str, key: str, folder: Path) -> None:
    """Makes the shop's tables in a database, and fills them from a folder's `products.csv`."""
    for command in shop.load:
        done = subprocess.run(
            arguments(command, folder),
            cwd=EXAMPLES,
            env=environment(url, key),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def arguments(command: str, folder: Path | None = None) -> list[str]:
    """A command of the page as a list, run by this interpreter; it finds files in a folder."""
    program, *rest = command.split()
    if folder is not None:
        rest = [str(folder / one) if one.endswith(".csv") else one for one in rest]
    start = [sys.executable] if program == "python" else [sys.executable, "-m", program]
    return [*start, *rest]


@contextmanager
def serving(shop: Example, url: str, key: str, workers: int) -> Iterator[Server]:
    """A shop behind its real server while the block runs."""
    program = shop.serve.split()[0]
    port = free_port()
    process = subprocess.Popen(
        [*arguments(shop.serve), "--workers", str(workers), *QUIET[program]],
        cwd=EXAMPLES,
        # how both servers take their port, but for gunicorn's default of all addresses
        env={
            **environment(url, key),
            "UVICORN_PORT": str(port),
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        },
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        wait_for(server, workers)
        yield server
    finally:
        end(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])


def wait_for(server: Server, workers: int) -> None:
    """Returns when every worker has answered."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.process.poll() is None, "the server ended"
        try:
            if len(server.workers()) == workers and server.once("/products").status == 200:
                break
        except OSError:
            pass
        time.sleep(0.05)
    for worker in server.workers():
        with server.alone(worker):
            assert server.once("/products").status == 200


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and all that it started."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
