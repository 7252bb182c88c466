from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest

from tastemaker import Items, State, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.content.tfidf import Tfidf, TfidfSettings


def titled(*titles: str, **attributes: Sequence[tuple[str, ...]]) -> Items:
    columns = {name: tuple(values) for name, values in attributes.items()}
    ids = tuple(f"item-{index}" for index in range(len(titles)))
    return Items(ids, titles, ("",) * len(titles), columns)


def fitted(items: Items) -> Tfidf:
    return Tfidf().fit(TrainingData(items, people_of([[]], len(items))), no_progress)


def test_alike_titles_are_similar_and_rare_words_count_more() -> None:
    items = titled("blue lamp", "blue shade", "blue lamp", "old shade", "green frog", "blue frog")
    likeness = fitted(items).similar(0)
    assert likeness[0] == pytest.approx(1.0)
    assert likeness[2] == pytest.approx(1.0)
    assert 0 < likeness[1] < likeness[0]
    assert likeness[3] == likeness[4] == 0


def test_a_score_is_the_mean_likeness_to_the_history() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue frog", "lamp"))
    scores = tfidf.score(people_of([[0], [1, 0]], 4))
    # an item is no neighbour of itself; the older of two interactions counts 1 / (1 + 1 / 10)
    to_lamp, to_frog = (tfidf.similar(item) * (np.arange(4) != item) for item in (0, 1))
    assert scores[0] == pytest.approx(to_lamp, abs=1e-3)
    assert scores[1] == pytest.approx((to_lamp + to_frog / 1.1) / (1 + 1 / 1.1), abs=1e-3)


def test_only_the_nearest_items_of_each_count() -> None:
    items = titled("blue lamp", "blue lamp", "blue frog")
    data = TrainingData(items, people_of([[]], 3))
    tfidf = Tfidf(TfidfSettings(neighbours=1)).fit(data, no_progress)
    assert tfidf.similar(0)[2] > 0
    assert tfidf.score(people_of([[0]], 3))[0] == pytest.approx([0, 1, 0], abs=1e-3)
    assert tfidf.score(people_of([[2]], 3))[0, 2] == 0


def test_terms_of_too_many_items_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    items = titled("blue lamp", "blue lamp", "blue frog")
    monkeypatch.setattr("tastemaker_plugins.content.term_neighbours.PAIRS", 10)
    scores = fitted(items).score(people_of([[0]], 3))[0]
    assert scores[1] > scores[2] == 0  # nine pairs share "blue": with the others more than ten


def test_an_item_without_terms_abstains() -> None:
    tfidf = fitted(titled("blue lamp", "", "blue frog"))
    scores = tfidf.score(people_of([[0], [1], []], 3))
    assert np.isnan(scores[:, 1]).all()
    assert np.isnan(scores[1:]).all()
    assert np.isfinite(scores[0, [0, 2]]).all()


def test_items_added_later_are_scored_and_score_others() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue shade"))
    longer = copy.copy(tfidf)
    longer.extend(titled("green lamp", "unknown words"))
    scores = longer.score(people_of([[1], [3]], 5))
    assert scores[0, 3] > 0
    assert scores[1, 1] > 0
    assert np.isnan(scores[:, 4]).all()
    assert tfidf.score(people_of([[1]], 3)).shape == (1, 3)


def test_some_items_score_as_among_all_and_each_interaction_has_its_share() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue frog", "", "lamp"))
    people = people_of([[0, 2, 3], [1], [3], []], 5)
    items = np.array([[2, 0, 4], [1, 3, 2], [0, 1, 2], [0, 0, 0]])
    expected = np.take_along_axis(tfidf.score(people), items, axis=1)
    assert tfidf.score_items(people, items) == pytest.approx(expected, nan_ok=True)
    shares = tfidf.reasons(people, items)
    assert shares[:3].sum(axis=0) == pytest.approx(expected[0])
    assert shares[0, 2] > 0 == shares[1, 2]
    assert shares[3] == pytest.approx([0, 0, expected[1, 2]])
    assert not shares[[2, 4]].any()


def test_the_items_that_share_most_terms_are_retrieved() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue frog", "", "lamp", "blue lamp"))
    people = people_of([[0], [1, 2], [3], []], 6)
    assert tfidf.retrieve(people, 5)[0].tolist() == [5, 4, 2, -1, -1]
    assert tfidf.retrieve(people, 3)[2:].tolist() == [[-1] * 3] * 2
    scores = tfidf.score(people)
    for row in range(4):
        alone = people.select(np.array([row]))
        assert tfidf.retrieve(alone, 5).tolist() == tfidf.retrieve(people, 5)[[row]].tolist()
        everything = tfidf.score_items(alone, np.arange(6)[np.newaxis])
        assert everything[0] == pytest.approx(scores[row], nan_ok=True)


def test_a_release_without_links_is_restored_with_them() -> None:
    tfidf = fitted(titled("blue lamp", "green frog", "blue frog", "lamp"))
    state = tfidf.state()
    arrays = {name: state.arrays[name] for name in ("vocabulary", "rarity", "indptr", "indices")}
    values = {"half_life": 10.0, "edges": state.values["edges"]}
    older = Tfidf.restore(State({**arrays, "data": state.arrays["data"]}, values))
    people = people_of([[0, 2], [1]], 4)
    assert older.score(people) == pytest.approx(tfidf.score(people), abs=1e-3)
    assert np.array_equal(Tfidf.restore(state).score(people), tfidf.score(people))
