"""The masks of rules, kept for as long as a catalogue stays as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict

from tastemaker.data import BoolArray
from tastemaker.rules.columns import RuleColumns
from tastemaker.rules.rule import Rule
from tastemaker.validation import now_us

MOST_MASKS = 256
MOST_BYTES = 2**25
"""Bounds of what is kept: 32 MiB, which a catalogue of 100,000 items reaches first. Chosen, not
measured."""

MINUTE_US = 60_000_000
"""Rules with `days(...)` are evaluated anew every minute, and count from its beginning."""


class MaskCache:
    """Evaluates rules on one catalogue, each once; those that were used last are kept.

    Safe to use from several threads.

    Args:
        columns: the catalogue.
    """

    def __init__(self, columns: RuleColumns) -> None:
        self._columns = columns
        self._most = max(2, min(MOST_MASKS, MOST_BYTES // max(1, len(columns))))
        self._masks: OrderedDict[tuple[Rule, int], BoolArray] = OrderedDict()
        self._lock = threading.Lock()

    def mask(self, rule: Rule, now: int | None = None) -> BoolArray:
        """(n_items,) bool, read-only: for which items a rule holds; see `Rule.mask`.

        Raises:
            RuleError: it does not fit the items.
        """
        minute = (now_us() if now is None else now) // MINUTE_US if rule.is_relative else 0
        wanted = rule, minute
        with self._lock:
            known = self._masks.get(wanted)
            if known is not None:
                self._masks.move_to_end(wanted)
                return known
        # Beside the lock: others need not wait, and the same twice does no harm.
        found = rule.mask(self._columns, minute * MINUTE_US)
        found.setflags(write=False)
        with self._lock:
            self._masks[wanted] = found
            while len(self._masks) > self._most:
                self._masks.popitem(last=False)
        return found

    def __len__(self) -> int:
        return len(self._masks)
