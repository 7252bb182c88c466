"""What is fitted on Spark is what would have been fitted here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tastemaker.data import Histories, TrainingData
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import State, no_progress
from tastemaker.spark.cluster import SparkCluster, open_cluster
from tastemaker.spark.registry import SparkRegistry

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("default"),
    pytest.mark.timeout(1800),  # Spark has many threads: minutes on a busy machine
]

ALIKE = ("popular", "recent-popular", "transition", "item-knn")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    """Spark on two processors of this machine."""
    with open_cluster("local[2]", tmp_path_factory.mktemp("snapshots"), 2**30) as cluster:
        yield cluster


def states(
    name: str, cluster: SparkCluster, data: TrainingData, settings: dict[str, object]
) -> tuple[State, State]:
    """What a recommender is made of when it is fitted here, and there."""
    here = Registry().create(name, settings).fit(data, no_progress)
    there = SparkRegistry((), (), cluster).create(name, settings).fit(data, no_progress)
    assert isinstance(there, type(here))
    return here.state(), there.state()


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_model(name: str, cluster: SparkCluster, data: TrainingData) -> None:
    here, there = states(name, cluster, data, {})
    assert here.values == there.values
    assert here.arrays.keys() == there.arrays.keys()
    for array, own in here.arrays.items():
        other = there.arrays[array]
        assert own.dtype == other.dtype
        if own.dtype.kind == "f":
            assert np.allclose(own, other, rtol=1e-5)
        else:
            assert np.array_equal(own, other)


def test_als_finds_the_two_tastes(cluster: SparkCluster, data: TrainingData) -> None:
    tastes = divided(data)
    here, there = states("als", cluster, tastes, {"factors": 4})
    assert here.values == pytest.approx(there.values)
    shapes = [{name: one.shape for name, one in state.arrays.items()} for state in (here, there)]
    assert shapes[0] == shapes[1]
    kind = Registry().find("als").recommender
    assert kind is not None
    scores = kind.restore(there).score(tastes.people)
    odd = np.arange(len(tastes.people)) % 2 == 1
    assert np.array_equal(scores[:, 1::2].mean(axis=1) > scores[:, ::2].mean(axis=1), odd)


def divided(data: TrainingData) -> TrainingData:
    """The same, but that even people choose even items only, and odd people odd ones."""
    people, own = data.people, data.people.histories
    items = (own.items // 2 * 2 + own.rows % 2).astype(np.int32)
    histories = Histories(own.indptr, items, own.values, own.n_items)
    return replace(data, people=replace(people, histories=histories))


def test_others_are_fitted_here(cluster: SparkCluster, data: TrainingData) -> None:
    assert type(SparkRegistry((), (), cluster).create("ease")) is type(Registry().create("ease"))


def test_a_snapshot_is_gone_once_the_next_is_there(
    cluster: SparkCluster, data: TrainingData, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cluster.hold(data)
    places = list(cluster.folder.iterdir())
    cluster.hold(data)
    assert list(cluster.folder.iterdir()) == places
    half = TrainingData(data.items, data.people.newest(2), data.kinds)
    cluster.hold(half)
    (place,) = cluster.folder.iterdir()
    assert place not in places
    (count,) = cluster.select("SELECT count(*) AS n FROM interactions")["n"]
    assert count == len(half.people.times)


def test_everything_is_gone_at_the_end(tmp_path: Path, data: TrainingData) -> None:
    with open_cluster("local[2]", tmp_path, 2**30) as cluster:
        cluster.hold(data)
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
