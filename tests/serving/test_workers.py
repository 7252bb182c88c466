"""Workers that share a model cache: real processes, beside each other."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import model_chunk

KEY = base64.b64encode(bytes(range(32))).decode()
"""The key of the shop, as the fixture `key` has it."""

WORKER = """
import json, sys
from pathlib import Path
from tastemaker import Tastemaker
engine = Tastemaker(sys.argv[1], exploration=0)
answer = engine.recommend("person-0", k=3)
mapped = ".mapped" in Path("/proc/self/maps").read_text()
print(json.dumps([[one.item_id for one in answer], answer.details.release, mapped]))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that is not there yet."""
    return tmp_path / "models"


def started(database: Database, cache: str) -> subprocess.Popen[str]:
    """A worker; the cache and the key are in its environment."""
    url = database.engine.url.render_as_string()
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TASTEMAKER_CACHE": cache, "TASTEMAKER_KEY": KEY},
    )


def said(worker: subprocess.Popen[str]) -> list[Any]:
    """What it answered, the release, and whether it maps files; it must have nothing to log."""
    output, log = worker.communicate(timeout=120)
    assert (worker.returncode, log) == (0, "")
    answer: list[Any] = json.loads(output)
    return answer


def test_workers_answer_alike_with_any_cache(shop_database: Database, place: Path) -> None:
    plain = said(started(shop_database, ""))
    assert plain[1:] == [1, False]
    for cache, mapped in ((str(place), False), (f"trusted:{place}-trusted", True)):
        for _ in range(2):
            assert said(started(shop_database, cache)) == [plain[0], 1, mapped]


def test_workers_that_start_at_once_answer_alike(shop_database: Database, place: Path) -> None:
    workers = [started(shop_database, f"trusted:{place}") for _ in range(4)]
    answers = [said(worker) for worker in workers]
    assert answers == [answers[0]] * 4


def test_a_worker_needs_no_model_of_the_database_once_they_are_kept(
    shop_database: Database, place: Path
) -> None:
    before = said(started(shop_database, str(place)))
    with shop_database.writing() as connection:
        connection.execute(delete(model_chunk))
    assert said(started(shop_database, str(place))) == before
