from __future__ import annotations

import copy

import numpy as np
import pytest

from tastemaker import Histories, Items, People, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.neural.keras_training import keras_for
from tastemaker_plugins.neural.liking_examples import disliked
from tastemaker_plugins.neural.text_lstm import TextLstm, TextLstmModel, TextLstmSettings

GARDEN = ("rose", "spade", "soil", "seed", "hedge", "lawn")
KITCHEN = ("pan", "knife", "oven", "whisk", "stove", "ladle")


def titled(*titles: str) -> Items:
    return Items(tuple(f"item {title}" for title in titles), titles, ("",) * len(titles))


def topics() -> TrainingData:
    """20 items of each of two topics; people like one of them and dislike the other."""
    generator = np.random.default_rng(5)
    titles = [
        " ".join(generator.permutation(words)[:3]) for words in (GARDEN, KITCHEN) for _ in range(20)
    ]
    histories, weights = [], []
    for person in range(40):
        chosen = np.concatenate((generator.permutation(20)[:5], 20 + generator.permutation(20)[:5]))
        likes = (chosen < 20) == (person % 2 == 0)
        order = generator.permutation(10)
        histories.append([int(item) for item in chosen[order]])
        weights.append([1.0 if liked else -1.0 for liked in likes[order]])
    return TrainingData(titled(*titles), people_of(histories, 40, weights=weights))


@pytest.fixture(scope="module")
def lstm() -> TextLstm:
    settings = TextLstmSettings(epochs=15, batch_size=64, n_negatives=16)
    return TextLstm(settings).fit(topics(), no_progress)


def test_texts_like_the_liked_ones_suit_and_texts_like_the_disliked_do_not(lstm: TextLstm) -> None:
    longer = copy.copy(lstm)
    longer.extend(titled("hedge lawn", "oven whisk"))
    people = people_of([[0, 1], [20, 21], [0, 1]], 42, weights=[[1, 1], [1, 1], [-1, -1]])
    scores = longer.score(people)
    assert scores[0, 40] > scores[0, 41]
    assert scores[1, 40] < scores[1, 41]
    assert scores[2, 40] < scores[2, 41]


def test_numpy_computes_what_keras_predicts(lstm: TextLstm) -> None:
    texts = lstm.vocabulary.read(topics().items)
    liked = np.array([[1, 1, -1], [-1, 1, 1]], dtype=np.float32)
    history = np.array([[0, 7, 21], [3, 30, 39]])
    with keras_for(0) as keras:
        model = TextLstmModel(keras, lstm.network, 3, texts.shape[1])
        reads = [np.repeat(part, 40, axis=0) for part in (texts[history], (liked < 0) * 1.0)]
        chances = model.model.predict([*reads, np.tile(texts, (2, 1))], verbose=0)
    # times that are all the same let every item of the history count alike
    people = people_of(history.tolist(), 40, times=[[1.0] * 3] * 2, weights=liked.tolist())
    found = 1 / (1 + np.exp(-lstm.score(people)))
    np.testing.assert_allclose(found.ravel(), chances, atol=1e-4)


def valued(*values: list[float]) -> People:
    people = people_of([[0] * len(row) for row in values], 1)
    flat = np.array([value for row in values for value in row], dtype=np.float32)
    histories = Histories(people.histories.indptr, people.histories.items, flat, 1)
    return People(histories, people.times, people.kinds, people.weights)


def test_what_is_low_for_a_person_is_disliked() -> None:
    assert disliked(valued([5, 4, 4, 5, 1])).tolist() == [False] * 4 + [True]
    assert not disliked(valued([3, 3, 3], [1.0], [0.1, 0.1, 0.1], [])).any()


def test_kinds_of_negative_weight_are_disliked_and_those_without_weight_do_not_count() -> None:
    people = people_of([[0, 1, 2]], 3, weights=[[-1, 0, 1]])
    assert disliked(people).tolist() == [True, False, False]
    assert TextLstm().weights(people)[1] == 0


def test_an_item_without_known_words_abstains(lstm: TextLstm) -> None:
    longer = copy.copy(lstm)
    longer.extend(titled("unknown words", ""))
    scores = longer.score(people_of([[0], [40], []], 42))
    assert np.isnan(scores[:, 40:]).all()
    assert np.isnan(scores[1:]).all()
    assert np.isfinite(scores[0, :40]).all()
