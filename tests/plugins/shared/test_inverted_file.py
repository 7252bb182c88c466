from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tastemaker_plugins.shared.inverted_file import InvertedFile

Float32Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]


def clustered(n: int, size: int = 16, n_clusters: int = 200) -> Float32Array:
    """Vectors around centres, of very uneven lengths."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((n_clusters, size))
    vectors = centres[draw.integers(0, n_clusters, n)] + 0.5 * draw.standard_normal((n, size))
    return (vectors * np.exp(0.5 * draw.standard_normal((n, 1)))).astype(np.float32)


def numbered(n: int) -> Rows:
    return np.arange(n, dtype=np.int32)


def recall(vectors: Float32Array, queries: Float32Array, k: int) -> float:
    """The share of the exact best that a search for half as many again finds, on average."""
    file, hits = InvertedFile.of(vectors, numbered(len(vectors))), 0
    for query in queries:
        best = np.argsort(-(vectors @ query))[:k]
        hits += len(np.intersect1d(best, file.search(query, k + k // 2)))
    return hits / (k * len(queries))


def test_nearly_all_of_the_best_hundred_are_found() -> None:
    vectors, draw = clustered(30_000), np.random.default_rng(1)
    mixed = vectors[draw.integers(0, len(vectors), (40, 4))].mean(axis=1)
    assert recall(vectors, mixed, 100) >= 0.98
    anywhere = draw.standard_normal((40, 16)).astype(np.float32)
    assert recall(vectors, anywhere, 100) >= 0.98


def test_only_a_small_part_is_tried() -> None:
    vectors = clustered(30_000)
    file = InvertedFile.of(vectors, numbered(len(vectors)))
    tried = file.candidates(vectors[5], 100)
    assert 200 <= len(tried[0]) < 0.2 * len(vectors)


def test_the_products_of_what_is_tried_are_nearly_right() -> None:
    vectors = clustered(2000)
    file = InvertedFile.of(vectors, numbered(2000))
    products, rows = file.candidates(vectors[7], 50)
    assert products == pytest.approx(
        vectors[rows] @ vectors[7], abs=0.02 * float(np.abs(products).max())
    )


def test_numbers_are_those_given_and_fewer_come_where_there_are_fewer() -> None:
    rows = np.array([4, 9, 11], np.int32)
    file = InvertedFile.of(np.array([[1, 0], [2, 0], [0, 1]], np.float32), rows)
    assert file.end == 12
    assert sorted(file.search(np.array([1, 0], np.float32), 10).tolist()) == [4, 9, 11]
    assert file.search(np.array([1, 0], np.float32), 1).tolist() == [9]


def test_of_nothing_nothing_is_found() -> None:
    file = InvertedFile.of(np.zeros((0, 3), np.float32), numbered(0))
    assert file.end == 0
    assert file.search(np.ones(3, np.float32), 5).tolist() == []


def test_equal_vectors_are_no_trouble() -> None:
    file = InvertedFile.of(np.ones((500, 3), np.float32), numbered(500))
    assert len(np.unique(file.search(np.ones(3, np.float32), 20))) == 20


def test_the_same_vectors_give_the_same_file_and_it_survives_storing() -> None:
    vectors = clustered(1000)
    one, same = (InvertedFile.of(vectors, numbered(1000)) for _ in range(2))
    arrays = one.arrays()
    assert all(np.array_equal(array, same.arrays()[name]) for name, array in arrays.items())
    restored = InvertedFile.restored(arrays)
    assert np.array_equal(restored.search(vectors[3], 10), one.search(vectors[3], 10))
