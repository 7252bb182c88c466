"""The same rows mean the same, whatever kind of table they come in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from tastemaker.errors import InputError, RowRefusedError
from tastemaker.io.putting import put_item_table, put_user_table, record_table
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.read import snapshot
from tastemaker.store.items import iterate_items
from tastemaker.store.sql.database import Database
from tastemaker.store.users.features import declared_features
from tastemaker.store.users.rows import iterate_users
from tastemaker.validation import UNTIMED, ItemRow, Json

State = Callable[[], object]
Make = Callable[[dict[str, list[Any]]], Any]

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123456)
COLUMNS: dict[str, list[Any]] = {
    "user_id": ["alice", "bob", "alice"],
    "item_id": ["tea", "tea", "mug"],
    "kind": ["view", "purchase", "view"],
    "value": [1.0, 2.5, 0.25],
    "timestamp": [MOMENT, datetime(2024, 5, 7), datetime(1969, 1, 1)],
}


def mappings(columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def arrow(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("pyarrow").table(columns)


def batches(columns: dict[str, list[Any]]) -> Any:
    return arrow(columns).to_reader(max_chunksize=2)


def pandas(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("pandas").DataFrame(columns)


def polars(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("polars").DataFrame(columns)


class Only:
    """A frame without its Arrow interface, as it is where pyarrow is missing."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.columns = frame.columns

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, part: slice) -> Any:
        return getattr(self.frame, "iloc", self.frame)[part]


def pandas_alone(columns: dict[str, list[Any]]) -> Any:
    return Only(pandas(columns))


def polars_alone(columns: dict[str, list[Any]]) -> Any:
    return Only(polars(columns))


