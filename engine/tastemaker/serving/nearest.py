"""The items most like one, found once and kept while the same release serves the same catalogue."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from tastemaker.data import Int64Array

MOST_KEPT = 4096
"""Of how many items the nearest are kept: about a megabyte. Chosen, not measured."""


class NearestItems:
    """Finds the items most like one; what was found before is kept in memory.

    Threads may share it: two that want the same at once may both find it.

    Args:
        find: from an item's index to the indexes of those most like it, the nearest first, and
            whether that is worth keeping: not where a member failed.
        most: of how many items the answers are kept.
    """

    def __init__(
        self, find: Callable[[int], tuple[Int64Array, bool]], most: int = MOST_KEPT
    ) -> None:
        self._find = find
        self._most = most
        self._kept: OrderedDict[int, Int64Array] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, item: int) -> Int64Array:
        """(n,) int64 the items most like one, the nearest first."""
        with self._lock:
            known = self._kept.get(item)
            if known is not None:
                self._kept.move_to_end(item)
                return known
        found, sound = self._find(item)
        if sound:
            self._keep(item, found)
        return found

    def _keep(self, item: int, found: Int64Array) -> None:
        with self._lock:
            self._kept[item] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
