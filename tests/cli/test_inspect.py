"""`tastemaker inspect`: served on this machine alone, to one browser."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import create_key_file

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


class Served(NamedTuple):
    """A process that serves the inspector, and the address that it printed."""

    process: subprocess.Popen[str]
    address: str

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        """What comes for a path."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc)
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        response.read()
        connection.close()
        return response


def command(folder: Path, *arguments: str) -> list[str]:
    """The command on the shop in a folder."""
    shop = ("--database", f"sqlite:///{folder}/shop.db")
    return [sys.executable, "-m", "tastemaker", "inspect", *shop, *arguments]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    file = tmp_path / "key"
    create_key_file(file)
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", str(file))
    with Tastemaker(f"sqlite:///{tmp_path}/shop.db") as shop:
        shop.upgrade()
        shop.record("alice", "tea")
    process = subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield Served(process, process.stdout.readline().removeprefix("Open ").strip())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()


def test_it_lets_one_browser_in_and_serves_it_alone(served: Served, tmp_path: Path) -> None:
    entrance = urlsplit(served.address)
    assert entrance.hostname == "127.0.0.1"
    path = f"{entrance.path}?{entrance.query}"
    assert served.get("/inspector/").status == 403
    assert served.get("/enter?token=guessed").status == 403
    entered = served.get(path)
    assert (entered.status, entered.headers["location"]) == (303, "/inspector/")
    cookie = {"cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert served.get("/inspector/", cookie).status == 200
    assert served.get("/health", cookie).status == 403  # it looks, and does nothing else
    assert served.get(path).status == 403
    assert served.get("/inspector/", {**cookie, "host": "elsewhere.example"}).status == 400
    port = str(entrance.port)
    done = subprocess.run(
        command(tmp_path, "--port", port), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
