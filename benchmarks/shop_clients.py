"""Customers of an example shop: they look at recommendations, buy from them, and notice faults."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import NamedTuple

import numpy as np
from tests.examples.shops import Client, Reply

from tastemaker import Tastemaker

CLIENTS = 16
"""How many send requests at once."""

EACH = 10
"""How many users each client sends requests for: they come again, and see what they have bought."""

ORDERS = 0.2
"""The share of orders among the requests."""

FORMER = 5.0
"""Seconds after an activation from which on an answer by the release before is stale."""

AFTER_KILL = 2.0
"""Seconds after a worker was killed in which its connections may turn out to be cut off."""

TAKING_UP = 3.0
"""Seconds after an activation in which workers are taken to be loading."""

STARTING = 6.0
"""Seconds after a kill in which another worker is taken to be starting."""


class Answered(NamedTuple):
    """When a recommendation was asked for, and how many seconds it took."""

    began: float
    took: float


@dataclass
class Seen:
    """What customers saw.

    Attributes:
        recommend: each recommendation.
        since_due: the same from the moment when the request was to be sent.
        order: seconds that each order took.
        errors: what went wrong, each time.
        stale: what was out of date, each time.
        by_former: seconds since the activation of another release, of answers by a former one.
        cut_off: requests whose connection ended with the killed worker; they were sent again.
    """

    recommend: list[Answered] = field(default_factory=list)
    since_due: list[float] = field(default_factory=list)
    order: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    by_former: list[float] = field(default_factory=list)
    cut_off: int = 0

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return len(self.recommend) + len(self.order)

    def by_trouble(
        self, activated: Sequence[float], killed_at: float
    ) -> Mapping[str, Sequence[float]]:
        """What recommendations took: apart while a worker starts, or releases are taken up.

        Args:
            activated: the moments of activations.
            killed_at: that of the kill.
        """
        began = np.array([one.began for one in self.recommend])
        took = np.array([one.took for one in self.recommend])
        starting = (began >= killed_at) & (began < killed_at + STARTING)
        since = began[:, np.newaxis] - np.array(activated)
        loading = ((since >= 0) & (since < TAKING_UP)).any(axis=1) & ~starting
        return {
            "undisturbed": took[~starting & ~loading].tolist(),
            "after an activation": took[loading].tolist(),
            "after the kill": took[starting].tolist(),
        }


class Activations:
    """Which release is the active one since when.

    Args:
        recommender: of a process that serves nobody.

    Attributes:
        now: the active release, and since when it is.
        moments: when releases were activated.
        prepared: the newest release that was there before; a shop that retrains makes newer ones.
    """

    def __init__(self, recommender: Tastemaker) -> None:
        self._recommender = recommender
        self.prepared = max(one.number for one in recommender.releases())
        self.now: tuple[int | None, float] = (None, 0.0)
        self.moments: list[float] = []

    def activate(self, number: int) -> None:
        """Activates a release."""
        self.moments.append(time.perf_counter())
        self._recommender.activate(number)
        self.now = (number, time.perf_counter())


class Clients:
    """Customers of one shop, each with ids of users of its own.

    Args:
        port: where the shop listens.
        users: whose recommendations are looked at.
        rate: requests a second of all together; as fast as they are answered if None.
        activations: which release should answer.

    Attributes:
        killed_at: when a worker was killed.
    """

    def __init__(
        self,
        port: int,
        users: Sequence[str],
        rate: float | None = None,
        activations: Activations | None = None,
    ) -> None:
        self._port = port
        self._users = users
        self._rate = rate
        self._activations = activations
        self.killed_at = float("-inf")
        self.seen = Seen()

    def run(self, seconds: float) -> Seen:
        """Sends requests for so long; what was seen."""
        until = time.perf_counter() + seconds
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(lambda number: self._run(number, until), range(CLIENTS)))
        return self.seen

    def _run(self, number: int, until: float) -> None:
        chance = random.Random(number)
        users = self._users[number::CLIENTS][:EACH]
        client, shown = Client(self._port), dict[str, list[str]]()
        bought: dict[str, set[str]] = {}
        due = time.perf_counter()
        while due < until:
            if self._rate is not None:
                due += chance.expovariate(self._rate / CLIENTS)
                time.sleep(max(0.0, due - time.perf_counter()))
            user = chance.choice(users)
            client.headers["x-customer"] = user
            if shown.get(user) and chance.random() < ORDERS / (1 - ORDERS):
                self._buy(client, shown[user].pop(0), bought.setdefault(user, set()))
            else:
                shown[user] = self._look(client, due, bought.get(user, set()))
            if self._rate is None:
                due = time.perf_counter()
        client.close()

    def _look(self, client: Client, due: float, bought: set[str]) -> list[str]:
        began = time.perf_counter()
        reply = self._sent(client, "/recommendations?k=10", None)
        ended = time.perf_counter()
        if reply is None or reply.status != 200:
            self._failed(reply)
            return []
        self.seen.recommend.append(Answered(began, ended - began))
        self.seen.since_due.append(ended - due)
        self._judge_release(reply.content["release"], began)
        shown = [str(one["item_id"]) for one in reply.content["recommendations"]]
        if bought.intersection(shown):
            self.seen.stale.append("shows what was bought")
        if reply.content["problems"]:
            self.seen.errors.append("a recommender was left out")
        return shown

    def _judge_release(self, release: int, began: float) -> None:
        if self._activations is None:
            return
        number, since = self._activations.now
        former = release != number and release <= self._activations.prepared
        if number is not None and former and began > since:
            self.seen.by_former.append(began - since)
            if began - since > FORMER:
                self.seen.stale.append("by a former release")

    def _buy(self, client: Client, item: str, bought: set[str]) -> None:
        began = time.perf_counter()
        reply = self._sent(client, "/orders", {"product": item})
        if reply is None or reply.status != 201:
            self._failed(reply)
            return
        self.seen.order.append(time.perf_counter() - began)
        bought.add(item)

    def _sent(self, client: Client, path: str, body: object) -> Reply | None:
        """What comes back; None if nothing did. What a killed worker had in hand is sent again."""
        for _ in range(3):
            try:
                return client(path, body)
            except (OSError, HTTPException) as error:
                if time.perf_counter() - self.killed_at > AFTER_KILL:
                    self.seen.errors.append(type(error).__name__)
                    return None
                self.seen.cut_off += 1
        self.seen.errors.append("cut off time after time")
        return None

    def _failed(self, reply: Reply | None) -> None:
        if reply is not None:
            self.seen.errors.append(f"status {reply.status}")
