"""A spy shares one item with a sole victim, and looks at what is recommended beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np
import pytest

from tastemaker import Key, Tastemaker
from tastemaker.store.sql.database import Database

FAST = ["ease", "item-knn", "rp3beta", "slim", "transition", "als"]
N_VICTIMS = 40
CROWD_ITEMS = 12


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tastemaker]:
    """A crowd with items of its own; forty victims with two items each that are theirs alone."""
    folder = tmp_path_factory.mktemp("spy")
    key = Key(base64.b64encode(bytes(range(32))).decode())
    with (
        Database(f"sqlite:///{folder}/shop.db") as database,
        Tastemaker(database, key=key) as engine,
    ):
        engine.upgrade()
        rng = np.random.default_rng(0)
        rows = [
            {"user_id": f"crowd-{person}", "item_id": f"common-{item}", "timestamp": 86_400 * turn}
            for person in range(60)
            for turn, item in enumerate(rng.permutation(CROWD_ITEMS)[:5].tolist())
        ]
        for victim in range(N_VICTIMS):
            for turn, item in enumerate(("shared", "secret")):
                row = {"item_id": f"{item}-{victim}", "timestamp": 86_400 * (3 + turn)}
                rows.append({"user_id": f"victim-{victim}", **row})
            # before the victim chose it, so that the spy knows nothing of what followed
            row = {"item_id": f"shared-{victim}", "timestamp": 86_400 * 3}
            rows.append({"user_id": f"spy-{victim}", **row})
        engine.record_many(rows)
        yield engine


def seen_by_spies(shop: Tastemaker) -> tuple[int, int]:
    """In how many spies' lists the victim's other item stands, and is put down to people."""
    lists = told = 0
    for victim in range(N_VICTIMS):
        answer = shop.recommend(f"spy-{victim}", k=10, explain=True, explore=0.0)
        found = [one for one in answer if one.item_id == f"secret-{victim}"]
        lists += len(found)
        told += sum("often" in one.why or "people" in one.why for one in found)
    return lists, told


def test_without_support_a_spy_sees_it_but_is_told_of_nobody(shop: Tastemaker) -> None:
    shop.set_support(links=1)
    release = shop.train(only=FAST, activate=False)
    shop.activate(release.number)
    lists, told = seen_by_spies(shop)
    assert release.support == 1
    assert lists > N_VICTIMS / 2  # otherwise the next test would show nothing
    assert told == 0


def test_with_support_no_spy_sees_it(shop: Tastemaker) -> None:
    shop.set_support(links=5)
    release = shop.train(only=FAST, activate=False)
    shop.activate(release.number)
    assert release.support == shop.release().support == 5
    assert any("fewer than 5 people" in one.detail for one in release.findings)
    assert seen_by_spies(shop) == (0, 0)
    common = shop.recommend("crowd-1", k=3, explain=True)
    assert any("often" in one.why or "people" in one.why for one in common)
