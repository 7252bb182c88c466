"""Training again from time to time, beside an application that serves."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from tastemaker.engine.tastemaker import Tastemaker
from tastemaker.errors import InputError, TastemakerError
from tastemaker.plugin.guard import describe
from tastemaker.serving.background import wait_before_forks
from tastemaker.training.limits import duration_of, limits
from tastemaker.training.turn import conditions

_logger = logging.getLogger("tastemaker.training")

ENDING = 10.0
"""Seconds that a training process has to end in when it is told to. Chosen, not measured."""


@dataclass(frozen=True)
class RetrainingPlan:
    """When to train, and how.

    Attributes:
        older_than: train once the newest release is so old; see `Tastemaker.training_due`.
        new: train once there are so many interactions more.
        time_limit: see `Tastemaker.train`.
        memory_limit: see `Tastemaker.train`.
        quick: see `Tastemaker.train`.
    """

    older_than: float | str | None = "1d"
    new: int | None = None
    time_limit: float | str | None = None
    memory_limit: int | str | None = None
    quick: bool = False


class Retrainer:
    """Trains from time to time while the application serves: a thread that looks, and a process.

    Whichever process of whichever machine finds training due takes the turn in the database; the
    others wait. The training itself runs in a process of its own, so that no request waits for it,
    and ends with the application. What served goes on until the new release is whole.

    Args:
        open_shop: a function of a module that opens an engine of its own, which is closed again
            afterwards. It is called here, and in the process that trains: that imports its module.
        plan: when to train, and how; once a day where not given.
        every: how often to look: seconds, or text such as "10m".

    Raises:
        InputError: a duration or a number is refused, or the function is none of a module.
    """

    def __init__(
        self,
        open_shop: Callable[[], Tastemaker],
        plan: RetrainingPlan | None = None,
        *,
        every: float | str = "10m",
    ) -> None:
        self._open_shop = checked_function(open_shop)
        self._plan = RetrainingPlan() if plan is None else plan
        conditions(self._plan.older_than, self._plan.new)
        limits(self._plan.memory_limit, self._plan.time_limit)
        self._every = duration_of(every, "The time between two looks")
        self._looking = threading.RLock()
        wait_before_forks(self._looking)
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to look, at once and then every so often. Nothing happens if it does already."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._ends.clear()
        self._thread = threading.Thread(
            target=self._run, name="tastemaker: retraining", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends; a training under way is ended too, and leaves nothing behind."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                self._look()
            except Exception as error:  # the next look may do better
                why = describe(error, quote=(TastemakerError,))
                _logger.error("Retraining failed: %s", why)
            # not all workers at the same moment
            self._ends.wait(self._every * random.uniform(0.9, 1.1))

    def _look(self) -> None:
        with self._looking, self._open_shop() as shop:
            turn = shop.training_due(older_than=self._plan.older_than, new=self._plan.new)
        if turn.due:
            self._train()

    def _train(self) -> None:
        """Trains in a process of its own, and passes its log on."""
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe(duplex=False)
        arguments = (self._open_shop, self._plan, theirs)
        process = spawning.Process(target=train_apart, args=arguments, daemon=True)
        process.start()
        theirs.close()
        while not self._ends.is_set() and _passes_on(ours, process):
            pass
        ours.close()
        end(process, at_once=self._ends.is_set())
        if process.exitcode:
            status = f"with status {process.exitcode}"
            _logger.warning("The process that trains ended %s; what served goes on.", status)


def _passes_on(pipe: Connection, process: BaseProcess) -> bool:
    """Waits a moment for the log of a process, and passes it on; whether there may be more."""
    ready = wait([pipe, process.sentinel], timeout=0.2)
    if pipe in ready:
        try:
            level, text = pipe.recv()
        except EOFError:
            return False
        _logger.log(level, "%s", text)
        return True
    return not ready


def end(process: BaseProcess, *, at_once: bool) -> None:
    """Sees a process to its end: at once, or when it had time to end by itself."""
    process.join(0 if at_once else ENDING)
    if process.is_alive():
        process.terminate()
        process.join(ENDING)
    if process.is_alive():
        process.kill()
        process.join()


class Sending(logging.Handler):
    """Sends what is logged to another process, as texts."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record; nothing where nobody listens any more."""
        with suppress(OSError):
            self._pipe.send((record.levelno, record.getMessage()))


def train_apart(open_shop: Callable[[], Tastemaker], plan: RetrainingPlan, log: Connection) -> None:
    """What the process that trains does: takes the turn and trains, if it is still due."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the application, which ends this
    os.nice(10)  # requests come first
    threading.Thread(target=_end_with_parent, daemon=True).start()
    room = logging.getLogger("tastemaker")
    room.setLevel(logging.INFO)
    room.addHandler(Sending(log))
    with (
        open_shop() as shop,
        shop.training_turn(older_than=plan.older_than, new=plan.new) as turn,
    ):
        _logger.info("%s", turn.reason)
        if turn.due:
            with suppress(TastemakerError):  # logged by `train`
                shop.train(
                    time_limit=plan.time_limit, memory_limit=plan.memory_limit, quick=plan.quick
                )


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def checked_function(given: Callable[[], Tastemaker]) -> Callable[[], Tastemaker]:
    """A function that another process can find by its name.

    Raises:
        InputError: it is none of a module.
    """
    name = getattr(given, "__qualname__", "")
    if not callable(given) or not name.isidentifier() or not getattr(given, "__module__", ""):
        raise InputError(
            "Retrainer takes a function of a module, which the process that trains can import: "
            "no lambda, no method, and none inside of another function."
        )
    return given
