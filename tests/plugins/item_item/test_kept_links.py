"""What is lost by keeping links as float16, and the strongest of them alone: on real data."""

from __future__ import annotations

import csv
import gzip
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

import tastemaker
from tastemaker import People
from tastemaker.testing import people_of
from tastemaker_plugins.item_item.ease import Ease, item_weights, kept_links
from tastemaker_plugins.item_item.gram import co_occurrence
from tastemaker_plugins.shared.dense_links import DenseLinks
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.recency import strengths

FILE = Path(tastemaker.__file__).parent / "demo" / "data" / "interactions.csv.gz"
"""Online Retail: who bought what, and when."""

N_ITEMS = 1200
DISCOUNTS = 1 / np.log2(np.arange(10) + 2)


class Held(NamedTuple):
    """People, and for each of them the items that were held out."""

    people: People
    held_out: list[set[int]]


@pytest.fixture(scope="module")
def baskets() -> list[list[int]]:
    """What every fifth customer bought of the most bought items, each once."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        rows = [(row["user_id"], row["item_id"]) for row in csv.DictReader(lines)]
    bought: dict[str, dict[str, None]] = {}
    for user, item in rows:
        if int(user) % 5 == 0:
            bought.setdefault(user, {})[item] = None
    names, counts = np.unique([*chain.from_iterable(bought.values())], return_counts=True)
    places = {str(names[own]): index for index, own in enumerate(np.argsort(-counts)[:N_ITEMS])}
    return [[places[item] for item in items if item in places] for items in bought.values()]


ONES = np.ones(N_ITEMS, dtype=np.float32)


@pytest.fixture(scope="module")
def weights(baskets: list[list[int]]) -> npt.NDArray[np.float32]:
    """(N_ITEMS, N_ITEMS) the whole matrix of EASE in float32, learnt from half of the customers."""
    places, gram = co_occurrence(strengths(people_of(baskets[::2], N_ITEMS)), N_ITEMS)
    assert len(places) == N_ITEMS
    ridge = Ease().settings.regularization * float(np.diag(gram).mean())
    return item_weights(gram, ridge)[0]


@pytest.fixture(scope="module")
def held(baskets: list[list[int]]) -> Held:
    """The other half, a fifth of what each bought held out."""
    known = [[item for at, item in enumerate(own) if at % 5 < 4] for own in baskets[1::2]]
    return Held(people_of(known, N_ITEMS), [{*own[4::5]} for own in baskets[1::2]])


def test_float16_recommends_the_same(held: Held, weights: npt.NDArray[np.float32]) -> None:
    places = np.arange(N_ITEMS, dtype=np.int32)
    kept = kept_links(places, weights.copy(), ONES)
    assert isinstance(kept, DenseLinks)
    assert kept.matrix.dtype == np.float16
    whole = DenseLinks(places, weights, N_ITEMS)
    same = [
        len({*one} & {*other}) / 10
        for one, other in zip(top_10(held, whole), top_10(held, kept), strict=True)
    ]
    assert np.mean(same) >= 0.995
    assert ndcg(held, kept) == pytest.approx(ndcg(held, whole), abs=1e-3)


def test_the_strongest_links_recommend_as_well(
    held: Held, weights: npt.NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.DENSE_ITEMS", 0)
    places = np.arange(N_ITEMS, dtype=np.int32)
    kept = kept_links(places, weights.copy(), ONES)
    assert isinstance(kept, Links)
    assert kept.items.shape == (N_ITEMS, 200)
    whole = ndcg(held, DenseLinks(places, weights, N_ITEMS))
    assert whole > 0.1
    assert ndcg(held, kept) >= 0.99 * whole


def top_10(held: Held, links: Links | DenseLinks) -> npt.NDArray[np.int64]:
    """(n_people, 10) the items with the highest scores that are new to each person."""
    histories = held.people.histories
    scores = links.spread(held.people, np.ones(len(histories.items), dtype=np.float32))
    scores = np.nan_to_num(scores, nan=-np.inf)
    scores[histories.rows, histories.items] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


def ndcg(held: Held, links: Links | DenseLinks) -> float:
    """The mean NDCG@10 of those of whom something is held out."""
    gains = [
        DISCOUNTS[[item in wanted for item in row]].sum() / DISCOUNTS[: len(wanted)].sum()
        for row, wanted in zip(top_10(held, links).tolist(), held.held_out, strict=True)
        if wanted
    ]
    return float(np.mean(gains))
