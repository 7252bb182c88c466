"""The engine inside an asynchronous application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Engine

from tastemaker.engine.async_writes import AsyncWrites
from tastemaker.engine.configuring import Support
from tastemaker.engine.tastemaker import OnOutage, Tastemaker
from tastemaker.engine.threaded import in_thread
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.opening import synchronous_url

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tastemaker.plugin.observer import Observe
    from tastemaker.training.turn import TrainingTurn

IDS_AT_A_TIME = 1000
"""How many users' ids one turn in a thread reads; chosen, not measured."""


class AsyncTastemaker(AsyncWrites):
    """A `Tastemaker` whose methods are coroutines: none of them blocks the event loop.

    Each has the arguments of the method of `Tastemaker` of the same name and runs it in a thread. A
    write that is given `connection=`, an AsyncConnection or AsyncSession, runs on that connection
    and joins its transaction.

    Args:
        database: as for `Tastemaker`, or an AsyncEngine: the engine then opens synchronous
            connections of its own to the same database.
        key: as for `Tastemaker`.
        plugins: as for `Tastemaker`.
        exploration: as for `Tastemaker`.
        cache: as for `Tastemaker`.
        ledger: as for `Tastemaker`.
        deadline: as for `Tastemaker`.
        on_outage: as for `Tastemaker`.
        observe: as for `Tastemaker`; called in the threads that calls run in.
        threads: how many calls may run at once; further ones wait for their turn. An answer is
            mostly calculation, which Python does one thread at a time: with more of them the loop
            waits longer for its own turn, and nothing is answered sooner.

    Attributes:
        shop: the `Tastemaker` itself, for code that is not asynchronous.

    Opening it reads the database once, in this very thread: do it when the application starts. A
    task that is cancelled does not stop what runs in a thread: a write may still be kept.

    Raises:
        InputError: no synchronous engine can be opened for the AsyncEngine: an unknown driver, or a
            database in memory. Everything else is as for `Tastemaker`.
    """

    def __init__(
        self,
        database: str | Engine | AsyncEngine | Database,
        *,
        key: KeySource | str | None = None,
        plugins: Sequence[type[Recommender] | type[Reranker] | object] = (),
        exploration: float | None = None,
        cache: ModelCache | str | PathLike[str] | None = None,
        deadline: float = 1.0,
        on_outage: OnOutage = "raise",
        ledger: str | PathLike[str] | None = None,
        observe: Observe | None = None,
        threads: int = 4,
    ) -> None:
        if not isinstance(database, str | Engine | Database):
            database = Database(synchronous_url(database))
        shop = Tastemaker(
            database,
            key=key,
            plugins=plugins,
            exploration=exploration,
            cache=cache,
            deadline=deadline,
            on_outage=on_outage,
            ledger=ledger,
            observe=observe,
        )
        super().__init__(shop, threads)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """The database's URL as it may be shown, without a password."""
        return self.shop.name

    async def close(self) -> None:
        """Closes the engine's own connections and ends its threads; nothing can be called then."""
        await self._end()

    async def support(self) -> Support:
        """See `Tastemaker.support`."""
        return await self._run(lambda: self.shop.support)

    async def exploration(self) -> float:
        """See `Tastemaker.exploration`."""
        return await self._run(lambda: self.shop.exploration)

    async def user_ids(self) -> AsyncIterator[str]:
        """See `Tastemaker.user_ids`."""
        ids = self.shop.user_ids()
        while some := await self._run(lambda: list(islice(ids, IDS_AT_A_TIME))):
            for user_id in some:
                yield user_id

    @asynccontextmanager
    async def training_turn(
        self, *, older_than: float | str | None = None, new: int | None = None
    ) -> AsyncIterator[TrainingTurn]:
        """See `Tastemaker.training_turn`; an asynchronous context."""
        turn = self.shop.training_turn(older_than=older_than, new=new)
        own = await self._run(turn.__enter__)
        try:
            yield own
        finally:
            await self._run(lambda: turn.__exit__(None, None, None))

    upgrade = in_thread(Tastemaker.upgrade)
    health = in_thread(Tastemaker.health)
    backup = in_thread(Tastemaker.backup)
    restore = in_thread(Tastemaker.restore)
    finish_erasures = in_thread(Tastemaker.finish_erasures)

    recommend = in_thread(Tastemaker.recommend)
    recommend_many = in_thread(Tastemaker.recommend_many)
    similar = in_thread(Tastemaker.similar)
    together = in_thread(Tastemaker.together)
    history = in_thread(Tastemaker.history)
    item = in_thread(Tastemaker.item)
    find_items = in_thread(Tastemaker.find_items)
    warm_up = in_thread(Tastemaker.warm_up)

    show = in_thread(Tastemaker.show)
    export = in_thread(Tastemaker.export)
    kinds = in_thread(Tastemaker.kinds)
    import_file = in_thread(Tastemaker.import_file)
    export_file = in_thread(Tastemaker.export_file)
    sync = in_thread(Tastemaker.sync)

    train = in_thread(Tastemaker.train)
    training_due = in_thread(Tastemaker.training_due)
    tune = in_thread(Tastemaker.tune)
    evaluate = in_thread(Tastemaker.evaluate)
    releases = in_thread(Tastemaker.releases)
    release = in_thread(Tastemaker.release)
    activate = in_thread(Tastemaker.activate)

    plugins = in_thread(Tastemaker.plugins)
    configure = in_thread(Tastemaker.configure)
    reset_settings = in_thread(Tastemaker.reset_settings)
    set_exploration = in_thread(Tastemaker.set_exploration)
    set_support = in_thread(Tastemaker.set_support)
    surfaces = in_thread(Tastemaker.surfaces)
    surface = in_thread(Tastemaker.surface)
    set_surface = in_thread(Tastemaker.set_surface)
    remove_surface = in_thread(Tastemaker.remove_surface)
