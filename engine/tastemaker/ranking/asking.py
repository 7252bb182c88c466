"""Whom to answer: people as they are known at one moment, and what serves then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.data import People
from tastemaker.ranking.exploring import Seeds, seeds_of
from tastemaker.ranking.people import read_people
from tastemaker.ranking.serving import Serving
from tastemaker.store.keyring import Keyring

DAY = 86_400


class Asking(NamedTuple):
    """People to answer, by what serves at the moment when they were read.

    Attributes:
        serving: the release at work, with its catalogue.
        people: whom to answer; histories over the serving's catalogue.
        seeds: (n,) what each person's draws start from; None lets nothing new in.
    """

    serving: Serving
    people: People
    seeds: Seeds | None = None


def read_asking(
    connection: Connection, keyring: Keyring, serving: Serving, refs: Sequence[bytes]
) -> Asking:
    """The people of the given refs as they are known now; see `read_people`."""
    people = read_people(connection, keyring, serving, refs)
    if not serving.ranker.exploration.share:
        return Asking(serving, people)
    return Asking(serving, people, seeds_of(refs, people, int(time.time()) // DAY))
