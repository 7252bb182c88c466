from __future__ import annotations

import copy

import numpy as np
import pytest

from tastemaker import Items, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.text_two_tower import (
    TextTowers,
    TextTwoTower,
    TextTwoTowerSettings,
)

# people who choose what is red also choose what is crimson; blue goes with azure
COLOURS = (("red", "crimson"), ("blue", "azure"))
THINGS = ("cup", "plate", "spoon", "fork", "bowl", "glass")


def titled(*titles: str) -> Items:
    ids = tuple(f"item {title}" for title in titles)
    return Items(ids, titles, ("",) * len(titles))


def palette() -> TrainingData:
    """24 things in four colours; each person chose the same things in two that go together."""
    items = titled(
        *(f"{colour} {thing}" for pair in COLOURS for colour in pair for thing in THINGS)
    )
    generator = np.random.default_rng(3)
    histories = []
    for person in range(40):
        things = generator.permutation(6)[:3] + 12 * (person % 2)
        histories.append([*map(int, things), *map(int, generator.permutation(things + 6))])
    return TrainingData(items, people_of(histories, len(items)))


@pytest.fixture(scope="module")
def towers() -> TextTwoTower:
    return TextTwoTower(TextTwoTowerSettings(epochs=30, n_negatives=12)).fit(palette(), no_progress)


def test_it_goes_on_from_where_another_one_has_ended(towers: TextTwoTower) -> None:
    settings = TextTwoTowerSettings(epochs=1, n_negatives=12)
    cold = TextTwoTower(settings).fit(palette(), no_progress)
    warm = TextTwoTower(settings).fit_from(palette(), no_progress, towers)
    people = people_of([[0, 1]], 24)  # red things: crimson ones go with them, azure ones do not
    leads = [
        one.score(people)[0, 6:12].min() - one.score(people)[0, 12:].max() for one in (warm, cold)
    ]
    assert leads[0] > leads[1] + 1


def test_where_another_one_is_of_another_size_it_learns_anew(towers: TextTwoTower) -> None:
    settings = TextTwoTowerSettings(epochs=1, n_negatives=12, embedding_size=8)
    warm = TextTwoTower(settings).fit_from(palette(), no_progress, towers)
    cold = TextTwoTower(settings).fit(palette(), no_progress)
    assert np.array_equal(warm.items.vectors, cold.items.vectors)


def test_words_that_never_stand_together_go_together_when_people_choose_so(
    towers: TextTwoTower,
) -> None:
    longer = copy.copy(towers)
    longer.extend(titled("red pan", "crimson pot", "azure pot"))
    scores = longer.score(people_of([[24]], 27))[0]
    assert scores[25] > scores[26]


def test_numpy_computes_what_keras_predicts(towers: TextTwoTower) -> None:
    texts = towers.vocabulary.read(palette().items)
    with keras_for(0) as keras:
        model = TextTowers(keras, towers.network)
        first, second = np.divmod(np.arange(24 * 24), 24)
        chances = model.model.predict([texts[first], texts[second]], verbose=0)
    people = people_of([[item] for item in range(24)], 24)
    found = 1 / (1 + np.exp(-towers.score(people)))
    np.testing.assert_allclose(found.ravel(), chances, atol=1e-4)


def test_before_any_training_alike_texts_go_together_and_rare_words_count_more() -> None:
    items = titled("old lamp", "old frog", "new lamp", "old door", "old shoe", "old tree")
    towers = TextTwoTower().fit(TrainingData(items, people_of([[]], 6)), no_progress)
    likeness = towers.similar(0)
    assert likeness.argmax() == 0
    assert likeness[2] > likeness[[1, 3, 4, 5]].max()


def test_an_item_without_known_words_abstains(towers: TextTwoTower) -> None:
    longer = copy.copy(towers)
    longer.extend(titled("unknown words", ""))
    scores = longer.score(people_of([[0], [24], []], 26))
    assert np.isnan(scores[:, 24:]).all()
    assert np.isnan(scores[1:]).all()
    assert np.isfinite(scores[0, :24]).all()
