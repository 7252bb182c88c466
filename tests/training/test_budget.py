"""A release within a size: who gives least weight for their bytes leaves, and it is said."""

from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import WeightCurve
from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.releases import StoredModel
from tastemaker.store.sql.database import Database
from tastemaker.training.budget import beyond_budget, highest_weights, model_bytes


def model(name: str, n_bytes: int) -> StoredModel:
    return StoredModel(name, arrays={"scores": np.zeros(n_bytes, dtype=np.uint8)})


MODELS = [model("small", 100), model("heavy", 9000), model("large", 4000)]
WEIGHTS = {"small": 0.2, "heavy": 0.1, "large": 0.7}


def test_nobody_leaves_where_all_fit() -> None:
    assert beyond_budget(MODELS, WEIGHTS, 13_100) == {}


def test_the_least_weight_for_the_bytes_leaves_first() -> None:
    out = beyond_budget(MODELS, WEIGHTS, 5000)
    assert list(out) == ["heavy"]
    assert "10%" in out["heavy"]
    assert list(beyond_budget(MODELS, WEIGHTS, 4000)) == ["heavy", "large"]


def test_one_always_stays() -> None:
    assert list(beyond_budget(MODELS, WEIGHTS, 1)) == ["heavy", "large"]


def test_the_higher_of_two_weights_counts() -> None:
    first = WeightCurve(("a", "b"), (0, 10), np.array([[0.5, 0.5], [0.1, 0.9]]))
    second = WeightCurve(("b",), (0,), np.array([[1.0]]))
    assert highest_weights([first, second]) == pytest.approx({"a": 0.3, "b": 1.0})


def test_arrays_are_counted() -> None:
    assert model_bytes(model("one", 300)) == 300


def test_a_release_says_who_was_left_out(sqlite_database: Database, key: Key) -> None:
    shop = Tastemaker(sqlite_database, key=key)
    shop.upgrade()
    for person in range(30):
        for turn in range(5):
            item = (person + turn) % 10
            shop.record(person, item, "like", 1.0, 1_600_000_000 + turn * 86_400 + person)
    names = ["popular", "item-knn", "ease"]
    everything = shop.train(only=names)
    release = shop.train(only=names, release_size=64)
    assert len(release.serving) == 1
    assert release.curve is not None
    assert release.curve.members == release.serving
    assert len(everything.serving) > 1
    gone = set(everything.serving) - set(release.serving)
    problems = {one.name: one.problem for one in release.members if one.state == "declined"}
    assert set(problems) == gone
    assert all("--release-size" in problem for problem in problems.values())
    assert shop.recommend("1", k=3)
    with pytest.raises(InputError, match="size of a release"):
        shop.train(release_size="big")
