"""How long `AsyncTastemaker` keeps the event loop: MovieLens 100K on PostgreSQL.

Run it alone on the machine, in the environment of the tests: `.venv-test/bin/python
benchmarks/loop.py [--load N]`. A coroutine sleeps a millisecond at a time and notes how late it
wakes, while others recommend, and record in transactions of their own, at a steady rate. First with
nothing to do, which is what the machine itself does to a loop; then by the number of threads and by
Python's switch interval, without and with releases that are activated meanwhile.

"own" is the processor time that the process took, all threads together, from one waking to the
next, the millisecond of sleep included: what other programs do to the loop is not in it, so it
tells something on a busy machine too.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from datasets import ml_100k
from shops import KEY, postgresql, prepare
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tastemaker import AsyncTastemaker
from tastemaker.cli.output import print_table

BEAT = 0.001
"""Seconds that the coroutine sleeps at a time."""

BAR = 5.0
"""Milliseconds that the loop should never be kept for longer."""

ORDERS = 0.2
"""The share of what is recorded."""

WARM_UP = 2.0
"""Seconds before the loop is looked at: modules are imported and statements compiled."""

ACTIVATE_EVERY = 4.0
COLUMNS = (
    "load",
    "activations",
    "threads",
    "switch ms",
    "p50 ms",
    "p99 ms",
    "longest ms",
    "own p99 ms",
    "own longest ms",
    "own over 5 ms",
    "beats",
    "answers/s",
)


class Case(NamedTuple):
    """What is measured.

    Attributes:
        load: requests a second; 0 for an idle loop.
        threads: of `AsyncTastemaker`.
        switch: Python's switch interval in seconds.
        activations: whether releases are activated meanwhile.
    """

    load: float
    threads: int
    switch: float
    activations: bool = False


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole, or where it is unpacked")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each case lasts")
    parser.add_argument("--load", type=float, default=50.0, help="requests a second")
    parser.add_argument("--only", action="append", default=[], help="train only this recommender")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, postgresql() as copy:
        url = copy("")
        prepare(url, Path(temporary), ml_100k(given.recbole), given.only)
        rows = [asyncio.run(measured(url, case, given.seconds)) for case in cases(given.load)]
    print_table(rows, COLUMNS, "How late the event loop wakes")


def cases(load: float) -> Iterator[Case]:
    """What is measured, in turn."""
    usual, shorter = sys.getswitchinterval(), 0.0005
    yield Case(0, 4, usual)
    for activations in (False, True):
        for threads, switch in ((8, usual), (4, usual), (2, usual), (4, shorter), (2, shorter)):
            yield Case(load, threads, switch, activations)


async def measured(url: str, case: Case, seconds: float) -> dict[str, object]:
    """A row for one case."""
    sys.setswitchinterval(case.switch)
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with AsyncTastemaker(engine, key=KEY, threads=case.threads) as shop:
        users = [user_id async for user_id in shop.user_ids()]
        counted: list[float] = []
        async with loaded(shop, engine, users, case, counted):
            await asyncio.sleep(WARM_UP)
            counted.clear()
            late, own = np.array(await beats(seconds)).T * 1000
    await engine.dispose()
    return {
        "load": case.load,
        "activations": case.activations,
        "threads": case.threads,
        "switch ms": case.switch * 1000,
        "p50 ms": np.percentile(late, 50),
        "p99 ms": np.percentile(late, 99),
        "longest ms": late.max(),
        "own p99 ms": np.percentile(own, 99),
        "own longest ms": own.max(),
        "own over 5 ms": int(np.sum(own > BAR)),
        "beats": len(late),
        "answers/s": len(counted) / seconds,
    }


async def beats(seconds: float) -> list[tuple[float, float]]:
    """By how many seconds the loop woke a coroutine too late, and the process's own time in all."""
    found = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        own = time.process_time()
        await asyncio.sleep(BEAT)
        found.append((time.perf_counter() - began - BEAT, time.process_time() - own))
    return found


@asynccontextmanager
async def loaded(
    shop: AsyncTastemaker,
    engine: AsyncEngine,
    users: Sequence[str],
    case: Case,
    counted: list[float],
) -> AsyncIterator[None]:
    """The load of a case while the block runs; `counted` gets the moment of each answer."""
    visitor = partial(visit, shop, engine, counted)
    work = [asyncio.create_task(arriving(visitor, users, case.load))] if case.load else []
    if case.activations:
        work.append(asyncio.create_task(activating(shop)))
    yield
    for one in work:
        one.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def arriving(
    visitor: Callable[[str, float], Coroutine[None, None, None]], users: Sequence[str], load: float
) -> None:
    """Requests that come at random moments; each is a task of its own."""
    chance = random.Random(0)
    due = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        while True:
            due += chance.expovariate(load)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(visitor(chance.choice(users), chance.random()))


async def visit(
    shop: AsyncTastemaker, engine: AsyncEngine, counted: list[float], user: str, chance: float
) -> None:
    """One recommendation, and now and then the purchase of its first item."""
    answer = await shop.recommend(user, k=10, explain=True)
    counted.append(time.perf_counter())
    if chance < ORDERS:
        async with AsyncSession(engine) as session, session.begin():
            await shop.record(user, answer[0].item_id, kind="purchase", connection=session)


async def activating(shop: AsyncTastemaker) -> None:
    """Activates one release after the other, as another process would: this one follows."""
    number = 1
    while True:
        await asyncio.sleep(ACTIVATE_EVERY)
        await shop.activate(number)
        number = 3 - number


if __name__ == "__main__":
    main()
