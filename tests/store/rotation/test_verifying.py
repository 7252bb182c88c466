"""A verification really opens everything: one old or damaged cell is found, whatever it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import PEOPLE

from tastemaker import Database, KeyProblem, Tastemaker
from tastemaker.store.sql import tables
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.store import Store
from tastemaker.store.users.cells import seal_id

Find = Callable[[str], int]
USER = tables.user


def row_of(database: Database, number: int) -> tuple[bytes, bytes]:
    """The sealed id and attributes of a row, as they are stored."""
    with database.reading() as connection:
        chosen = select(USER.c.external_id, USER.c.attributes).where(USER.c.id == number)
        row = connection.execute(chosen).one()
    return bytes(row.external_id), bytes(row.attributes)


def plant(database: Database, number: int, column: str, cell: bytes) -> None:
    """Puts bytes into a cell, past the engine."""
    name = f"UPDATE {USER.name} SET {column} = ? WHERE id = ?"
    with database.writing() as connection:
        connection.exec_driver_sql(marked(connection, name), (cell, number))


@pytest.mark.parametrize("column", ["external_id", "attributes"])
def test_one_planted_old_value_is_found(
    shop: Tastemaker, database: Database, data_key: Find, column: str
) -> None:
    former = dict(zip(("external_id", "attributes"), row_of(database, 5), strict=True))
    shop.keys.rotate()
    plant(database, 5, column, former[column])
    found = shop.keys.verify()
    assert not found.is_clean
    assert found.old == {data_key("retired"): 1}
    assert found.damaged == 0
    assert shop.keys.reencrypt().cells == 1
    assert shop.keys.verify().is_clean


@pytest.mark.parametrize(
    "damage",
    [
        lambda cell, other: cell[:-1] + bytes([cell[-1] ^ 1]),
        lambda cell, other: cell[:20],
        lambda cell, other: b"",
        lambda cell, other: cell[:4] + b"\x00\x00\x00\x09" + cell[8:],
        lambda cell, other: other,
    ],
    ids=["flipped", "cut", "empty", "unknown key", "of another row"],
)
@pytest.mark.parametrize("place", [0, 1], ids=["external_id", "attributes"])
def test_one_damaged_value_is_found_and_keeps_the_former_key(
    shop: Tastemaker,
    database: Database,
    data_key: Find,
    damage: Callable[[bytes, bytes], bytes],
    place: int,
) -> None:
    old = data_key("active")
    column = ("external_id", "attributes")[place]
    plant(database, 5, column, damage(row_of(database, 5)[place], row_of(database, 6)[place]))
    before = row_of(database, 5)
    with pytest.raises(KeyProblem, match="cannot be opened"):
        shop.keys.rotate(destroy=True)
    assert row_of(database, 5) == before
    assert data_key("decrypt") == old
    found = shop.keys.verify()
    assert found.damaged == 1
    assert len(found.problems) == 1
    assert f"user row 5, {column}" in found.problems[0]
    assert "u5" not in found.problems[0].replace("user row 5", "")
    with pytest.raises(KeyProblem, match="could not open 1"):
        shop.keys.retire(old)


def test_text_in_a_sealed_column_is_damage(
    sqlite_database: Database, request: pytest.FixtureRequest
) -> None:
    with Tastemaker(sqlite_database, key=request.getfixturevalue("key")) as shop:
        shop.upgrade()
        shop.put_users([{"user_id": "alice", "town": "York"}])
        with sqlite_database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {USER.name} SET attributes = 'York'")
        shop.keys.promote(shop.keys.add())
        assert shop.keys.reencrypt().left == 2
        found = shop.keys.verify()
        assert found.damaged == 1
        assert "York" not in found.problems[0]


def test_a_moved_row_is_found_by_its_pseudonym(shop: Tastemaker, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(update(USER).where(USER.c.id == 5).values(ref=bytes(16)))
    assert shop.keys.verify().damaged == 2


def test_an_id_that_is_sealed_for_the_pseudonym_of_another_is_found(
    shop: Tastemaker, store: Store, database: Database
) -> None:
    with database.reading() as connection:
        ref = bytes(connection.execute(select(USER.c.ref).where(USER.c.id == 5)).scalar_one())
    plant(database, 5, "external_id", seal_id(store.keyring, ref, "somebody else"))
    found = shop.keys.verify()
    assert found.damaged == 1
    assert "pseudonym" in found.problems[0]
    assert "somebody" not in found.problems[0]


def test_a_verification_during_which_a_key_is_promoted_counts_for_nothing(
    shop: Tastemaker, database: Database, data_key: Find
) -> None:
    old = data_key("active")

    def promote(done: int, total: int, what: str = "") -> None:
        shop.keys.promote(shop.keys.add())

    with pytest.raises(KeyProblem, match="promoted meanwhile"):
        shop.keys.verify(progress=promote)
    with pytest.raises(KeyProblem, match="nothing has been verified"):
        shop.keys.retire(old)


def test_models_are_opened_and_counted_by_key(shop: Tastemaker, database: Database) -> None:
    shop.record_many(
        {"user_id": f"u{n % PEOPLE}", "item_id": f"i{n % 7}"} for n in range(5 * PEOPLE)
    )
    shop.train(only=["popular"])
    model = next(key for key in shop.keys.status() if key.purpose == "model")
    assert model.cells >= 4  # the pointer, the manifest, the items, the recommender
    verified = shop.keys.verify()
    assert verified.is_clean
    assert verified.cells[model.key_id] == model.cells
    with database.writing() as connection:
        chunk = tables.model_chunk
        sealed = connection.execute(select(chunk.c.sealed)).scalars().first()
        assert sealed is not None
        flipped = type(sealed)(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        connection.execute(update(chunk).where(chunk.c.sealed == sealed).values(sealed=flipped))
    assert shop.keys.verify().damaged == 1
