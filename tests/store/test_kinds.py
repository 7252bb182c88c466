from __future__ import annotations

from tastemaker.store.kinds import Kind, ensure_kinds, read_kinds, set_weight
from tastemaker.store.sql.database import Database


def test_kinds_weigh_one_until_they_are_told_otherwise(database: Database) -> None:
    with database.writing() as connection:
        keys = ensure_kinds(connection, ["view", "purchase"])
        assert ensure_kinds(connection, ["view", "like"])["view"] == keys["view"]
        set_weight(connection, "view", 0.25)
        set_weight(connection, "rent", 2)
        assert {(kind.name, kind.weight) for kind in read_kinds(connection)} == {
            ("view", 0.25),
            ("purchase", 1.0),
            ("like", 1.0),
            ("rent", 2.0),
        }
        assert Kind(keys["view"], "view", 0.25) in read_kinds(connection)
