"""Writers that meet on the same rows of PostgreSQL: nobody's work is lost, and errors are typed."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from tastemaker import Tastemaker
from tastemaker.errors import CollisionError, NotFoundError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.collisions import MOST_TRIES, try_again
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import interaction, user

AtOnce = Callable[[int, Callable[[int], None]], list[int]]

USERS = 3000

KEY = base64.b64encode(bytes(range(32))).decode()
"""The text of the fixture `key`."""


@pytest.fixture
def url(postgresql_database: Database, key: Key) -> str:
    """A PostgreSQL database with the schema and keys."""
    with postgresql_database.writing() as connection:
        create_keyring(connection, key)
    return postgresql_database.engine.url.render_as_string(hide_password=False)


def test_imports_of_the_same_users_in_different_orders_all_succeed(
    url: str, at_once: AtOnce, tmp_path: Path, postgresql_database: Database
) -> None:
    def import_users(number: int) -> None:
        names = [f"u{i}" for i in range(USERS)]
        random.Random(number).shuffle(names)
        file = tmp_path / f"{number}.csv"
        file.write_text("user_id,town\n" + "".join(f"{name},t{number}\n" for name in names))
        with Tastemaker(url, key=KEY) as shop:
            for _ in range(3):
                shop.import_file("users", file)

    assert at_once(4, import_users) == [0] * 4
    with postgresql_database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(user)) == USERS


def test_recording_while_the_same_people_are_forgotten_raises_nothing_untyped(
    url: str, at_once: AtOnce, postgresql_database: Database
) -> None:
    def record_or_forget(number: int) -> None:
        with Tastemaker(url, key=KEY) as shop:
            for turn in range(150):
                if number % 2:
                    shop.record(f"u{turn % 3}", f"i{turn % 5}")
                    continue
                with suppress(NotFoundError):
                    shop.forget(f"u{turn % 3}")

    assert at_once(4, record_or_forget) == [0] * 4
    with postgresql_database.reading() as connection:
        people = set(connection.execute(select(user.c.id)).scalars())
        owners = set(connection.execute(select(interaction.c.user_id).distinct()).scalars())
    assert owners <= people


def test_in_an_application_s_transaction_a_collision_is_a_typed_error(url: str) -> None:
    engine = create_engine(url, isolation_level="REPEATABLE READ", hide_parameters=True)
    with Tastemaker(url, key=KEY) as shop:
        shop.record("u", "i", value=1.0, at=1.0)
        with engine.connect() as own, own.begin():
            own.execute(select(func.count()).select_from(interaction))
            shop.record("u", "i", value=2.0, at=1.0)
            with pytest.raises(CollisionError, match="try again"):
                shop.record("u", "i", value=3.0, at=1.0, connection=own)
        with engine.connect() as own:
            assert own.scalar(select(interaction.c.value)) == 2.0
    engine.dispose()


def test_work_is_begun_again_a_bounded_number_of_times() -> None:
    begun = []

    def collides() -> None:
        begun.append(1)
        raise CollisionError("a test", "Conflict")

    with pytest.raises(CollisionError):
        try_again(collides)
    assert len(begun) == MOST_TRIES
