"""What the factorisations score, retrieve and explain on purchases in a shop."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Float32Array, TrainingData
from tastemaker.data import best_items
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of, stored
from tastemaker_plugins.factors.als import Als
from tastemaker_plugins.factors.bpr import Bpr
from tastemaker_plugins.factors.nmf import Nmf
from tastemaker_plugins.factors.svd import Svd
from tastemaker_plugins.factors.svd_features import SvdFeatures
from tastemaker_plugins.factors.svd_trending import SvdTrending
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

FILE = Path(__file__).parents[3] / "engine/tastemaker/demo/data/interactions.csv.gz"
KINDS: list[type[VectorRecommender]] = [Als, Bpr, Nmf, Svd, SvdFeatures, SvdTrending]


@cache
def purchases() -> TrainingData:
    """The first 20,000 purchases of the shop."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        rows = list(islice(csv.DictReader(lines), 20_000))
    rows.sort(key=lambda row: float(row["timestamp"]))
    items = {name: number for number, name in enumerate(sorted({row["item_id"] for row in rows}))}
    histories: dict[str, list[int]] = {}
    times: dict[str, list[float]] = {}
    for row in rows:
        histories.setdefault(row["user_id"], []).append(items[row["item_id"]])
        times.setdefault(row["user_id"], []).append(float(row["timestamp"]))
    people = people_of([*histories.values(), []], len(items), times=[*times.values(), []])
    return TrainingData(items_of(len(items)), people)


@cache
def fitted(kind: type[VectorRecommender]) -> VectorRecommender:
    return kind().fit(purchases(), no_progress)


def agree(one: Float32Array, other: Float32Array) -> None:
    assert np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_candidates_score_as_among_all_alone_and_together(kind: type[VectorRecommender]) -> None:
    recommender, data = fitted(kind), purchases()
    people = data.people.select(np.arange(len(data.people) - 40, len(data.people)))
    items = np.random.default_rng(0).integers(0, data.n_items, (40, 90))
    expected = np.take_along_axis(recommender.score(people), items, axis=1)
    agree(recommender.score_items(people, items), expected)
    for row in range(40):
        person = people.select(np.array([row]))
        agree(recommender.score_items(person, items[[row]]), expected[[row]])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_best_are_those_of_all_scores(kind: type[VectorRecommender]) -> None:
    recommender, data = fitted(kind), purchases()
    people = data.people.select(np.arange(len(data.people) - 20, len(data.people)))
    scores = recommender.score(people)
    found, expected = recommender.retrieve(people, 50), best_items(scores, 50)
    assert (found[-1] == -1).all()
    agree(*(np.take_along_axis(scores, items, axis=1) for items in (found, expected)))
    assert (found == expected).mean() > 0.98  # two that score alike may change places


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_reasons_add_up_to_the_scores(kind: type[VectorRecommender]) -> None:
    recommender, data = fitted(kind), purchases()
    people = data.people.select(np.arange(30))
    items = recommender.retrieve(people, 10)
    reasons = recommender.reasons(people, items)
    sums = np.zeros(items.shape, dtype=np.float32)
    np.add.at(sums, people.histories.rows, reasons)
    assert np.allclose(sums, recommender.score_items(people, items), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_stored_scores_alike_in_half_the_bytes(kind: type[VectorRecommender]) -> None:
    recommender, people = fitted(kind), purchases().people.select(np.arange(30))
    state = stored(recommender.state())
    assert state.arrays["vectors"].dtype == np.float16
    agree(kind.restore(state).score(people), recommender.score(people))
