from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tastemaker.errors import InputError
from tastemaker.store import meta
from tastemaker.store.kinds import Kind, KindSetting, ensure_kinds, read_kinds, set_kind
from tastemaker.store.sql.database import Database


def settings(connection: Connection) -> dict[str, KindSetting]:
    return {kind.name: KindSetting(kind.weight, kind.repeatable) for kind in read_kinds(connection)}


def test_kinds_weigh_one_until_they_are_told_otherwise(database: Database) -> None:
    with database.writing() as connection:
        keys = ensure_kinds(connection, ["view", "purchase"])
        assert ensure_kinds(connection, ["view", "like"])["view"] == keys["view"]
        set_kind(connection, "view", 0.25)
        set_kind(connection, "rent", 2)
        assert settings(connection) == {
            "view": KindSetting(0.25),
            "purchase": KindSetting(1.0),
            "like": KindSetting(1.0),
            "rent": KindSetting(2.0),
        }
        assert Kind(keys["view"], "view", 0.25) in read_kinds(connection)


def test_what_is_not_given_stays_as_it_is(connection: Connection) -> None:
    set_kind(connection, "purchase", repeatable=True)
    assert settings(connection)["purchase"] == KindSetting(1.0, repeatable=True)
    set_kind(connection, "purchase", 3.0)
    assert settings(connection)["purchase"] == KindSetting(3.0, repeatable=True)
    set_kind(connection, "purchase", repeatable=False)
    assert settings(connection)["purchase"] == KindSetting(3.0)
    set_kind(connection, "purchase", 0.5, True)
    assert settings(connection)["purchase"] == KindSetting(0.5, repeatable=True)


def test_reserved_kinds_are_made_with_their_meaning_and_everybody_learns_of_it(
    connection: Connection,
) -> None:
    ensure_kinds(connection, ["view"])
    assert meta.get(connection, meta.CATALOGUE_VERSION) is None
    ensure_kinds(connection, ["less", "never", "more"])
    known = settings(connection)
    assert known["less"] == KindSetting(-1.0, repeatable=True)
    assert known["never"] == KindSetting(0.0)
    assert known["more"] == KindSetting(1.0, repeatable=True)
    version = meta.get(connection, meta.CATALOGUE_VERSION)
    assert version is not None
    ensure_kinds(connection, ["less", "never", "more", "view"])
    assert meta.get(connection, meta.CATALOGUE_VERSION) == version


def test_a_reserved_kind_keeps_what_is_not_given(connection: Connection) -> None:
    set_kind(connection, "less", -2.0)
    set_kind(connection, "more", repeatable=False)
    assert settings(connection) == {
        "less": KindSetting(-2.0, repeatable=True),
        "more": KindSetting(1.0),
    }


@pytest.mark.parametrize(
    ("name", "weight", "repeatable", "reason"),
    [
        ("like", None, None, "nothing to set of the kind 'like'"),
        ("less", 0.5, None, "'less' .* cannot be 0.5: give one below 0"),
        ("less", 0.0, None, "give one below 0"),
        ("more", -1.0, None, "give one above 0"),
        ("never", 1.0, None, "give 0 or one below 0"),
        ("never", None, True, "never recommended again"),
        ("like", None, "yes", "repeatable is 'yes'; it must be True or False"),
    ],
)
def test_what_would_mean_something_else_is_refused(
    connection: Connection, name: str, weight: float | None, repeatable: bool, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        set_kind(connection, name, weight, repeatable)
    assert settings(connection) == {}
