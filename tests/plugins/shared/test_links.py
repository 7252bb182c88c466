from __future__ import annotations

import numpy as np
import pytest

from tastemaker import People
from tastemaker.testing import people_of, stored
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.recency import recency

NAN = float("nan")
KNOWN = np.array([True, True, False, True, True])
LINKS = Links(
    np.array([[1, 3], [0, 4], [0, 0], [0, 1]], dtype=np.int32),
    np.array([[0.5, 0.25], [1, -2], [0, 0], [2, 1]], dtype=np.float16),
    KNOWN,
)
"""Item 2 is unknown, and item 3 has no links; item 1 speaks against item 4."""

PEOPLE = people_of([[0, 1], [4, 4], [3], [2], [], [0, 2, 4]], 5)
SCORES = np.array(
    [
        [1, 0.5, NAN, 0.25, -2],
        [4, 2, NAN, 0, 0],
        [0, 0, NAN, 0, 0],
        [NAN] * 5,
        [NAN] * 5,
        [2, 1.5, NAN, 0.25, 0],
    ]
)


def ones(people: People) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.ones(len(people.histories.items), dtype=np.float32)


@pytest.fixture(params=["as they are", "numbered anew"])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to add up: over all items, and over those that matter, in small blocks."""
    if request.param == "numbered anew":
        for name, value in (("TABLE_CELLS", 4), ("WHOLE_ITEMS", 0), ("PATHS", 4)):
            monkeypatch.setattr(f"tastemaker_plugins.shared.followed_links.{name}", value)


@pytest.mark.usefixtures("table")
def test_every_item_gets_what_the_history_passes_to_it() -> None:
    assert np.array_equal(LINKS.spread(PEOPLE, ones(PEOPLE)), SCORES, equal_nan=True)


@pytest.mark.usefixtures("table")
def test_some_items_get_the_same_in_a_batch_and_alone() -> None:
    items = np.array([[4, 0], [2, 2], [0, 1], [1, 2], [3, 3], [1, 1]])
    expected = np.take_along_axis(SCORES, items, axis=1)
    found = LINKS.score_items(PEOPLE, ones(PEOPLE), items)
    assert np.array_equal(found, expected, equal_nan=True)
    for row in range(len(PEOPLE)):
        one = PEOPLE.select(np.array([row]))
        found = LINKS.score_items(one, ones(one), items[[row]])
        assert np.array_equal(found[0], expected[row], equal_nan=True)


@pytest.mark.usefixtures("table")
def test_what_scores_above_zero_is_retrieved_best_first() -> None:
    expected = [[0, 1, 3], [0, 1, -1], [-1] * 3, [-1] * 3, [-1] * 3, [0, 1, 3]]
    assert LINKS.retrieve(PEOPLE, ones(PEOPLE), 3).tolist() == expected
    for row, best in enumerate(expected):
        one = PEOPLE.select(np.array([row]))
        assert LINKS.retrieve(one, ones(one), 3).tolist() == [best]
        assert LINKS.retrieve(one, ones(one), 1).tolist() == [best[:1]]


@pytest.mark.usefixtures("table")
def test_each_interaction_has_its_share_of_each_item() -> None:
    items = np.array([[4, 0, 3], [1, 1, 0], [0, 1, 4], [0, 0, 0], [0, 0, 0], [0, 1, 3]])
    shares = LINKS.reasons(PEOPLE, ones(PEOPLE), items)
    assert shares[:2].tolist() == [[0, 0, 0.25], [-2, 1, 0]]
    assert shares[2:4].tolist() == [[1, 1, 2]] * 2
    assert not shares[4:6].any()
    assert shares[6:].tolist() == [[0, 0.5, 0.25], [0, 0, 0], [2, 1, 0]]


def test_what_does_not_count_passes_nothing() -> None:
    people = people_of([[0, 1], [0]], 5, weights=[[1.0, 0.0], [-1.0]])
    scores = LINKS.spread(people, recency(people, 1.0))
    assert np.array_equal(scores[0], [0, 0.5, NAN, 0.25, 0], equal_nan=True)
    assert np.isnan(scores[1]).all()


def test_all_weights_have_one_unit() -> None:
    items = np.array([[1], [0], [0]], dtype=np.int32)
    known = np.array([True, True, False])
    large, small = np.array([[3e5], [1e5], [0]], np.float32), np.array([[3e-9], [1e-9], [0]])
    for weights in (large, small.astype(np.float32)):
        links = Links.kept(items, weights, known)
        assert links.weights.dtype == np.float16
        assert len(links.items) == 2
        assert links.row(0)[1] == pytest.approx(weights[0, 0], rel=2.0**-11)
        again = Links.restored(stored(links.state()))
        assert np.array_equal(again.row(1), links.row(1), equal_nan=True)


def test_a_release_with_rows_of_unknown_items_is_restored() -> None:
    state = LINKS.state()
    items, weights = np.full((5, 2), 9, np.int32), np.full((5, 2), 9, np.float32)
    items[KNOWN], weights[KNOWN] = state.arrays["items"], state.arrays["weights"]
    former = type(state)({"items": items, "weights": weights, "known": KNOWN}, {"half_life": 3.0})
    again = Links.restored(former)
    assert np.array_equal(again.spread(PEOPLE, ones(PEOPLE)), SCORES, equal_nan=True)


def test_what_is_stored_serves_as_it_lies() -> None:
    state = stored(LINKS.state())
    links = Links.restored(state)
    assert np.shares_memory(links.weights, state.arrays["weights"])
    assert np.shares_memory(links.items, state.arrays["items"])
