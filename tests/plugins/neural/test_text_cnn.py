from __future__ import annotations

import copy

import numpy as np
import pytest

from tastemaker import Items, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.layers import dense
from tastemaker_plugins.neural.text_cnn import (
    TextCnn,
    TextCnnModel,
    TextCnnSettings,
    categories,
    one_hot,
)

GARDEN = ("rose", "spade", "soil", "seed", "hedge", "lawn")
KITCHEN = ("pan", "knife", "oven", "whisk", "stove", "ladle")


def titled(*titles: str, **attributes: list[tuple[str, ...]]) -> Items:
    columns = {name: tuple(values) for name, values in attributes.items()}
    return Items(tuple(f"item {title}" for title in titles), titles, ("",) * len(titles), columns)


def topics(kinds: bool = True) -> TrainingData:
    """30 items of each of two topics, whose titles are three of the topic's words."""
    generator = np.random.default_rng(5)
    titles = [
        " ".join(generator.permutation(words)[:3]) for words in (GARDEN, KITCHEN) for _ in range(30)
    ]
    kind: list[tuple[str, ...]] = [(name,) for name in ("garden", "kitchen") for _ in range(30)]
    items = titled(*titles, kind=kind) if kinds else titled(*titles)
    histories = [
        [int(item) + 30 * (person % 2) for item in generator.permutation(30)[:6]]
        for person in range(30)
    ]
    return TrainingData(items, people_of(histories, 60))


@pytest.fixture(scope="module", params=["categories", "clusters"])
def cnn(request: pytest.FixtureRequest) -> TextCnn:
    settings = TextCnnSettings(targets=request.param, n_clusters=2, epochs=40, filters=32)
    return TextCnn(settings).fit(topics(kinds=request.param == "categories"), no_progress)


def test_words_of_one_topic_are_alike_even_where_no_word_is_shared(cnn: TextCnn) -> None:
    longer = copy.copy(cnn)
    longer.extend(titled("rose spade", "hedge lawn", "oven whisk"))
    likeness = longer.similar(60)
    assert likeness[61] > likeness[62]
    scores = longer.score(people_of([[0, 1, 2], [30, 31]], 63))
    assert scores[0, :30].mean() > scores[0, 30:60].mean() + 0.2
    assert scores[1, :30].mean() < scores[1, 30:60].mean() - 0.2


def test_numpy_computes_what_keras_predicts(cnn: TextCnn) -> None:
    texts = cnn.vocabulary.read(topics().items)
    with keras_for(0) as keras:
        model = TextCnnModel(keras, cnn.network)
        pooled = model.pooled.predict(texts, verbose=0)
        chances = model.model.predict(texts, verbose=0)
    found = cnn.pooled(texts)
    kernel, bias = cnn.network["categories.0"], cnn.network["categories.1"]
    np.testing.assert_allclose(found, pooled, atol=1e-4)
    raised = np.exp(dense(found, kernel, bias))
    np.testing.assert_allclose(raised / raised.sum(axis=1, keepdims=True), chances, atol=1e-4)


def test_categories_are_values_that_many_items_share_and_no_numbers() -> None:
    items = titled(
        *(["x"] * 20),
        kind=[("a", "b")] * 10 + [("b",)] * 9 + [()],
        name=[(f"name {row}",) for row in range(20)],
        price=[(str(row),) for row in range(20)],
        only=[("same",)] * 20,
    )
    found = categories(items)
    assert found.shape == (20, 2)
    assert found[0].tolist() == [0.5, 0.5]
    assert found[12].tolist() == [0, 1]
    assert found[19].tolist() == [0, 0]


def test_no_category_at_all() -> None:
    assert categories(titled("a", "b")).shape == (2, 0)
    assert one_hot(np.array([1, -1, 0])).tolist() == [[0, 1], [0, 0], [1, 0]]


def test_an_item_without_known_words_abstains(cnn: TextCnn) -> None:
    longer = copy.copy(cnn)
    longer.extend(titled("unknown words", ""))
    scores = longer.score(people_of([[0], [60], []], 62))
    assert np.isnan(scores[:, 60:]).all()
    assert np.isnan(scores[1:]).all()
    assert np.isfinite(scores[0, :60]).all()
