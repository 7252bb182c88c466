"""What this process writes into files that have no name any more, read while they are open."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.canaries.search import Search

PAUSE = 0.02


class SpillWatch:
    """Reads the temporary files in a folder until the block ends.

    Attributes:
        bytes: how many bytes were read.
        found: how many canaries were in them.
    """

    def __init__(self, folder: Path, search: Search) -> None:
        self.bytes = self.found = 0
        self._folder, self._search = str(folder), search
        self._read: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._over.wait(PAUSE):
            for number in os.listdir("/proc/self/fd"):
                with suppress(OSError):
                    self._look(f"/proc/self/fd/{number}")

    def _look(self, path: str) -> None:
        name = os.readlink(path)
        if not name.startswith(self._folder) or os.stat(path).st_size == self._read.get(name):
            return
        content = Path(path).read_bytes()
        self._read[name] = len(content)
        self.bytes += len(content)
        self.found += self._search.found_in(content).total()
