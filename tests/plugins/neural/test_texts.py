from __future__ import annotations

import numpy as np

from tastemaker import Items
from tastemaker_plugins.neural.texts import Vocabulary, averages, truncated


def items(*titles: str, texts: tuple[str, ...] = (), **attributes: list[tuple[str, ...]]) -> Items:
    columns = {name: tuple(values) for name, values in attributes.items()}
    return Items(titles, titles, texts or ("",) * len(titles), columns)


def test_items_are_read_as_title_attributes_and_text() -> None:
    shelf = items("Red LAMP", "lamp", texts=("a lamp", ""), colour=[("Red", ""), ()])
    vocabulary = Vocabulary.of(shelf, 100, 6)
    read = vocabulary.read(shelf)
    assert len(vocabulary) == 4  # red, lamp, colour=red, a
    red, lamp, colour, a, again, end = read[0]
    assert len({red, lamp, colour, a}) == 4
    assert (again, end) == (lamp, 0)
    assert read[1].tolist() == [lamp, 0, 0, 0, 0, 0]


def test_the_most_frequent_words_are_known_and_the_others_left_out() -> None:
    shelf = items("b a", "a b", "c a")
    vocabulary = Vocabulary.of(shelf, 2, 4)
    read = vocabulary.read(shelf)
    assert read[0, :2].tolist() == read[1, :2].tolist()[::-1]
    assert np.count_nonzero(read, axis=1).tolist() == [2, 2, 1]
    assert vocabulary.read(items("unknown words")).tolist() == [[0, 0, 0, 0]]


def test_numbers_are_read_as_their_step() -> None:
    prices = items(*["x"] * 100, price=[(str(value),) for value in range(100)])
    read = Vocabulary.of(prices, 100, 4).read(prices)
    assert len(np.unique(read[:, 1])) == 10
    assert (read[:10, 1] == read[0, 1]).all()


def test_long_texts_are_truncated() -> None:
    shelf = items("a b c d e f")
    assert Vocabulary.of(shelf, 100, 3).read(shelf).shape == (1, 3)


def test_a_vocabulary_can_be_stored() -> None:
    shelf = items(*"abcdefghijkl", price=[(str(value),) for value in range(12)])
    vocabulary = Vocabulary.of(shelf, 100, 4)
    restored = Vocabulary.restored(vocabulary.arrays(), vocabulary.values())
    assert (restored.read(shelf) == vocabulary.read(shelf)).all()


def test_truncating_leaves_out_padding_only_or_what_few_texts_need() -> None:
    texts = np.array([[1, 0, 0, 0]] * 19 + [[1, 2, 3, 0]], dtype=np.int32)
    assert truncated(texts).shape == (20, 3)
    assert truncated(texts, 0.5).shape == (20, 1)
    assert truncated(np.zeros((2, 4), dtype=np.int32)).shape == (2, 1)


def test_averages_leave_out_padding() -> None:
    words = np.array([[9, 9], [1, 0], [0, 1]], dtype=np.float32)
    texts = np.array([[1, 2, 0], [2, 0, 0], [0, 0, 0]], dtype=np.int32)
    assert averages(words, texts).tolist() == [[0.5, 0.5], [0, 1], [0, 0]]
