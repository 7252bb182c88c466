"""A trained shop whose answers are counted."""

from __future__ import annotations

import base64

import pytest

from tastemaker import Tastemaker

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="session")
def key_text() -> str:
    """The key, as the other processes are given it."""
    return KEY


@pytest.fixture(scope="session")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A shop on SQLite with one release of one member: even people chose even items."""
    url = f"sqlite:///{tmp_path_factory.mktemp('observing')}/shop.db"
    with Tastemaker(url, key=KEY) as shop:
        shop.upgrade()
        for person in range(24):
            for turn in range(5):
                item = (person + 2 * turn) % 12
                shop.record(f"person-{person}", f"item-{item}", "like", 1.0, 1_600_000_000 + turn)
        shop.train(only=["item-knn"])
    return url
