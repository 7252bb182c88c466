"""What the tests of Spark share: some histories, and whether Spark can be used here."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from tastemaker.data import Histories, Items, People, TrainingData
from tastemaker.spark.session import has_java

N_PEOPLE, N_ITEMS = 60, 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips by name what needs Spark where it, or Java, is missing."""
    if find_spec("pyspark") is not None and has_java():
        return
    reason = "needs pyspark and Java 17: make test-spark"
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def data() -> TrainingData:
    """Sixty people who chose some of twenty items: of two kinds, some at once, some at no time."""
    random = np.random.default_rng(0)
    lengths = random.integers(3, 12, N_PEOPLE)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    count = int(indptr[-1])
    hours = [np.sort(random.integers(0, 40, length)) for length in lengths]
    times = 1_600_000_000.0 + 3600.0 * np.concatenate(hours)
    times[indptr[:-1][::3]] = np.nan
    kinds = random.integers(0, 2, count).astype(np.int16)
    weights = np.array([1, 0.25], dtype=np.float32)[kinds]
    items = random.integers(0, N_ITEMS, count).astype(np.int32)
    histories = Histories(indptr, items, np.ones(count, dtype=np.float32), N_ITEMS)
    ids = tuple(f"secret-{item}" for item in range(N_ITEMS))
    catalogue = Items(ids, ids, ids)
    return TrainingData(catalogue, People(histories, times, kinds, weights), ("buy", "view"))
