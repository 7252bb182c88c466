"""Responding to an application's requests: reads people from the store, and recommends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Literal, TypeVar

import numpy as np
from sqlalchemy import Connection

from tastemaker.errors import InputError, StoreError
from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.plugin.time_limit import time_limited
from tastemaker.request.request import Request
from tastemaker.request.surfaces import OF_ONE_PERSON
from tastemaker.request.terms import terms_of
from tastemaker.serving.answers import Answer, Recommendation
from tastemaker.serving.cache import ServingCache
from tastemaker.serving.item_lookup import CatalogueItem, look_up_item, search_items
from tastemaker.serving.people import PastInteraction, read_past
from tastemaker.serving.recent import nobody
from tastemaker.serving.recommending import DEADLINE, respond, respond_in_turn, similar_items
from tastemaker.serving.request_batch import RequestBatch, batch_of, read_request_batch
from tastemaker.serving.state import ServingState
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.sql.statements import batches
from tastemaker.store.store import Store
from tastemaker.validation import Id, check_count, check_id, check_several, check_text

KnownId = TypeVar("KnownId", bound=Id)

FROM_MEMORY = "The database cannot be read: this answer is by what was in memory."
"""What is told of an answer that may be out of date."""

NOBODY = "nobody: warming up"
"""The id that is looked up when a worker warms up; it is written nowhere."""

PEOPLE_PER_READ = 500
"""How many people are read at once: while they are ranked, the next are read."""


class Server:
    """Responds to requests for recommendations from one store. Threads may share it.

    Args:
        store: where people, items and releases are.
        plugins: what the application brings besides installed distributions.
        exploration: the share of places that goes to new items; the configuration's if None.
        cache: a directory for models that the workers of this machine share.
        observer: is told how long things take, and what fails.
        deadline: seconds that plugins of others may take of one answer.
        on_outage: what becomes of requests while the database cannot be read; see `Tastemaker`.

    Raises:
        SchemaError: the database has no schema or no keys yet.
    """

    def __init__(
        self,
        store: Store,
        plugins: Sequence[object] = (),
        exploration: float | None = None,
        cache: ModelCache | None = None,
        observer: Observer = UNOBSERVED,
        deadline: float = DEADLINE,
        on_outage: Literal["raise", "stale"] = "raise",
    ) -> None:
        self._store = store
        self._observer = observer
        self._deadline = deadline
        self._on_outage = on_outage
        files = ModelFiles(store.keyring, cache)
        self._cache = ServingCache(files, self._reading, plugins, exploration, observer)

    def catch_up(self) -> None:
        """Returns when a change of the active release serves; see `ServingCache.catch_up`."""
        self._cache.catch_up()

    def close(self) -> None:
        """Ends the thread that loads releases."""
        self._cache.close()

    def _reading(self) -> AbstractContextManager[Connection]:
        return self._store.reading("loading a release")

    def state(self, connection: Connection) -> ServingState:
        """What serves now; see `ServingCache.current`."""
        return self._cache.current(connection)

    def warm_up(self) -> None:
        """Loads what is active, and answers once as to somebody who has just chosen something."""
        self._cache.catch_up()
        catalogue = self._state_or_last().catalogue
        shown = np.flatnonzero(catalogue.available)[:1]
        recent = [catalogue.items.ids[place] for place in shown.tolist()]
        self.recommend(Request(user_id=NOBODY, recent=recent, k=10, explain=True))

    def recommend(self, request: Request, surface: str | None = None) -> Answer:
        """The best items for somebody; see `Tastemaker.recommend`."""
        user_ids = [] if request.user_id is None else [request.user_id]
        with self._observer.timing("request", 1):
            return respond(self._read(user_ids, request, surface), self._deadline)[0]

    def recommend_many(
        self, user_ids: Iterable[KnownId], request: Request, surface: str | None = None
    ) -> dict[KnownId, Answer]:
        """The best items for each of many users; see `Tastemaker.recommend_many`."""
        for name in OF_ONE_PERSON:
            if getattr(request, name) is not None:
                raise InputError(
                    f"A request for many users has {name}, which is one person's. Leave it out."
                )
        wanted = dict.fromkeys(check_several(user_ids, "user_ids"))
        several = list(batches(wanted, PEOPLE_PER_READ))
        with self._observer.timing("request", len(wanted)):
            read = (self._read(part, request, surface) for part in several)
            answers = respond_in_turn(read, self._deadline)
            return dict(self._pairs(several, answers))

    def together(self, item_ids: Iterable[Id], request: Request) -> list[Recommendation]:
        """The available items that go with some items; see `Tastemaker.together`."""
        checked = [check_id(one, "item_id") for one in check_several(item_ids, "item_ids")]
        with self._observer.timing("similar", 1), time_limited(self._deadline):
            state = self._state_or_last()
            return similar_items(state, checked, terms_of(request))

    def history(self, user_id: Id, newest: int) -> list[PastInteraction]:
        """A user's newest interactions; see `Tastemaker.history`."""
        keyring, checked = self._store.keyring, check_id(user_id, "user_id")
        with self._store.reading("reading a history") as connection:
            return read_past(connection, keyring, self.state(connection), checked, newest)

    def item(self, item_id: Id) -> CatalogueItem:
        """An item by its id; see `Tastemaker.item`."""
        return look_up_item(self._state_or_last(), check_id(item_id, "item_id"))

    def find_items(self, text: str, k: int) -> list[CatalogueItem]:
        """Items by a part of their titles; see `Tastemaker.find_items`."""
        return search_items(self._state_or_last(), check_text(text, "text"), check_count(k))

    def _pairs(
        self, several: Iterable[Sequence[KnownId]], answers: Iterable[Sequence[Answer]]
    ) -> Iterator[tuple[KnownId, Answer]]:
        for user_ids, own in zip(several, answers, strict=True):
            yield from zip(user_ids, own, strict=True)

    def _read(self, user_ids: Sequence[Id], request: Request, surface: str | None) -> RequestBatch:
        """What serves now, and the users as it sees them; nobody known where none is named."""
        keyring = self._store.keyring
        checked = [check_id(user_id, "user_id") for user_id in user_ids]
        try:
            with (
                self._observer.timing("people", max(1, len(checked))),
                self._store.reading("recommending") as connection,
            ):
                state = self.state(connection)
                terms = terms_of(_over_surface(request, state, surface))
                return read_request_batch(connection, keyring, state, checked, terms)
        except StoreError as error:
            last = self._last(error)
            # of a user alone, nobody knows now what they have had already
            if last is None or (checked and request.recent is None):
                raise
        terms = terms_of(_over_surface(request, last, surface))
        batch = batch_of(last, nobody(len(last.catalogue)), (), terms)
        return batch._replace(problems=(*batch.problems, FROM_MEMORY))

    def _last(self, error: StoreError) -> ServingState | None:
        """What served last, if it may serve now that the database cannot be read."""
        if self._on_outage == "raise" or error.code == "Damaged":
            return None
        return self._cache.last

    def _state_or_last(self) -> ServingState:
        try:
            with self._store.reading("recommending") as connection:
                return self.state(connection)
        except StoreError as error:
            last = self._last(error)
            if last is None:
                raise
        return last


def _over_surface(request: Request, state: ServingState, surface: str | None) -> Request:
    return request if surface is None else request.over(state.surfaces.find(surface))
