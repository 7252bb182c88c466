"""What the tests of the inspector share: a shop with hostile texts, its server, a client."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from email.message import Message
from html import unescape
from typing import NamedTuple

from tests.web.conftest import KEY, SERVER

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'
ESCAPES = "red \x1b[31m and \u202eturned\u202c"
CITY = "Canaryville"
"""An attribute of a person, which is sealed."""


class Page(NamedTuple):
    """What came back: the HTTP status, the headers in small letters, and the text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def words(self) -> str:
        """What a reader sees, with single spaces."""
        body = self.text.partition("<main")[2]
        return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())


class Inspector:
    """A server of its own process while the block runs, and a browser's way of calling it."""

    def __init__(self, url: str, rule: str = "function", *options: str) -> None:
        self._command = [sys.executable, "-c", SERVER, url, KEY, rule, *options]

    def __enter__(self) -> Inspector:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.root = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def get(self, path: str, token: str = "right") -> Page:
        """The page of a path."""
        return self._sent(path, None, {"x-token": token})

    def post(self, fields: Mapping[str, object] | bytes, token: str = "right") -> Page:
        """The page of a person, for the fields of its form."""
        if isinstance(fields, bytes):
            data = fields
        else:
            data = urllib.parse.urlencode(dict(fields), doseq=True).encode()
        kind = "application/x-www-form-urlencoded"
        return self._sent("/inspector/person", data, {"x-token": token, "content-type": kind})

    def _sent(self, path: str, data: bytes | None, headers: Mapping[str, str]) -> Page:
        call = urllib.request.Request(self.root + path, data, dict(headers))
        try:
            with urllib.request.urlopen(call) as reply:
                return Page(reply.status, lower(reply.headers), reply.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, lower(error.headers), error.read().decode())


def lower(headers: Message) -> dict[str, str]:
    """Headers by their names in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def make_shop(url: str) -> None:
    """A trained shop: even people choose even items, odd people odd ones; some titles are hostile.

    Person 0 has had items 0, 2 and 4, and lives in a city. Everybody else has had five items.
    """
    with Tastemaker(url, key=Key(KEY)) as shop:
        shop.upgrade()
        titles = {2: MARKUP, 4: ESCAPES, 6: "Blue lamp", 8: MARKUP, 10: ESCAPES}
        shop.put_items(
            {"item_id": f"item-{n}", "title": titles.get(n, ""), "attributes": {"n": n}}
            for n in range(12)
        )
        shop.put_users([{"user_id": "person-0", "attributes": {"city": CITY}}])
        for person in range(24):
            for turn in range(5 if person else 3):
                item = (person + 2 * turn) % 12
                shop.record(f"person-{person}", f"item-{item}", "like", 1.0, 1_600_000_000 + turn)
        shop.set_surface("small-n", {"where": "n < 7"})
        shop.train(only=["item-knn", "popular"])
