"""Each example shop on a trained database, behind its real server."""

from __future__ import annotations

import base64
import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from tests.conftest import created
from tests.examples.shops import SHOPS, Example, Server, load, serving

from tastemaker import Tastemaker

KEY = base64.b64encode(bytes(range(32))).decode()
"""The key of the shops, as the fixture `key` has it."""

ITEMS = 12
"""Products `item-0` and so on: even people chose even ones, odd people odd ones."""

PLENTY = 1_000_000
STOCK = {**{f"item-{n}": PLENTY for n in range(ITEMS)}, "last": 1, "sold-out": 0}

SHORT = [
    ("fastapi", "sqlite"),
    ("fastapi-async", "postgresql"),
    ("flask", "postgresql"),
    ("django", "sqlite"),
]
"""Each shop on one of the databases; the other four pairs are the long form."""

LONG = [
    pytest.param(pair, marks=pytest.mark.slow)
    for name in SHOPS
    for system in ("sqlite", "postgresql")
    if (pair := (name, system)) not in SHORT
]


class Running(NamedTuple):
    """An example shop that is served.

    Attributes:
        example: which one.
        server: the processes that serve it.
        recommender: the same recommender, opened here.
        engine: a connection of the test's own to the shop's database.
        folder: for files.
    """

    example: Example
    server: Server
    recommender: Tastemaker
    engine: Engine
    folder: Path

    def orders(self) -> list[tuple[str, str]]:
        """Who bought what by the shop's own table."""
        statement = text(f"SELECT customer, product_id FROM {self.example.orders}")
        with self.engine.connect() as connection:
            return sorted((str(who), str(what)) for who, what in connection.execute(statement))

    def interactions(self) -> list[tuple[str, str]]:
        """Who bought what by the recommender."""
        file = self.folder / "interactions.csv"
        self.recommender.export_file("interactions", file)
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row["kind"] == "purchase"]
        return sorted((row["user_id"], row["item_id"]) for row in rows)

    def stock(self, product: str) -> int:
        """How many of a product are left."""
        statement = text(f"SELECT stock FROM {self.example.products} WHERE id = :id")
        with self.engine.connect() as connection:
            return int(connection.execute(statement, {"id": product}).scalar_one())


def fill(url: str, releases: int = 2) -> None:
    """Makes a database in which the recommender is trained so often; the last release serves."""
    with Tastemaker(url, key=KEY) as recommender:
        recommender.upgrade()
        recommender.put_items([{"item_id": name} for name in STOCK])
        recommender.record_many(
            [
                {
                    "user_id": f"person-{person}",
                    "item_id": f"item-{item}",
                    "kind": "like",
                    "timestamp": 1_600_000_000 + 86_400 * item + person,
                }
                for person in range(24)
                for item in range(person % 2, ITEMS, 2)
                if item != person % ITEMS
            ]
        )
        for _ in range(releases):
            recommender.train(only=["item-knn", "popular"])


@pytest.fixture(scope="session")
def trained_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained SQLite database; databases are copied from it."""
    file = tmp_path_factory.mktemp("trained") / "trained.db"
    fill(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def trained_name(postgresql_server: Engine) -> Iterator[str]:
    """The name of a trained PostgreSQL database; databases are copied from it."""
    for url in created(postgresql_server, "template1"):
        fill(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="module")
def database_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Gives the URL of a trained database of its own on a system."""

    def new(system: str) -> str:
        if system == "sqlite":
            file = tmp_path_factory.mktemp("shop") / "shop.db"
            shutil.copy(request.getfixturevalue("trained_file"), file)
            return f"sqlite:///{file}"
        made = created(
            request.getfixturevalue("postgresql_server"), request.getfixturevalue("trained_name")
        )
        request.addfinalizer(lambda: next(made, None))
        url = make_url(next(made)).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    return new


@pytest.fixture(scope="module", params=[*SHORT, *LONG], ids="-".join)
def shop(
    request: pytest.FixtureRequest,
    database_of: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """A shop on a database, behind its server, with two workers."""
    name, system = request.param
    folder, url = tmp_path_factory.mktemp(name), database_of(system)
    write_products(folder / "products.csv")
    load(SHOPS[name], url, KEY, folder)
    engine = create_engine(url, hide_parameters=True)
    with serving(SHOPS[name], url, KEY, 2) as server, Tastemaker(url, key=KEY) as recommender:
        yield Running(SHOPS[name], server, recommender, engine, folder)
    engine.dispose()


def write_products(file: Path) -> None:
    """The products as the shops read them."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("product_id", "title", "category", "price", "stock"))
        writer.writerows((name, f"The {name}", "things", 100, n) for name, n in STOCK.items())
