"""A worker that was warmed up has nothing left to load when its first request comes."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tastemaker import Key, Tastemaker
from tastemaker.store.sql.database import Database

KEY = base64.b64encode(bytes(range(32))).decode()
"""The text of the fixture `key`."""

FIRST_ANSWER = """
    import os, sys
    from tastemaker import Tastemaker
    with Tastemaker(sys.argv[1], key=os.environ["KEY"]) as shop:
        assert shop.warm_up()
        before = set(sys.modules)
        answer = shop.recommend("person-0", k=3, explain=True)
        print("imported:", *sorted(set(sys.modules) - before))
        print(answer.details.release, len(answer), len(list(shop.user_ids())))
"""

ANSWER_TO_ONE = """
    import os, sys
    from tastemaker import Tastemaker
    with Tastemaker(sys.argv[1], key=os.environ["KEY"]) as shop:
        answer = shop.recommend("person-0", k=3, explain=True)
        print(*sorted(answer.details.weights))
        print({"scipy", "tensorflow"} & set(sys.modules))
"""


def printed(program: str, database: Database) -> str:
    """What a program prints in a fresh process that is given a database."""
    url = database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), url],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "KEY": KEY},
    )
    return done.stdout


def test_the_first_request_imports_nothing_and_nobody_was_added(shop_database: Database) -> None:
    assert printed(FIRST_ANSWER, shop_database) == "imported:\n1 3 24\n"


@pytest.mark.parametrize("name", ["item-knn", "tfidf"])
def test_an_answer_to_one_person_loads_no_scipy(
    shop_database: Database, key: Key, name: str
) -> None:
    with Tastemaker(shop_database, key=key) as shop:
        assert shop.train(only=[name]).active
    assert printed(ANSWER_TO_ONE, shop_database) == f"{name}\nset()\n"


def test_it_takes_up_what_was_activated_since(shop: Tastemaker, key: Key) -> None:
    with Tastemaker(shop._store.database, key=key) as other:
        assert shop.warm_up() and shop.recommend("person-1").details.release == 1
        other.train(only=["popular"], activate=False)
        other.activate(2)
    assert shop.warm_up() and shop.recommend("person-1").details.release == 2


def test_without_a_release_popularity_is_warm(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        assert shop.warm_up()


def test_a_database_that_cannot_serve_is_told_and_nothing_is_raised(
    tmp_path: Path, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    with Tastemaker(f"sqlite:///{tmp_path}/empty.db", key=key) as shop:
        with caplog.at_level(logging.WARNING, "tastemaker.serving"):
            assert not shop.warm_up()
        assert "Not warmed up: " in caplog.text and "tastemaker init" in caplog.text
        shop.upgrade()
        assert shop.warm_up()
