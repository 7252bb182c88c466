"""Methods of `Tastemaker` as coroutines: each call runs in a thread, and the loop goes on."""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from tastemaker.engine.tastemaker import Tastemaker
from tastemaker.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
    from sqlalchemy.orm import Session

P = ParamSpec("P")
T = TypeVar("T")

AsyncLent: TypeAlias = "AsyncConnection | AsyncSession | None"
"""An application's own, whose transaction a write joins; None for a transaction of the write's."""


class Threaded:
    """A `Tastemaker`, and the threads that its calls run in.

    Args:
        shop: the engine; its connections are synchronous ones.
        threads: how many calls may run at once; others wait for their turn.
    """

    def __init__(self, shop: Tastemaker, threads: int) -> None:
        self.shop = shop
        self._most = threads
        self._start_threads()

    def _start_threads(self) -> None:
        self._pid = os.getpid()
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="tastemaker")

    async def _run(self, call: Callable[[], T]) -> T:
        """What a call gives, made in a thread, in this task's context."""
        if self._pid != os.getpid():
            # A forked child has none of the parent's threads, and would wait for them.
            self._start_threads()
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(context.run, call))

    async def _write(
        self, write: Callable[[Connection | Session | None], T], connection: AsyncLent
    ) -> T:
        """What a write gives: in a thread, or where one is given, on an asynchronous connection.

        Raises:
            InputError: the connection given is not an asynchronous one.
        """
        if connection is None:
            return await self._run(partial(write, None))
        run_sync: Any = getattr(connection, "run_sync", None)
        if run_sync is None:
            raise InputError(
                f"The connection given is a {type(connection).__name__}. Give an AsyncConnection "
                "of SQLAlchemy, or an AsyncSession."
            )
        # Its driver hands the loop over wherever it waits for the database.
        done: T = await run_sync(write)
        return done

    async def _end(self) -> None:
        """Closes the engine, and ends the threads when they have nothing left to do."""
        await self._run(self.shop.close)
        await asyncio.to_thread(self._threads.shutdown)


def in_thread(
    method: Callable[Concatenate[Tastemaker, P], T],
) -> Callable[Concatenate[Threaded, P], Coroutine[Any, Any, T]]:
    """A method of `Tastemaker` as a coroutine that runs it in a thread."""

    @wraps(method)
    async def call(self: Threaded, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(partial(method, self.shop, *args, **kwargs))

    return call
