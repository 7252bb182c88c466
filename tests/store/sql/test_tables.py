from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection, insert, inspect, select, text

from tastemaker.errors import StoreError
from tastemaker.store.crypto.sealed_column import FORMAT, SealedBytes
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import (
    PREFIX,
    VERSION_TABLE,
    include_name,
    interaction,
    item,
    kind,
    metadata,
    user,
)

SEALED = SealedBytes(FORMAT + bytes(46))

# All that PostgreSQL knows of a table: its columns and constraints, as it would write them.
COLUMNS = """
    SELECT table_name, column_name, data_type, column_default, is_nullable, collation_name,
           is_identity, identity_generation
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY 1"


def schema_of(connection: Connection) -> list[tuple[object, ...]]:
    statements = [SQLITE] if connection.dialect.name == "sqlite" else [COLUMNS, CONSTRAINTS]
    found = [tuple(row) for one in statements for row in connection.execute(text(one))]
    rows = [row for row in found if row[0] != VERSION_TABLE]
    # a column that came later stands at the end of the line before
    return [tuple(sorted(re.split(r",\s+", str(cell))) for cell in row) for row in rows]


def new_user(ref: int) -> dict[str, object]:
    return {"ref": bytes([ref]) * 16, "external_id": SEALED, "created": 0, "updated": 0}


def new_item(item_id: str) -> dict[str, object]:
    return {"external_id": item_id, "available": True, "created": 0, "updated": 0}


def test_the_migrations_make_the_tables_as_they_are_declared(database_url: str) -> None:
    with Database(database_url) as database:
        migrate.upgrade(database)
        migrate.check(database)
        with database.reading() as connection:
            migrated = schema_of(connection)
        migrate.downgrade(database, "base")
        with database.writing() as connection:
            metadata.create_all(connection)
            assert schema_of(connection) == migrated


def test_every_name_in_the_database_is_ours_by_its_prefix(connection: Connection) -> None:
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        assert table.startswith(PREFIX)
        constraints = [
            inspector.get_pk_constraint(table)["name"],
            *(one["name"] for one in inspector.get_unique_constraints(table)),
            *(one["name"] for one in inspector.get_foreign_keys(table)),
        ]
        assert all(name is None or name.startswith(PREFIX) for name in constraints)


@pytest.mark.parametrize(
    ("name", "type_", "included"),
    [
        ("orders", "table", True),
        ("tastemaker_user", "table", False),
        (VERSION_TABLE, "table", False),
        ("tastemaker_user", "column", True),
        (None, "schema", True),
    ],
)
def test_the_filter_leaves_out_our_tables_only(
    name: str | None, type_: str, included: bool
) -> None:
    assert include_name(name, type_, {}) is included  # type: ignore[arg-type]
    ours = migrate.is_ours(name, type_, {})
    assert ours is (not included if type_ == "table" else True)


def test_the_id_of_a_deleted_user_is_not_given_again(connection: Connection) -> None:
    first = connection.execute(insert(user), new_user(1)).inserted_primary_key
    connection.execute(user.delete())
    second = connection.execute(insert(user), new_user(2)).inserted_primary_key
    assert first is not None
    assert second is not None
    assert second[0] > first[0]


def test_an_interaction_of_nobody_is_refused(database: Database) -> None:
    row = {"user_id": 1, "time": 0, "item_id": 1, "kind_id": 1, "value": 1.0}
    with pytest.raises(StoreError, match="IntegrityError"), database.writing() as connection:
        connection.execute(insert(interaction), row)


def test_item_ids_are_exact_and_sorted_by_their_bytes(connection: Connection) -> None:
    ids = ["B", "_", "a", "b", "é", "e\u0301"]
    connection.execute(insert(item), [new_item(item_id) for item_id in ids])
    query = select(item.c.external_id)
    stored = connection.scalars(query.order_by(item.c.external_id)).all()
    assert stored == sorted(ids, key=str.encode)
    assert connection.scalars(query.where(item.c.external_id == "é")).all() == ["é"]
    assert connection.scalars(query.where(item.c.external_id == "A")).all() == []


def test_a_history_is_one_range_read_already_in_order(sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT item_id, kind_id, value, time FROM tastemaker_interaction "
            "WHERE user_id = 1 ORDER BY time, item_id, kind_id"
        ).all()
    assert [row[3] for row in plan] == [
        "SEARCH tastemaker_interaction USING PRIMARY KEY (user_id=?)"
    ]


def test_times_before_1970_and_far_away_fit(connection: Connection) -> None:
    one = connection.execute(insert(user), new_user(1)).inserted_primary_key
    thing = connection.execute(insert(item), new_item("a")).inserted_primary_key
    sort = connection.execute(insert(kind), {"name": "view", "weight": 1.0}).inserted_primary_key
    assert one is not None
    assert thing is not None
    assert sort is not None
    for time in (-(2**63), 2**63 - 1):
        row = {"user_id": one[0], "time": time, "item_id": thing[0], "kind_id": sort[0]}
        connection.execute(insert(interaction), {**row, "value": 0.1})
    found = connection.execute(select(interaction.c.time, interaction.c.value)).all()
    assert [tuple(row) for row in found] == [(-(2**63), 0.1), (2**63 - 1, 0.1)]
