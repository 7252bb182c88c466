"""A batch of requests: people as they are known at one moment, and what serves then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import People
from tastemaker.serving.exploration import Seeds, daily_seeds
from tastemaker.serving.people import read_people
from tastemaker.serving.state import ServingState
from tastemaker.store.crypto.keyring import Keyring

_SECONDS_A_DAY = 86_400


class RequestBatch(NamedTuple):
    """People to recommend to, with what served at the moment when they were read.

    Attributes:
        state: the release at work, with its catalogue.
        people: whom to recommend to; histories over the state's catalogue.
        seeds: (n,) what each person's random draws start from; None switches exploration off.
    """

    state: ServingState
    people: People
    seeds: Seeds | None = None

    def parts(self, size: int) -> Iterator[RequestBatch]:
        """The same people in parts of at most `size`."""
        if len(self.people) <= size:
            yield self
            return
        for first in range(0, len(self.people), size):
            rows = np.arange(first, min(first + size, len(self.people)))
            seeds = None if self.seeds is None else self.seeds[rows]
            yield RequestBatch(self.state, self.people.select(rows), seeds)


def read_request_batch(
    connection: Connection, keyring: Keyring, state: ServingState, refs: Sequence[bytes]
) -> RequestBatch:
    """The people of the given refs as they are known now; see `read_people`."""
    day = int(time.time()) // _SECONDS_A_DAY
    # to the day: what a person is answered stays the same for as long
    people = replace(read_people(connection, keyring, state, refs), now=float(day * _SECONDS_A_DAY))
    if not state.ranker.exploration.share:
        return RequestBatch(state, people)
    return RequestBatch(state, people, daily_seeds(refs, people, day))
