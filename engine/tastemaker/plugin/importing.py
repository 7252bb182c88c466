"""Importing what distributions announce, in a bounded time."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint

from tastemaker.plugin.discovery import OWN_DISTRIBUTION, Plugin, PluginSource, plugins_of
from tastemaker.plugin.guard import attempt
from tastemaker.plugin.worker_threads import OverdueError, WorkerThreads

IMPORT_SECONDS = 30.0
"""How long the import of a plugin may take. Chosen, not measured: that of TensorFlow takes six."""


class Imports:
    """Imports entry points and asks them for what they provide, each in a thread of its own.

    One that takes too long goes on without anybody waiting for it. Until it ends, it is not begun
    again; afterwards what it provides is there at the next look. The engine's own are imported
    directly.

    Args:
        seconds: how long one may take.
    """

    def __init__(self, seconds: float = IMPORT_SECONDS) -> None:
        self._seconds = seconds
        self._threads: dict[str, WorkerThreads] = {}
        self._own: dict[str, list[Plugin]] = {}

    def plugins_at(self, point: EntryPoint, source: PluginSource) -> list[Plugin]:
        """What an entry point provides; where that is nothing, one failed entry and why.

        Args:
            point: where it is.
            source: what brings it.
        """
        if source.distribution == OWN_DISTRIBUTION:
            return self._own_at(point, source)
        threads = self._threads.setdefault(point.value, WorkerThreads(f"importing {point.name}"))
        if threads.overdue:
            return [source.failed("is still being imported: it has not ended for a long time")]
        try:
            return threads.call(lambda: _imported(point, source), self._seconds)
        except OverdueError:
            limit = f"{self._seconds:g} s"
            return [source.failed(f"cannot be imported: that took longer than {limit}")]

    def _own_at(self, point: EntryPoint, source: PluginSource) -> list[Plugin]:
        """The same of the engine's own, looked at once: they do not change meanwhile."""
        if point.value not in self._own:
            found = _imported(point, source)
            if any(one.state == "failed" for one in found):
                return found
            self._own[point.value] = found
        return self._own[point.value]


def _imported(point: EntryPoint, source: PluginSource) -> list[Plugin]:
    loaded, problem = attempt(point.load)
    if problem:
        return [source.failed(f"cannot be imported: {problem}")]
    return plugins_of(loaded, source)


@cache
def imports() -> Imports:
    """Those of this process."""
    return Imports()
