from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import Histories, Items, People, TrainingData
from tastemaker.evaluation.models import CatalogueNow, ServedModels, train_models
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.holdout.cases import full_history_cases
from tastemaker.holdout.evaluation_split import make_evaluation_split
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.store import items
from tastemaker.training.fitting import choose

N_PEOPLE, N_ITEMS, LENGTH = 30, 20, 6
KEYS = np.arange(N_ITEMS, dtype=np.int64) * 3 + 1


def data() -> TrainingData:
    """Even people choose even items and odd people odd ones, in the order of their index."""
    rows = [
        [(row % 2 + 2 * (row // 2 + turn)) % N_ITEMS for turn in range(LENGTH)]
        for row in range(N_PEOPLE)
    ]
    n = N_PEOPLE * LENGTH
    times = np.arange(n, dtype=np.float64).reshape(LENGTH, N_PEOPLE).T.ravel() * 3600
    ones = np.ones(n, dtype=np.float32)
    histories = Histories(
        np.arange(N_PEOPLE + 1, dtype=np.int64) * LENGTH,
        np.array(rows, dtype=np.int32).ravel(),
        ones,
        N_ITEMS,
    )
    ids = tuple(f"item-{index}" for index in range(N_ITEMS))
    texts = tuple(("even steven", "odd bod")[index % 2] for index in range(N_ITEMS))
    return TrainingData(
        Items(ids, ids, texts), People(histories, times, np.zeros(n, dtype=np.int16), ones.copy())
    )


def served(split: str, available: np.typing.NDArray[np.bool_]) -> tuple[ServedModels, CatalogueNow]:
    registry = Registry()
    whole_data = data()
    now = CatalogueNow(items.StoredItems(KEYS, whole_data.items, available), ())
    participants = choose(registry, {}, ["item-knn", "popular", "tfidf"])
    made = make_evaluation_split(split, whole_data, available)
    return train_models(registry, participants, made, now, no_progress), now


@pytest.mark.parametrize("split", ["last", "cold-items"])
def test_the_catalogue_is_the_stores_in_the_order_of_the_split(split: str) -> None:
    available = np.arange(N_ITEMS) != 7
    made, now = served(split, available)
    order = make_evaluation_split(split, data(), available).order
    catalogue = made.blend.catalogue
    assert catalogue.items.ids == tuple(now.items.items.ids[index] for index in order)
    assert catalogue.keys.tolist() == KEYS[order].tolist()
    assert catalogue.available.tolist() == available[order].tolist()
    assert made.blend.release is None


def test_every_member_is_there_alone_and_the_blend_has_those_with_weight() -> None:
    made, _ = served("last", np.ones(N_ITEMS, dtype=np.bool_))
    assert list(made.alone) == ["item-knn", "popular", "tfidf"]
    assert [one.name for one in made.members] == ["item-knn", "popular", "tfidf"]
    for name, serving in made.alone.items():
        assert [member.name for member in serving.ranker.members] == [name]
        assert serving.ranker.curve.members == (name,)
    assert tuple(member.name for member in made.blend.ranker.members) == made.curve.members
    left_out = {one.name for one in made.members if one.state == "no weight"}
    assert left_out == set(made.alone) - set(made.curve.members)


def test_items_that_come_after_training_are_placed_by_their_text() -> None:
    available = np.ones(N_ITEMS, dtype=np.bool_)
    made, _ = served("cold-items", available)
    split = make_evaluation_split("cold-items", data(), available)
    new = np.flatnonzero(split.candidates)
    cases = full_history_cases(split.people, split.split)
    lists = recommend_to(made.alone["tfidf"], cases, split.candidates, 5)
    assert set(lists.items[lists.items >= 0].tolist()) <= set(new.tolist())
    assert lists.n_relevant.min() > 0


def test_unavailable_and_seen_items_never_appear() -> None:
    available = np.arange(N_ITEMS) % 5 > 0
    made, _ = served("last", available)
    split = make_evaluation_split("last", data(), available)
    cases = full_history_cases(split.people, split.split)
    for serving in (made.blend, *made.alone.values()):
        lists = recommend_to(serving, cases, split.candidates, N_ITEMS)
        shown = lists.items[lists.items >= 0]
        assert available[shown].all()
        seen = cases.seen.toarray()
        rows = np.nonzero(lists.items >= 0)[0]
        assert not seen[rows, shown].any()
        assert len(shown) == sum((available & ~row).sum() for row in seen)
