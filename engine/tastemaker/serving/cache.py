"""What serves, held in memory and renewed when the database has moved on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from tastemaker.plugin.registry import Registry
from tastemaker.serving.loading import LoadedRelease, load_active
from tastemaker.serving.state import ServingState, assemble_state
from tastemaker.store import items, meta
from tastemaker.store.configuration import CONFIGURATION, parse_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.kinds import read_kinds
from tastemaker.store.releases import ACTIVE

logger = logging.getLogger(__name__)

WATCHED = (ACTIVE, meta.CATALOGUE_VERSION, CONFIGURATION)
"""The entries of `meta` that tell whether what serves is still up to date."""

POPULARITY_AGE = 10.0
"""Seconds for which counted popularity may serve before it is counted again. Chosen, not
measured."""

Stamp = Mapping[str, str]


class ServingCache:
    """Holds what serves, and renews it when the database tells that it is out of date.

    Safe to use from several threads; a renewal swaps a whole new `ServingState` in.

    Args:
        keyring: opens and verifies releases.
        plugins: what the application brings besides installed distributions.
        exploration: the share of places that goes to new items; the configuration's if None.
    """

    def __init__(
        self, keyring: Keyring, plugins: Sequence[object], exploration: float | None = None
    ) -> None:
        self._keyring = keyring
        self._plugins = plugins
        self._exploration = exploration
        self._lock = threading.Lock()
        self._stamp: Stamp = {}
        self._loaded: LoadedRelease | None = None
        self._stored: items.StoredItems | None = None
        self._state: ServingState | None = None
        self._renewed_at = 0.0

    def current(self, connection: Connection) -> ServingState:
        """What serves now. Costs one small query while nothing has changed."""
        stamp = meta.get_many(connection, WATCHED)
        state = self._state
        if state is not None and stamp == self._stamp and not self._is_stale(state):
            return state
        with self._lock:
            state = self._state  # another thread may have renewed it meanwhile
            if state is not None and stamp == self._stamp and not self._is_stale(state):
                return state
            return self._renewed(connection, stamp)

    def _is_stale(self, state: ServingState) -> bool:
        return state.release is None and time.monotonic() - self._renewed_at > POPULARITY_AGE

    def _needs_loading(self, stamp: Stamp) -> bool:
        """Whether another release is active, or other recommenders are switched on."""
        names = (ACTIVE, CONFIGURATION)
        return any(stamp.get(name) != self._stamp.get(name) for name in names)

    def _renewed(self, connection: Connection, stamp: Stamp) -> ServingState:
        loaded, before = self._loaded, self._state
        configuration = parse_configuration(stamp.get(CONFIGURATION))
        if loaded is None or loaded.number is None or self._needs_loading(stamp):
            registry = Registry(self._plugins, configuration.disabled)
            loaded = load_active(connection, self._keyring, registry, stamp.get(ACTIVE))
            before = None
            for problem in loaded.problems:
                logger.warning("%s", problem)
        share = configuration.exploration if self._exploration is None else self._exploration
        stored = self._items(connection, stamp)
        self._state = assemble_state(loaded, stored, read_kinds(connection), share, before)
        self._loaded, self._stored = loaded, stored
        self._stamp, self._renewed_at = stamp, time.monotonic()
        return self._state

    def _items(self, connection: Connection, stamp: Stamp) -> items.StoredItems:
        """The items as they are now; only what changed since they were last read is read."""
        if self._stored is None:
            return items.read_catalogue(connection)
        if stamp.get(meta.CATALOGUE_VERSION) == self._stamp.get(meta.CATALOGUE_VERSION):
            return self._stored
        return items.read_changes(connection, self._stored)
