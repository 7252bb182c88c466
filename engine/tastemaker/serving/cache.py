"""What serves, held in memory and renewed when the database has moved on.

What may change from one request to the next is followed at once: the items, what is available, the
kinds' weights, exploration, and recommenders that are switched off. Another release, or one more
recommender, is loaded beside what serves, and no request waits for it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Connection

from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.request.surfaces import Surfaces
from tastemaker.serving.background import Background, wait_before_forks
from tastemaker.serving.blas_threads import one_blas_thread
from tastemaker.serving.loading import LoadedRelease, Recommenders, load_active
from tastemaker.serving.reranking import LoadedRerankers, load_rerankers
from tastemaker.serving.state import ServingState, assemble_state
from tastemaker.store import items, meta
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.configuration import CONFIGURATION, Configuration, usable_configuration
from tastemaker.store.kinds import read_kinds
from tastemaker.store.releases import ACTIVE
from tastemaker.store.users.features import FEATURES, usable_features

_logger = logging.getLogger("tastemaker.serving")

WATCHED = (ACTIVE, meta.CATALOGUE_VERSION, CONFIGURATION, FEATURES)
"""The entries of `meta` that tell whether what serves is still up to date."""

POPULARITY_AGE = 10.0
"""Seconds for which counted popularity may serve before it is counted again. Chosen, not
measured."""

LOADING_SPREAD = 0.5
"""Seconds over which the workers of a machine spread the loading of a release. A load takes some
0.1 s of a processor. Chosen, not measured."""

Stamp = Mapping[str, str]


@dataclass(frozen=True)
class _Served:
    """What serves, and what it was made of.

    Attributes:
        stamp: what the database said when it was made.
        pointer: which release it was loaded for, and
        disabled: which recommenders were switched off then, and
        isolated: which worked in processes of their own.
        loaded: the release.
        stored: the items.
        rerankers: those of plugins.
        state: what responds.
        made_at: when, by the monotonic clock.
    """

    stamp: Stamp
    pointer: str | None
    disabled: frozenset[str]
    isolated: frozenset[str]
    loaded: LoadedRelease
    stored: items.StoredItems
    rerankers: LoadedRerankers
    state: ServingState
    made_at: float

    @property
    def is_old(self) -> bool:
        """Whether popularity should be counted again."""
        return self.loaded.number is None and time.monotonic() - self.made_at > POPULARITY_AGE

    @cached_property
    def is_behind(self) -> bool:
        """Whether another release is active, or more recommenders are switched on, or elsewhere."""
        configuration, _ = usable_configuration(self.stamp.get(CONFIGURATION))
        enabled_since = self.disabled - configuration.disabled
        moved = self.isolated != configuration.isolated
        return self.pointer != self.stamp.get(ACTIVE) or bool(enabled_since) or moved


class ServingCache:
    """Holds what serves, and renews it when the database tells that it is out of date.

    Safe to use from several threads; a renewal swaps a whole new `ServingState` in.

    Args:
        files: reads and verifies models.
        reading: opens a connection for the thread that loads a release.
        plugins: what the application brings besides installed distributions.
        exploration: the share of places that goes to new items; the configuration's if None.
        observer: is told what happens.
    """

    def __init__(
        self,
        files: ModelFiles,
        reading: Callable[[], AbstractContextManager[Connection]],
        plugins: Sequence[object] = (),
        exploration: float | None = None,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._files = files
        self._reading = reading
        self._plugins = plugins
        self._exploration = exploration
        self._observer = observer
        self._served: _Served | None = None
        self._begin()

    def _begin(self) -> None:
        """Locks and threads of this process: a forked child has none of its parent's threads."""
        self._lock = threading.RLock()  # a plugin may fork in this very thread
        wait_before_forks(self._lock)
        self._loader = Background(self._loaded_beside, "loading a release", LOADING_SPREAD)
        # Last: other threads of a child go by it, and must not find the parent's lock.
        self._pid = os.getpid()

    def current(self, connection: Connection) -> ServingState:
        """What serves now. Costs one small query while nothing has changed.

        The first call loads; later ones never wait for a release.
        """
        if self._pid != os.getpid():
            self._begin()
        stamp = meta.get_many(connection, WATCHED)
        served = self._served
        if served is not None and self._is_current(served, stamp):
            return served.state
        with self._lock:
            served = self._served  # another thread may have renewed it meanwhile
            if served is None or not self._is_current(served, stamp):
                served = self._served = self._renewed(connection, stamp, served)
            return served.state

    @property
    def last(self) -> ServingState | None:
        """What served last, whether it is up to date or not; None before the first request."""
        return None if self._served is None else self._served.state

    def catch_up(self) -> None:
        """Returns when the release that is active now serves, or it is known why it cannot.

        Requests are answered by the one before until then. Nothing to do before the first request.
        """
        if self._served is None:
            return
        with self._reading() as connection:
            self.current(connection)
        self._loader.wait()
        with self._reading() as connection:
            self.current(connection)
        # What was under way at first may have been for an earlier change.
        self._loader.wait()

    def close(self) -> None:
        """Ends the thread that loads."""
        if self._pid == os.getpid():
            self._loader.close()

    def _is_current(self, served: _Served, stamp: Stamp) -> bool:
        if stamp != served.stamp or served.is_old or self._loader.has_result:
            return False
        return not (served.is_behind and self._loader.is_due(_wanted(stamp)))

    def _renewed(self, connection: Connection, stamp: Stamp, served: _Served | None) -> _Served:
        served = self._loader.take() or served
        if served is None:
            return self._loaded(connection, stamp, None)
        if served.loaded.number is None and served.pointer == stamp.get(ACTIVE):
            return self._loaded(connection, stamp, served)  # popularity: a count, and quickly done
        served = self._followed(connection, stamp, served)
        if served.is_behind:
            self._loader.start(_wanted(stamp))
        return served

    def _loaded_beside(self) -> _Served:
        """What the database says now, loaded by a connection of its own."""
        with self._reading() as connection:
            return self._loaded(connection, meta.get_many(connection, WATCHED), self._served)

    def _loaded(self, connection: Connection, stamp: Stamp, before: _Served | None) -> _Served:
        """The active release; of what served before only the items are used."""
        start = time.perf_counter()
        configuration, damage = usable_configuration(stamp.get(CONFIGURATION))
        recommenders = Recommenders(self._plugins, configuration.disabled, configuration.isolated)
        pointer = stamp.get(ACTIVE)
        loaded = load_active(connection, self._files, recommenders, pointer, self._observer)
        one_blas_thread().find_libraries()
        stored = self._items(connection, stamp, before)
        rerankers = self._rerankers(configuration)
        for problem in (damage, *loaded.problems, *stored.problems, *rerankers.problems):
            if problem:
                _logger.warning("%s", problem)
        state = self._assembled(connection, stamp, configuration, loaded, stored, None, rerankers)
        _log_loaded(loaded, time.perf_counter() - start)
        return _Served(
            stamp,
            pointer,
            configuration.disabled,
            configuration.isolated,
            loaded,
            stored,
            rerankers,
            _noting(damage, state),
            time.monotonic(),
        )

    def _followed(self, connection: Connection, stamp: Stamp, served: _Served) -> _Served:
        """The same release, over the items and by the configuration of this moment."""
        configuration, damage = usable_configuration(stamp.get(CONFIGURATION))
        loaded = served.loaded
        before: ServingState | None = served.state
        if not configuration.disabled <= served.disabled:
            kept = Recommenders(self._plugins, configuration.disabled).kept(loaded)
            # What was switched off stays off until a release is loaded in which it is on.
            served = replace(served, disabled=served.disabled | configuration.disabled)
            loaded, before = replace(loaded, members=kept), None
        stored = self._items(connection, stamp, served)
        if stamp.get(CONFIGURATION) != served.stamp.get(CONFIGURATION):
            served = replace(served, rerankers=self._rerankers(configuration))
        state = self._assembled(
            connection, stamp, configuration, loaded, stored, before, served.rerankers
        )
        state = _noting(damage, state)
        return replace(served, stamp=stamp, loaded=loaded, stored=stored, state=state)

    def _assembled(
        self,
        connection: Connection,
        stamp: Stamp,
        configuration: Configuration,
        loaded: LoadedRelease,
        stored: items.StoredItems,
        before: ServingState | None,
        rerankers: LoadedRerankers,
    ) -> ServingState:
        """The state of a release over items, by the kinds and the configuration of this moment."""
        features, damage = usable_features(stamp.get(FEATURES))
        state = assemble_state(
            loaded,
            stored,
            read_kinds(connection),
            self._share(configuration),
            before,
            Surfaces(configuration.surfaces),
            rerankers,
            configuration.undeclared,
            features,
            self._observer,
        )
        return _noting(damage, state)

    def _rerankers(self, configuration: Configuration) -> LoadedRerankers:
        disabled, settings = configuration.disabled, configuration.settings
        return load_rerankers(self._plugins, disabled, settings, self._observer)

    def _items(
        self, connection: Connection, stamp: Stamp, before: _Served | None
    ) -> items.StoredItems:
        """The items as they are now; only what changed since they were last read is read."""
        if before is None:
            return self._files.read_items(connection)
        if stamp.get(meta.CATALOGUE_VERSION) == before.stamp.get(meta.CATALOGUE_VERSION):
            return before.stored
        return items.read_changes(connection, before.stored)

    def _share(self, configuration: Configuration) -> float:
        return configuration.exploration if self._exploration is None else self._exploration


def _log_loaded(loaded: LoadedRelease, seconds: float) -> None:
    """Says what serves from now on; a count of popularity comes too often for that."""
    if loaded.number is None:
        return
    names = ", ".join(member.name for member in loaded.members)
    _logger.info("Release %d serves, loaded in %.2f s: %s.", loaded.number, seconds, names)


def _noting(problem: str, state: ServingState) -> ServingState:
    """The state, with one more problem where there is one."""
    return replace(state, problems=(problem, *state.problems)) if problem else state


def _wanted(stamp: Stamp) -> tuple[str | None, str | None]:
    """What a release is loaded for."""
    return stamp.get(ACTIVE), stamp.get(CONFIGURATION)
