"""Whoever wants less of an item: it and the twenty most like it lose rank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Tastemaker
from tastemaker.store.crypto.keys import Key

GROUPS, GROUP, PEOPLE = 10, 24, 80
LONG = 120


@pytest.fixture(scope="module")
def shop(key: Key, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tastemaker]:
    """Items in groups; people choose from two groups, and now and then anything."""
    rng = np.random.default_rng(5)
    folder: Path = tmp_path_factory.mktemp("groups")
    with Tastemaker(f"sqlite:///{folder}/shop.db", key=key, exploration=0) as engine:
        engine.upgrade()
        names = [f"item-{item}" for item in range(GROUPS * GROUP)]
        engine.put_items({"item_id": name} for name in names)
        lines = ["user_id,item_id,kind,timestamp"]
        for person in range(PEOPLE):
            groups = rng.choice(GROUPS, 2, replace=False)
            own = (groups[:, np.newaxis] * GROUP + np.arange(GROUP)).ravel()
            taken = [*rng.choice(own, 14, replace=False), *rng.integers(0, len(names), 4)]
            for turn, item in enumerate(dict.fromkeys(taken)):
                at = 1_600_000_000 + 86_400 * turn + 60 * person
                lines.append(f"person-{person},item-{item},like,{at}")
        (folder / "interactions.csv").write_text("\n".join(lines))
        engine.import_file("interactions", folder / "interactions.csv")
        assert engine.train(only=("popular", "item-knn", "rp3beta", "svd")).active
        yield engine


def lowered(shop: Tastemaker, rng: np.random.Generator) -> bool:
    """Whether what one person wants less of loses rank, with all that is most like it."""
    user = f"person-{rng.integers(PEOPLE)}"
    before = [one.item_id for one in shop.recommend(user, k=LONG)]
    item = before[rng.integers(10)]
    alike = [item, *(one.item_id for one in shop.similar(item, k=20))]
    shop.tell(user, item, "less")
    after = [one.item_id for one in shop.recommend(user, k=LONG)]
    shop.tell(user, item, "forget")
    was, is_now = ([*ranked, *set(alike).difference(ranked)] for ranked in (before, after))
    fell = [is_now.index(one) > was.index(one) for one in alike if one in before]
    came = [one for one in alike if one in after and one not in before]
    return all(fell) and not came


def share_lowered(shop: Tastemaker, times: int) -> float:
    rng = np.random.default_rng(times)
    return float(np.mean([lowered(shop, rng) for _ in range(times)]))


def test_it_and_what_is_like_it_lose_rank(shop: Tastemaker) -> None:
    assert share_lowered(shop, 100) >= 0.95


@pytest.mark.slow
def test_they_do_so_a_thousand_times(shop: Tastemaker) -> None:
    assert share_lowered(shop, 1000) >= 0.95
