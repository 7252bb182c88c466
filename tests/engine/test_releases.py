from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from sqlalchemy import select, update

from tastemaker.engine import Tastemaker
from tastemaker.errors import ReleaseError, TamperedError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import meta, model, model_chunk

Fill: TypeAlias = Callable[[Tastemaker, Database], None]
Chosen: TypeAlias = Callable[[int], list[int]]
LeftOut: TypeAlias = Callable[[int], str]

ITEMS = 12
FAST = ("item-knn", "popular", "tfidf")


def damage(database: Database, number: int) -> None:
    """Flips a bit of a model of a release."""
    with database.writing() as connection:
        wanted = select(model.c.id).where(model.c.release_id == number, model.c.name == FAST[0])
        key = connection.scalars(wanted).one()
        where = (model_chunk.c.model_id == key, model_chunk.c.position == 0)
        sealed = bytearray(connection.scalars(select(model_chunk.c.sealed).where(*where)).one())
        sealed[-1] ^= 1
        connection.execute(update(model_chunk).where(*where).values(sealed=SealedBytes(sealed)))


def test_a_damaged_release_gives_way_to_the_one_before(
    database: Database, key: Key, fill: Fill, chosen: Chosen, left_out: LeftOut
) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        fill(engine, database)
        engine.train(only=FAST[:1])
        engine.train(only=FAST[:1])
        assert engine.recommend("person-0").details.release == 2
        damage(database, 2)
    with Tastemaker(database, key=key) as engine:
        answer = engine.recommend("person-0")
        assert answer[0].item_id == left_out(0)
        assert answer.details.release == 1
        assert any("Release 2" in problem for problem in answer.details.problems)
        engine.activate(1)
        with pytest.raises((ReleaseError, TamperedError)) as refused:
            engine.activate(2)
        text = str(refused.value)
        assert "The model of item-knn in release 2 is damaged" in text
        assert "Activate another release (`tastemaker release list`), or train again." in text
        answer = engine.recommend("person-0")
        assert (answer.details.release, answer.details.problems) == (1, ())
        damage(database, 1)
    with Tastemaker(database, key=key) as engine:
        answer = engine.recommend("person-0")
        assert answer.details.release is None
        assert len(answer.details.problems) == 2
        assert len(answer) == ITEMS - len(chosen(0))


def test_a_forged_pointer_is_not_believed(database: Database, trained: Tastemaker) -> None:
    trained.train(only=FAST)
    with database.writing() as connection:
        pointer = connection.scalars(
            select(meta.c.value).where(meta.c.name == "active_release")
        ).one()
        forged = "1" + pointer[1:]
        connection.execute(update(meta).where(meta.c.name == "active_release").values(value=forged))
    answer = trained.recommend("person-0")
    assert answer.details.release == 2
    assert any("pointer" in problem for problem in answer.details.problems)


def test_a_release_can_be_put_back(trained: Tastemaker) -> None:
    trained.train(only=FAST)
    trained.activate(1)
    assert trained.recommend("person-0").details.release == 1
    assert [one.state for one in trained.releases()] == ["kept", "active"]
