"""The process of one recommender: does what it is told, one thing after the other."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.plugin.guard import attempt, quotable
from tastemaker.plugin.isolation.channel import DTYPES, Channel, ChannelError, Message
from tastemaker.plugin.isolation.forms import (
    data_in,
    message_of_state,
    people_in,
    state_in,
)
from tastemaker.plugin.states import guarded_restore, guarded_state
from tastemaker.recommender import Recommender

SECONDS_BEYOND = 2.0
"""Seconds beyond its limit after which the process ends by itself: the engine would have ended it
before, if it were still there."""


class Served:
    """The recommender of this process, and what it is told to do."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._recommender: Recommender | None = None

    def reply_to(self, message: Message) -> Message:
        """What came of a message: a result, or the problem in one line."""
        task: Callable[[Message], Message] = getattr(self, f"_{message.header['do']}")
        reply, problem = attempt(lambda: task(message), quote=self._quotable())
        return reply if reply is not None else Message({"problem": problem})

    def _quotable(self) -> tuple[type[BaseException], ...]:
        return quotable(self._recommender is None or self._recommender.uses_features)

    def _make(self, message: Message) -> Message:
        kind, header = _kind_in(message), message.header
        settings = kind.settings_type.from_values(_mapping(header["settings"]))
        self._recommender = kind(settings)
        limit_memory(int(str(header["memory"])))
        return Message()

    def _restore(self, message: Message) -> Message:
        kind = _kind_in(message)
        state = state_in(message)
        limit_memory(int(str(message.header["memory"])))
        self._recommender, problem = guarded_restore(kind, state)
        return Message({"problem": problem} if problem else {})

    def _fit(self, message: Message) -> Message:
        made = self._made()
        fitted = made.fit(data_in(message), self._report)
        if not isinstance(fitted, type(made)):
            kind = type(fitted).__name__
            return Message({"problem": f"fit returned a {kind} instead of the recommender"})
        self._recommender = fitted
        return Message()

    def _state(self, message: Message) -> Message:
        state, problem = guarded_state(self._made())
        return Message({"problem": problem}) if state is None else message_of_state(state, {})

    def _score(self, message: Message) -> Message:
        return _of_result(self._made().score(people_in(message)))

    def _score_items(self, message: Message) -> Message:
        people = people_in(message)
        return _of_result(self._made().score_items(people, message.arrays["wanted"]))

    def _retrieve(self, message: Message) -> Message:
        k = int(str(message.header["k"]))
        return _of_result(self._made().retrieve(people_in(message), k))

    def _reasons(self, message: Message) -> Message:
        people = people_in(message)
        return _of_result(self._made().reasons(people, message.arrays["wanted"]))

    def _similar(self, message: Message) -> Message:
        return _of_result(self._made().similar(int(str(message.header["item"]))))

    def _made(self) -> Recommender:
        assert self._recommender is not None
        return self._recommender

    def _report(self, done: int, total: int, what: str = "") -> None:
        told: list[Any] = [int(done), int(total), str(what)]
        self._channel.send(Message({"progress": told}))


def _kind_in(message: Message) -> type[Recommender]:
    found: Any = import_module(str(message.header["module"]))
    for name in str(message.header["class"]).split("."):
        found = getattr(found, name)
    assert isinstance(found, type) and issubclass(found, Recommender)
    return found


def _of_result(result: object) -> Message:
    if isinstance(result, np.ndarray) and result.dtype.str in DTYPES:
        return Message({}, {"result": result})
    found = result.dtype if isinstance(result, np.ndarray) else type(result).__name__
    return Message({"problem": f"returned {found} instead of an array of numbers"})


def _mapping(value: object) -> Mapping[str, Any]:
    assert isinstance(value, dict)
    return value


def limit_memory(beyond: int) -> None:
    """Lets this process have so many bytes more than it has now, where the system can limit it."""
    import resource  # not on every system, and of no use in any other module

    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + beyond
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def be_ended_first() -> None:
    """Where the machine has no memory left, the system ends this process before any other."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    """Replies to messages until nobody sends any."""
    be_ended_first()
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    served = Served(channel)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with contextlib.suppress(ChannelError, OSError):
        while True:
            message = channel.receive()
            # The system's own alarm: a loop that lets no Python run cannot hold it up.
            signal.setitimer(
                signal.ITIMER_REAL, float(str(message.header["seconds"])) + SECONDS_BEYOND
            )
            reply = served.reply_to(message)
            signal.setitimer(signal.ITIMER_REAL, 0)
            channel.send(reply)


if __name__ == "__main__":
    main()