KINDS = [mappings, arrow, batches, pandas, polars, pandas_alone, polars_alone]


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a table of columns."""
    made: Make = request.param
    return made


def test_interactions_of_every_kind_of_table(
    sqlite_database: Database, key: Any, make: Make
) -> None:
    from tastemaker.store.key_rows import create_keyring

    with sqlite_database.writing() as connection:
        keyring = create_keyring(connection, key)
    result = record_table(sqlite_database, keyring, make(COLUMNS), "like")
    assert (result.what, result.read, result.new, result.updated) == ("interactions", 3, 3, 0)
    with sqlite_database.reading() as connection:
        rows = snapshot(connection)
    given = [moment.replace(tzinfo=UTC).timestamp() for moment in COLUMNS["timestamp"]]
    assert sorted(rows.times.tolist()) == sorted(round(one * 1e6) for one in given)
    assert sorted(rows.values.tolist()) == [0.25, 1.0, 2.5]
    again = record_table(sqlite_database, keyring, make(COLUMNS), "like")
    assert (again.new, again.updated) == (0, 3)


def test_tables_and_files_give_the_same(
    database: Database, keyring: Keyring, state: State, make: Make
) -> None:
    record_table(database, keyring, make(COLUMNS), "like")
    first = state()
    record_table(database, keyring, mappings(COLUMNS), "like")
    assert state() == first
    assert len(list(filter(lambda row: "timestamp" in row, first))) == 3  # type: ignore[call-overload]


def test_numbers_for_ids_and_missing_values(
    database: Database, keyring: Keyring, make: Make, state: State
) -> None:
    columns: dict[str, list[Any]] = {
        "user_id": [1, 2, 3],
        "item_id": [10, 10, 11],
        "value": [None, 2.0, None],
        "more": ["a", "b", "c"],
    }
    result = record_table(database, keyring, make(columns), "like")
    assert result.unread == ("more",)
    rows = [row for row in map(str, state()) if "timestamp" in row]  # type: ignore[call-overload]
    assert [("'user_id', '1'" in row, "'value', 1.0" in row) for row in rows].count(
        (True, True)
    ) == 1
    with database.reading() as connection:
        stored = snapshot(connection)
    assert set(stored.times.tolist()) == {UNTIMED}
    assert sorted(stored.values.tolist()) == [1.0, 1.0, 2.0]


def test_items_with_attributes(database: Database, make: Make) -> None:
    columns: dict[str, list[Any]] = {
        "item_id": ["tea", "mug"],
        "title": ["Tea", None],
        "available": [False, True],
        "price": [2.5, 4.0],
        "stock": [3, 0],
        "tags": [["hot", "green"], ["b|c"]],
    }
    assert put_item_table(database, make(columns)) == (2, 0)
    assert put_item_table(database, make(columns)) == (0, 2)
    with database.reading() as connection:
        found = {row.item_id: row for row in iterate_items(connection)}
    tea: dict[str, Json] = {"price": 2.5, "stock": 3, "tags": ["hot", "green"]}
    assert found["tea"] == ItemRow("tea", "Tea", "", tea, False)
    assert found["mug"].attributes["tags"] == ["b|c"]


def test_users_with_attributes(database: Database, keyring: Keyring, make: Make) -> None:
    columns: dict[str, list[Any]] = {
        "user_id": ["alice", "bob"],
        "born": [date(2000, 1, 2), None],
        "town": ["Ulm", None],
    }
    assert put_user_table(database, keyring, make(columns), ["town"]) == (2, 0)
    with database.reading() as connection:
        found = {row.user_id: dict(row.attributes) for row in iterate_users(connection, keyring)}
        assert declared_features(connection) == ("town",)
    assert found["bob"] == {}
    assert found["alice"]["town"] == "Ulm"
    assert str(found["alice"]["born"]).startswith("2000-01-02")


def test_attributes_in_one_mapping(database: Database) -> None:
    rows = [{"item_id": "tea", "attributes": {"price": 2}, "stock": 1}]
    put_item_table(database, rows)
    with database.reading() as connection:
        (found,) = iterate_items(connection)
    assert found.attributes == {"price": 2, "stock": 1}
    with pytest.raises(RowRefusedError, match="A name stands in attributes and is a column"):
        put_item_table(database, [{"item_id": "tea", "attributes": {"price": 2}, "price": 3}])
    with pytest.raises(RowRefusedError, match="attributes is a str"):
        put_item_table(database, [{"item_id": "tea", "attributes": "price"}])


BAD: list[tuple[str, Any, str]] = [
    ("user_id", "", "user_id is empty"),
    ("item_id", "a\0b", "NUL"),
    ("kind", "x" * 65, "kind is 65 bytes"),
    ("value", 1e300, "±1e"),
]


@pytest.mark.parametrize(("column", "value", "reason"), BAD)
def test_a_bad_row_is_named_and_nothing_is_written(
    database: Database,
    keyring: Keyring,
    state: State,
    make: Make,
    column: str,
    value: Any,
    reason: str,
) -> None:
    n = 2500
    columns = {name: (values * n)[:n] for name, values in COLUMNS.items()}
    columns[column][2100] = value
    with pytest.raises(RowRefusedError, match=reason) as caught:
        record_table(database, keyring, make(columns), "like")
    assert (caught.value.row, caught.value.column) == (2100, column)
    assert "alice" not in str(caught.value)
    assert state() == []


def test_a_bad_attribute_is_named(database: Database, keyring: Keyring, state: State) -> None:
    with pytest.raises(RowRefusedError) as caught:
        put_item_table(database, [{"item_id": "a"}, {"item_id": "b", "size": float("nan")}])
    assert (caught.value.row, caught.value.column) == (1, "size")
    with pytest.raises(RowRefusedError) as caught:
        put_user_table(database, keyring, [{"user_id": "a", "secret": object()}], [])
    assert (caught.value.row, caught.value.column) == (0, None)
    assert "secret" not in str(caught.value)
    with pytest.raises(RowRefusedError) as caught:
        put_item_table(database, [{"title": "no id"}])
    assert caught.value.column == "item_id"
    assert state() == []


def test_what_is_no_table_is_refused(database: Database, keyring: Keyring) -> None:
    for rows in ("abc", {"item_id": ["a"]}, 7, b"x"):
        with pytest.raises(InputError, match="The rows are a"):
            put_item_table(database, rows)  # type: ignore[arg-type]
    with pytest.raises(RowRefusedError, match="it is a tuple") as caught:
        record_table(database, keyring, [{"user_id": "a", "item_id": "b"}, ("a", "b")], "like")  # type: ignore[list-item]
    assert caught.value.row == 1


@pytest.mark.parametrize("make_frame", KINDS[1:], ids=lambda make: make.__name__)
def test_a_table_without_a_column_is_refused(
    database: Database, keyring: Keyring, make_frame: Make
) -> None:
    with pytest.raises(InputError, match="no column item_id among the 2, only user_id"):
        record_table(database, keyring, make_frame({"user_id": ["a"], "items": ["b"]}), "like")


def test_a_failing_generator_leaves_nothing(
    database: Database, keyring: Keyring, state: State
) -> None:
    def rows() -> Iterator[dict[str, object]]:
        for number in range(3000):
            yield {"user_id": f"u{number}", "item_id": "i"}
        raise RuntimeError("the application's own")

    with pytest.raises(RuntimeError, match="own"):
        record_table(database, keyring, rows(), "like")
    assert state() == []


def test_a_generator_may_use_the_database(database: Database, keyring: Keyring) -> None:
    def rows() -> Iterator[dict[str, object]]:
        for number in range(3):
            record_table(database, keyring, [{"user_id": "u", "item_id": number}], "like")
            yield {"item_id": f"new-{number}"}

    assert put_item_table(database, rows()) == (3, 0)


def test_uuids_and_numpy_numbers(database: Database, keyring: Keyring, state: State) -> None:
    own = UUID(int=7)
    rows = [{"user_id": own, "item_id": np.int64(5), "value": np.float32(0.5)}]
    record_table(database, keyring, rows, "like")
    assert str(own) in str(state())
    with pytest.raises(RowRefusedError, match="user_id is a float"):
        record_table(database, keyring, [{"user_id": 1.0, "item_id": "a"}], "like")
    with pytest.raises(RowRefusedError, match="item_id is a int"):
        record_table(database, keyring, [{"user_id": "a", "item_id": 10**5000}], "like")
    with pytest.raises(RowRefusedError, match="user_id is a bool"):
        record_table(database, keyring, [{"user_id": True, "item_id": "a"}], "like")


def test_pandas_indexes_categories_zones_and_mixed_columns(
    database: Database, keyring: Keyring
) -> None:
    frames = pytest.importorskip("pandas")
    frame = frames.DataFrame(
        {
            "user_id": frames.Categorical(["a", "b", "a"]),
            "item_id": ["x", "y", "z"],
            "timestamp": frames.to_datetime(
                ["2024-01-01T01:00+01:00", None, "2024-01-03T00:00Z"], utc=True
            ).tz_convert("Europe/Berlin"),
        }
    )
    chosen = frame[frame.item_id != "y"]  # its index has no name and is a column for Arrow
    assert record_table(database, keyring, chosen, "like").unread == ()
    with database.reading() as connection:
        times = set(snapshot(connection).times.tolist())
    assert times == {1704067200_000000, 1704240000_000000}
    mixed = frames.DataFrame({"item_id": ["a", "b"], "tags": ["one", ["two", "three"]]})
    assert put_item_table(database, mixed).new == 2


def test_polars_categories(database: Database, keyring: Keyring) -> None:
    frames = pytest.importorskip("polars")
    frame = frames.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "x"], "kind": ["k", "k"]})
    frame = frame.with_columns(frames.col("kind").cast(frames.Categorical))
    assert record_table(database, keyring, frame, "like").new == 2


def test_arrow_without_pyarrow_says_what_to_install(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            raise NotImplementedError

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="need pyarrow"):
        put_item_table(database, Stream())
