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
from tastemaker.training.budget import (
    beyond_budget,
    highest_weights,
    model_bytes,
    of_release,
    of_serving,
)

SIZES = {"small": 100, "heavy": 9000, "large": 4000}
WEIGHTS = {"small": 0.2, "heavy": 0.1, "large": 0.7}


def test_nobody_leaves_where_all_fit() -> None:
    assert beyond_budget(SIZES, WEIGHTS, of_release(13_100)) == {}


def test_the_least_weight_for_the_bytes_leaves_first() -> None:
    out = beyond_budget(SIZES, WEIGHTS, of_release(5000))
    assert list(out) == ["heavy"]
    assert "10%" in out["heavy"]
    assert list(beyond_budget(SIZES, WEIGHTS, of_release(4000))) == ["heavy", "large"]


def test_one_always_stays() -> None:
    assert list(beyond_budget(SIZES, WEIGHTS, of_release(1))) == ["heavy", "large"]


def test_the_higher_of_two_weights_counts() -> None:
    first = WeightCurve(("a", "b"), (0, 10), np.array([[0.5, 0.5], [0.1, 0.9]]))
    second = WeightCurve(("b",), (0,), np.array([[1.0]]))
    assert highest_weights([first, second]) == pytest.approx({"a": 0.3, "b": 1.0})


def test_arrays_are_counted() -> None:
    scores = {"scores": np.zeros(300, dtype=np.uint8)}
    assert model_bytes(StoredModel("one", arrays=scores)) == 300


def test_a_message_says_which_budget_it_was() -> None:
    sizes = {"small": 2**20, "heavy": 576 * 2**20}
    weights = {"small": 0.93, "heavy": 0.07}
    assert beyond_budget(sizes, weights, of_serving(400 * 2**20)) == {
        "heavy": "holds 576 MB for 7% of the weight, and the members may hold in each worker "
        "400 MB; see --serving-memory"
    }


@pytest.fixture
def shop(sqlite_database: Database, key: Key) -> Tastemaker:
    """A shop in which everybody takes five items in a row."""
    shop = Tastemaker(sqlite_database, key=key)
    shop.upgrade()
    for person in range(30):
        for turn in range(5):
            item = (person + turn) % 10
            shop.record(person, item, "like", 1.0, 1_600_000_000 + turn * 86_400 + person)
    return shop


NAMES = ["popular", "item-knn", "ease"]


@pytest.mark.parametrize("option", ["release_size", "serving_memory"])
def test_a_release_says_who_was_left_out(shop: Tastemaker, option: str) -> None:
    everything = shop.train(only=NAMES)
    release = shop.train(only=NAMES, **{option: 64})  # type: ignore[arg-type]
    assert len(release.serving) == 1
    assert release.curve is not None
    assert release.curve.members == release.serving
    assert len(everything.serving) > 1
    gone = set(everything.serving) - set(release.serving)
    problems = {one.name: one.problem for one in release.members if one.state == "declined"}
    assert set(problems) == gone
    assert all(f"--{option.replace('_', '-')}" in problem for problem in problems.values())
    assert shop.recommend("1", k=3)


def test_a_limited_release_notes_what_the_members_hold(shop: Tastemaker) -> None:
    assert not [note for note in shop.train(only=NAMES).notes if "hold" in note]
    notes = shop.train(only=NAMES, serving_memory="400MB").notes
    assert [note for note in notes if "in each worker that serves; --serving-memory" in note]
    notes = shop.train(only=NAMES, serving_memory=64).notes
    assert [note for note in notes if "more than the 0 MB allowed: one member always" in note]


def test_what_is_no_size_is_refused(shop: Tastemaker) -> None:
    with pytest.raises(InputError, match="size of a release"):
        shop.train(release_size="big")
    with pytest.raises(InputError, match="The memory for serving 'big' is not a size"):
        shop.train(serving_memory="big")
