"""Whom to answer: people as they are known at one moment, and what serves then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.data import People
from tastemaker.serving.exploration import Seeds, seeds_of
from tastemaker.serving.people import read_people
from tastemaker.serving.server import Serving
from tastemaker.store.crypto.keyring import Keyring

DAY = 86_400


class RequestBatch(NamedTuple):
    """People to answer, by what serves at the moment when they were read.

    Attributes:
        serving: the release at work, with its catalogue.
        people: whom to answer; histories over the serving's catalogue.
        seeds: (n,) what each person's draws start from; None lets nothing new in.
    """

    serving: Serving
    people: People
    seeds: Seeds | None = None


def read_request_batch(
    connection: Connection, keyring: Keyring, serving: Serving, refs: Sequence[bytes]
) -> RequestBatch:
    """The people of the given refs as they are known now; see `read_people`."""
    people = read_people(connection, keyring, serving, refs)
    if not serving.ranker.exploration.share:
        return RequestBatch(serving, people)
    return RequestBatch(serving, people, seeds_of(refs, people, int(time.time()) // DAY))
