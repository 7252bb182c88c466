"""One thread of linear algebra for each answer: several wait for each other without sleeping."""

from __future__ import annotations

import threading
from functools import cache
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


class OneBlasThread:
    """Keeps linear algebra to one thread while anybody is within; afterwards all is as before.

    An answer multiplies small arrays. With two threads on two processors that other programs share,
    it took about ten times as long as with one: a thread that has been put aside keeps the other
    one waiting. What else the application multiplies in that very moment has one thread too.

    Threads may share it. The number is one for the whole process, so there must be only one of
    these: see `one_blas_thread`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._before: dict[str, int] = {}
        self._libraries: dict[str, Any] = {}

    def find_libraries(self) -> None:
        """Takes in what has been loaded: importing a plugin may bring one more library."""
        loaded = ThreadpoolController().select(user_api="blas").lib_controllers
        with self._lock:
            for library in loaded:
                if library.filepath not in self._libraries:
                    self._libraries[library.filepath] = library
                    if self._within:
                        self._limit(library)

    def _limit(self, library: Any) -> None:
        self._before[library.filepath] = library.get_num_threads()
        _set_threads(library, 1)

    def __enter__(self) -> None:
        with self._lock:
            self._within += 1
            if self._within == 1:
                for library in self._libraries.values():
                    self._limit(library)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._within -= 1
            if self._within == 0:
                for path, library in self._libraries.items():
                    _set_threads(library, self._before[path])


def _set_threads(library: Any, threads: int) -> None:
    """Sets how many threads a library has, from whichever thread of Python this is.

    From threadpoolctl 3.8 on, only the thread that set OpenBLAS's number first may change it. Here
    it may have been another one that answers requests; the lock sees to it that none interferes.
    """
    release_control = getattr(library, "clear_controlling_thread", None)
    if release_control is not None:
        release_control(force=True)
    library.set_num_threads(threads)
    if release_control is not None:
        release_control(force=True)


@cache
def one_blas_thread() -> OneBlasThread:
    """The one of this process."""
    return OneBlasThread()
