"""A batch of requests: people as they are known at one moment, and what serves then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Int64Array, People
from tastemaker.request.terms import PLAIN, Terms
from tastemaker.serving.exploration import Seeds, daily_seeds
from tastemaker.serving.people import read_people
from tastemaker.serving.recent import nobody, with_features, with_recent
from tastemaker.serving.state import ServingState
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.validation import now_us

_SECONDS_A_DAY = 86_400


class RequestBatch(NamedTuple):
    """People to recommend to, with what served at the moment when they were read.

    Attributes:
        state: the release at work, with its catalogue.
        people: whom to recommend to; histories over the state's catalogue.
        terms: what is to be answered, the same for all of them.
        seeds: (n,) what each person's random draws start from; None switches exploration off.
        problems: what was wrong with the requests.
    """

    state: ServingState
    people: People
    terms: Terms = PLAIN
    seeds: Seeds | None = None
    problems: tuple[str, ...] = ()

    def parts(self, size: int) -> Iterator[tuple[Int64Array, RequestBatch]]:
        """The same people in parts of at most `size`, and which rows of this batch each has.

        People with histories of about one length are together: who has seen much needs longer lists
        of candidates, and all of a part get as long ones.
        """
        n = len(self.people)
        if n <= size:
            yield np.arange(n), self
            return
        by_length = np.argsort(self.people.histories.lengths, kind="stable")
        for first in range(0, n, size):
            rows = by_length[first : first + size]
            seeds = None if self.seeds is None else self.seeds[rows]
            yield rows, self._replace(people=self.people.select(rows), seeds=seeds)

    @property
    def share(self) -> float:
        """The share of places that goes to new items."""
        explore = self.terms.explore
        return self.state.ranker.exploration.share if explore is None else explore

    @property
    def may_repeat(self) -> bool:
        """Whether what people had chosen may be shown again, to anybody.

        What they told of an item is no choice of it: one person's word changes nobody else's list.
        """
        if self.terms.seen is None:
            return self.state.has_repeatable_kinds
        return self.terms.seen != "exclude"

    def each(self, rows: Int64Array) -> Iterator[RequestBatch]:
        """The people of some rows, one by one."""
        for row in rows[:, np.newaxis]:
            seeds = None if self.seeds is None else self.seeds[row]
            yield self._replace(people=self.people.select(row), seeds=seeds)


def read_request_batch(
    connection: Connection,
    keyring: Keyring,
    state: ServingState,
    user_ids: Sequence[str],
    terms: Terms = PLAIN,
) -> RequestBatch:
    """The people of the given ids as they are known now; one who is not known where there is none.

    What is recent counts as theirs; see `read_people`.
    """
    maker = keyring.ref_keys[0]
    refs = [maker.ref(user_id) for user_id in user_ids]
    if not refs:
        return batch_of(state, nobody(len(state.catalogue)), refs, terms)
    people, problems = read_people(connection, keyring, state, user_ids, refs, maker)
    batch = batch_of(state, people, refs, terms)
    return batch._replace(problems=(*batch.problems, *problems))


def batch_of(
    state: ServingState, people: People, refs: Sequence[bytes], terms: Terms = PLAIN
) -> RequestBatch:
    """A batch of people, with what the request says of them besides.

    Args:
        state: what serves.
        people: as they are known.
        refs: theirs; none for somebody who is not known.
        terms: what is to be answered.
    """
    catalogue = state.catalogue
    problems: tuple[str, ...] = ()
    if terms.recent:
        people, problems = with_recent(people, terms.recent, catalogue, state.kinds, now_us())
    if terms.features:
        people = with_features(people, terms.features)
    day = int(time.time()) // _SECONDS_A_DAY
    # to the day: what a person is answered stays the same for as long
    people = replace(people, now=float(day * _SECONDS_A_DAY))
    batch = RequestBatch(state, people, terms, None, problems)
    return batch._replace(seeds=daily_seeds(refs or [b""], people, day)) if batch.share else batch
