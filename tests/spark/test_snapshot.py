"""A snapshot holds numbers only, and all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.data import TrainingData
from tastemaker.spark.snapshot import write_snapshot

COLUMNS = ["person", "item", "place", "kind", "weight", "value", "time"]


@pytest.fixture
def parquet() -> Any:
    """What reads Parquet."""
    return pytest.importorskip("pyarrow.parquet")


def test_every_interaction_is_there(data: TrainingData, tmp_path: Path, parquet: Any) -> None:
    write_snapshot(tmp_path / "snapshot", data)
    table = parquet.read_table(tmp_path / "snapshot")
    people, histories = data.people, data.people.histories
    assert table.column_names == COLUMNS
    assert np.array_equal(table["person"].to_numpy(), histories.rows)
    assert np.array_equal(table["item"].to_numpy(), histories.items)
    assert np.array_equal(table["kind"].to_numpy(), people.kinds)
    assert np.array_equal(table["weight"].to_numpy(), people.weights)
    assert np.array_equal(table["value"].to_numpy(), histories.values)
    places = table["place"].to_numpy()
    assert (places[histories.indptr[:-1]] == 0).all()
    assert np.array_equal(places + histories.ages, (histories.lengths - 1)[histories.rows])


def test_what_has_no_time_has_none(data: TrainingData, tmp_path: Path, parquet: Any) -> None:
    write_snapshot(tmp_path / "snapshot", data)
    times = parquet.read_table(tmp_path / "snapshot")["time"]
    assert times.null_count == np.isnan(data.people.times).sum() > 0
    assert np.array_equal(times.to_numpy(), data.people.times, equal_nan=True)


def test_groups_of_whole_people(
    data: TrainingData, tmp_path: Path, parquet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tastemaker.spark.snapshot.SNAPSHOT_ROWS", 50)
    write_snapshot(tmp_path / "snapshot", data)
    file = parquet.ParquetFile(tmp_path / "snapshot" / "interactions.parquet")
    assert file.num_row_groups > 3
    people = [set(file.read_row_group(group)["person"].to_pylist()) for group in range(3)]
    assert people[0].isdisjoint(people[1])
    assert np.array_equal(file.read()["item"].to_numpy(), data.people.histories.items)


def test_ids_and_texts_stay(data: TrainingData, tmp_path: Path) -> None:
    write_snapshot(tmp_path / "snapshot", data)
    (file,) = (tmp_path / "snapshot").iterdir()
    assert b"secret" not in file.read_bytes()
