"""The example shops do what their page says: real servers, several workers, real HTTP."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from typing import Any

import pytest
from tests.examples.conftest import PLENTY, Running
from tests.examples.shops import PATIENCE, Client, Reply

ORDERS = [60, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
CLIENTS = 4

newcomers = count()


@pytest.fixture
def customer() -> str:
    """Somebody new."""
    return f"customer-{next(newcomers)}"


def recommended(reply: Reply) -> list[str]:
    assert reply.status == 200
    return [str(one["item_id"]) for one in reply.content["recommendations"]]


def test_products_come_by_pages(shop: Running) -> None:
    first = shop.server.once("/products?limit=8").content
    second = shop.server.once(f"/products?limit=8&after={first[-1]['id']}").content
    ids = [one["id"] for one in first + second]
    assert len(first) == 8 and len(ids) == 14 and ids == sorted(set(ids))
    assert first[0] == {"id": "item-0", "title": "The item-0", "price": 100}


def test_an_order_counts_in_the_next_answer_of_every_worker(shop: Running, customer: str) -> None:
    before = recommended(shop.server.once("/recommendations?k=12", customer=customer))
    assert shop.server.once("/orders", {"product": "item-4"}, customer).status == 201
    for worker in shop.server.workers():
        with shop.server.alone(worker):
            after = shop.server.once("/recommendations?k=12", customer=customer)
        assert after.content["history_length"] == 1
        # who bought one even item is shown the other even ones first
        assert {one for one in recommended(after)[:3]} <= {f"item-{n}" for n in range(0, 12, 2)}
        assert "item-4" in before and "item-4" not in recommended(after)
    assert (customer, "item-4") in shop.orders() == shop.interactions()


def test_an_answer_is_explained(shop: Running) -> None:
    answer: Any = shop.server.once("/recommendations?k=3", customer="person-0").content
    for one in answer["recommendations"]:
        assert one["score"] == pytest.approx(sum(one["contributions"].values()))
    assert answer["recommendations"][0]["item_id"] == "item-0"
    assert answer["recommendations"][0]["reasons"]


def test_similar_items(shop: Running) -> None:
    found = shop.server.once("/products/item-2/similar?k=5").content
    assert {one["item_id"] for one in found} == {f"item-{n}" for n in (0, 4, 6, 8, 10)}
    assert shop.server.once("/products/typo/similar").status == 404


def test_an_order_that_fails_leaves_nothing(shop: Running, customer: str) -> None:
    before = shop.orders()
    for product in ("sold-out", "typo"):
        assert shop.server.once("/orders", {"product": product}, customer).status == 409
    assert before == shop.orders() == shop.interactions()
    assert customer not in set(shop.recommender.user_ids())
    assert shop.server.once("/products/typo/similar").status == 404


def test_the_last_one_is_sold_once_and_no_longer_recommended(shop: Running) -> None:
    def buy(_: int) -> int:
        own = f"customer-{next(newcomers)}"
        return shop.server.once("/orders", {"product": "last"}, own).status

    with ThreadPoolExecutor(CLIENTS) as threads:
        statuses = sorted(threads.map(buy, range(8)))
    assert statuses == [201] + [409] * 7
    assert shop.stock("last") == 0
    assert [what for _, what in shop.interactions()].count("last") == 1
    for worker in shop.server.workers():
        with shop.server.alone(worker):
            shown = recommended(shop.server.once("/recommendations?k=20", customer="nobody"))
            assert len(shown) == 12 and not {"last", "sold-out"} & set(shown)


def test_what_cannot_be_taken_is_refused(shop: Running) -> None:
    refused = shop.server.once("/recommendations?k=0")
    assert refused.status == 422 and "k is 0" in str(refused.content)


def test_health(shop: Running) -> None:
    reply = shop.server.once("/health")
    assert reply.status == 200
    assert reply.content["healthy"] and reply.content["release"] == 2


def test_every_worker_takes_up_a_release_without_restart(shop: Running) -> None:
    workers = shop.server.workers()
    for number in (1, 2):
        shop.recommender.activate(number)
        for worker in workers:
            wait_for_release(shop, number, worker)
    assert shop.server.workers() == workers


def wait_for_release(shop: Running, number: int, worker: int) -> None:
    """Returns when a worker answers by a release; answers come all the while."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with shop.server.alone(worker):
            reply = shop.server.once("/recommendations", customer="person-0")
        assert reply.status == 200 and reply.content["release"] in (1, 2)
        if reply.content["release"] == number:
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("wanted", ORDERS)
def test_orders_and_interactions_agree_whatever_is_undone(shop: Running, wanted: int) -> None:
    before, stock = len(shop.orders()), shop.stock("item-1")

    def buy(seed: int) -> int:
        chance, client = random.Random(seed), Client(shop.server.port)
        kept = 0
        for _ in range(wanted // CLIENTS):
            client.headers["x-customer"] = f"customer-{next(newcomers)}"
            product = chance.choice(("item-1", "sold-out"))
            status = client("/orders", {"product": product}).status
            assert status == (201 if product == "item-1" else 409)
            kept += status == 201
        client.close()
        return kept

    with ThreadPoolExecutor(CLIENTS) as threads:
        kept = sum(threads.map(buy, range(CLIENTS)))
    assert wanted / 4 < kept < 3 * wanted / 4
    orders = shop.orders()
    assert len(orders) == before + kept
    assert orders == shop.interactions()
    assert shop.stock("item-1") == stock - kept


def test_a_worker_is_killed_and_nothing_fails(shop: Running) -> None:
    """What the killed worker had in hand is sent again, as a proxy before it would do."""
    victim, _ = shop.server.workers()
    before, killed = shop.stock("item-3"), threading.Event()

    lost: list[int] = []

    def buy(seed: int) -> int:
        client, kept, since = Client(shop.server.port), 0, 0
        while since < 20:
            client.headers["x-customer"] = f"customer-{next(newcomers)}"
            try:
                status = client("/orders", {"product": "item-3"}).status
            except (OSError, HTTPException):
                lost.append(seed)
                continue
            assert status == 201
            kept += 1
            since += killed.is_set()
        client.close()
        return kept

    with ThreadPoolExecutor(CLIENTS) as threads:
        buying = [threads.submit(buy, seed) for seed in range(CLIENTS)]
        time.sleep(0.2)
        os.kill(victim, signal.SIGKILL)
        killed.set()
        kept = sum(one.result() for one in buying)
    assert len(lost) <= 2 * CLIENTS, "a lost connection and, of an idle one, its next use"
    orders = shop.orders()
    assert orders == shop.interactions()
    bought = [what for _, what in orders].count("item-3")
    assert bought == before - shop.stock("item-3")
    # one that the killed worker kept may have been taken for lost
    assert kept <= bought <= kept + CLIENTS
    assert shop.stock("item-0") == PLENTY
