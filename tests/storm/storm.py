"""A worker that is killed again and again, and what must be there each time it is gone.

A worker is a process that does steps drawn at random and says when each is done. It is killed with
SIGKILL before one of its statements or commits, or at any moment. What it said was done must be
there, and what it was doing is done or not, and nothing between; everything sealed opens.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import random
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from tests.stateful.shop_model import ShopModel
from tests.storm.steps import Step, Worker, after, drawn

from tastemaker import Database, Key, Tastemaker
from tastemaker.store.store import Store

Fork = Callable[[Callable[[], object]], int]

STEPS_EACH = 12
"""How many steps a worker has before it ends by itself."""

STATEMENTS = 60
"""Half of the workers are killed at one of their first so many statements and commits."""

VERIFIED = 10
"""After how many kills everything that is sealed is opened; what people see is compared always."""


PARTS = (
    "tastemaker.io.backup",
    "tastemaker.io.importing",
    "tastemaker.io.putting",
    "tastemaker.store.item_updates",
    "tastemaker.store.rotation.rotating",
    "tastemaker.store.users.update",
)
"""What steps load where they are first done: loaded before any worker is made, so that kills at a
random moment fall into the work."""


@dataclass
class Storm:
    """One database under the kills.

    Attributes:
        url: of the database, with a shop in it.
        model: what the shop must hold.
        kills: how many workers were killed, by the step that they were doing.
        slowest: the longest that opening the database took after a kill, in seconds.
    """

    url: str
    key: Key
    fork: Fork
    folder: Path
    trained: Any
    model: ShopModel
    draw: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    slowest: float = 0.0

    def run(self, kills: int) -> None:
        """Goes on until so many workers were killed."""
        for part in PARTS:
            importlib.import_module(part)
        while self.kills.total() < kills:
            steps = drawn(self.draw, STEPS_EACH)
            done, killed = self.disturbed(steps)
            self.acknowledged += done
            self.look(steps, done)
            if killed:
                self.kills[steps[done].name if done < len(steps) else "the end"] += 1

    def disturbed(self, steps: Sequence[Step]) -> tuple[int, bool]:
        """Has a worker do the steps and kills it; how many it said it did, and whether it died.

        Raises:
            AssertionError: the worker ended by an error.
        """
        reading, writing = os.pipe()
        statement = self.draw.randint(1, STATEMENTS) if self.draw.random() < 0.5 else None

        def work() -> None:
            os.close(reading)
            self.work(steps, statement, writing)

        child = self.fork(work)
        os.close(writing)
        if statement is None:
            # Its first steps take as long as they take: the clock runs from when it is ready.
            select.select([reading], [], [])
            time.sleep(self.draw.uniform(0, 0.1))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = os.read(reading, 1000)
        os.close(reading)
        assert code in (0, -signal.SIGKILL), "a step failed by itself"
        # The first says that the database was opened.
        return max(len(said) - 1, 0), code != 0

    def work(self, steps: Sequence[Step], statement: int | None, said: int) -> None:
        """What the worker does."""
        database = Database(self.url)
        if statement is not None:
            _kill_at(database, statement)
        with Tastemaker(database, key=self.key, ledger=self.folder / "erasures") as shop:
            worker = Worker(shop, Store(database, self.key), self.trained, self.folder)
            os.write(said, b".")
            for step in steps:
                step.do(worker)
                os.write(said, b".")

    def look(self, steps: Sequence[Step], done: int) -> None:
        """Opens the database as the next worker would, and compares it with the model."""
        start = time.monotonic()
        with Tastemaker(self.url, key=self.key, ledger=self.folder / "erasures") as shop:
            found = seen(shop)
            self.slowest = max(self.slowest, time.monotonic() - start)
            for step in steps[:done]:
                self.model = after(step, self.model, found["releases"])
            doing = steps[done : done + 1]
            possible = [self.model, *(after(step, self.model, found["releases"]) for step in doing)]
            agreeing = [model for model in possible if promised(model) == found]
            assert agreeing, f"{[step.name for step in steps[: done + 1]]}: {found}"
            self.model = agreeing[-1]
            if self.kills.total() % VERIFIED == 0:
                verified = shop.keys.verify()
                assert verified.damaged == 0, verified.problems


def _kill_at(database: Database, statement: int) -> None:
    """Kills this process just before its nth statement or commit."""
    counter = itertools.count(1)

    def count(*_: object) -> None:
        if next(counter) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "commit", count)


def seen(shop: Tastemaker) -> dict[str, Any]:
    """What the shop holds."""
    listed = shop.releases()
    numbers = [one.number for one in listed]
    users = {}
    for user_id in shop.user_ids():
        exported = json.loads(json.dumps(shop.export(user_id)))
        history = sorted(
            (one["item_id"], one["kind"], one["timestamp"], one["value"])
            for one in exported["interactions"]
        )
        users[user_id] = (exported["attributes"], history)
    return {
        "users": users,
        "releases": numbers,
        "active": [one.number for one in listed if one.state == "active"],
        "damaged": [one.problem for one in listed if one.problem],
    }


def promised(model: ShopModel) -> dict[str, Any]:
    """What `seen` must give of a shop like the model."""
    users = model.users.items()
    return {
        "users": {name: (attributes, model.history(name)) for name, attributes in users},
        "releases": model.releases,
        "active": [] if model.active is None else [model.active],
        "damaged": [],
    }
