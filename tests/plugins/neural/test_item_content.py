from __future__ import annotations

import numpy as np

from tastemaker import Items
from tastemaker.testing import items_of
from tastemaker_plugins.neural.item_content import ItemContent


def test_items_of_alike_content_have_vectors_alike() -> None:
    items = items_of(8)
    vectors = ItemContent.of(items, 4, 100, 10, 0).read(items)
    likeness = vectors @ vectors.T
    alike = np.arange(8)[:, np.newaxis] % 2 == np.arange(8) % 2
    assert np.allclose(likeness[alike], 1, atol=1e-4)
    assert likeness[~alike].max() < 0.9


def test_items_without_a_known_word_have_no_vector() -> None:
    content = ItemContent.of(items_of(8), 4, 100, 10, 0)
    strange = Items(("new", "mute"), ("Zyx", ""), ("qwv", ""))
    assert not content.read(strange).any()


def test_there_may_be_no_words_or_no_items() -> None:
    mute = Items(("a", "b"), ("", ""), ("", ""))
    for items in (mute, items_of(0), items_of(1)):
        content = ItemContent.of(items, 4, 100, 10, 0)
        assert content.read(items).shape == (len(items), 4)


def test_what_is_restored_reads_alike() -> None:
    items = items_of(8)
    content = ItemContent.of(items, 4, 100, 10, 0)
    restored = ItemContent.restored(content.arrays(), content.values())
    assert np.array_equal(restored.read(items), content.read(items))
