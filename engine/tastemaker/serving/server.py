"""What serves: the active release over the catalogue of this moment, renewed when either moves."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Int64Array
from tastemaker.plugin.guard import GuardedRecommender
from tastemaker.plugin.registry import Registry
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.exploration import Exploration, rare
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.loading import Loaded, load_any
from tastemaker.serving.ranker import Ranker
from tastemaker.store import items, meta
from tastemaker.store.configuration import CONFIGURATION, parse_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.kinds import Kind, read_kinds
from tastemaker.store.releases import ACTIVE

logger = logging.getLogger(__name__)

WATCHED = (ACTIVE, meta.CATALOGUE_VERSION, CONFIGURATION)
"""The entries of `meta` that say whether what serves is still up to date."""

POPULARITY_AGE = 10.0
"""Seconds for which counted popularity may answer before it is counted again."""

Stamp = Mapping[str, str]


@dataclass(frozen=True)
class Serving:
    """Everything an answer needs, of one moment.

    Attributes:
        release: the number of the release that answers; None where popularity does.
        catalogue: the items, the release's first.
        kinds: the kinds of interaction and what each weighs.
        ranker: the members, ready to score the catalogue.
        uses_features: whether a member looks at people's declared features.
        problems: what kept members, or a release, out.
    """

    release: int | None
    catalogue: Catalogue
    kinds: Sequence[Kind]
    ranker: Ranker
    uses_features: bool
    problems: tuple[str, ...]


class Server:
    """Holds what serves and renews it when the database says that it is out of date.

    Safe to use from several threads; a renewal swaps a whole new `Serving` in.

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
        self._loaded: Loaded | None = None
        self._stored: items.StoredItems | None = None
        self._serving: Serving | None = None
        self._born = 0.0

    def current(self, connection: Connection) -> Serving:
        """What serves now. Costs one small query while nothing has changed."""
        stamp = meta.get_many(connection, WATCHED)
        serving = self._serving
        if serving is not None and stamp == self._stamp and not self._stale(serving):
            return serving
        with self._lock:
            serving = self._serving  # another thread may have renewed it meanwhile
            if serving is not None and stamp == self._stamp and not self._stale(serving):
                return serving
            return self._renewed(connection, stamp)

    def _stale(self, serving: Serving) -> bool:
        return serving.release is None and time.monotonic() - self._born > POPULARITY_AGE

    def _moved(self, stamp: Stamp) -> bool:
        """Whether another release is active, or other recommenders are switched on."""
        names = (ACTIVE, CONFIGURATION)
        return any(stamp.get(name) != self._stamp.get(name) for name in names)

    def _renewed(self, connection: Connection, stamp: Stamp) -> Serving:
        loaded, before = self._loaded, self._serving
        configuration = parse_configuration(stamp.get(CONFIGURATION))
        if loaded is None or loaded.number is None or self._moved(stamp):
            registry = Registry(self._plugins, configuration.disabled)
            loaded, before = load_any(connection, self._keyring, registry, stamp.get(ACTIVE)), None
            for problem in loaded.problems:
                logger.warning("%s", problem)
        share = configuration.exploration if self._exploration is None else self._exploration
        stored = self._items(connection, stamp)
        self._serving = assembled(loaded, stored, read_kinds(connection), share, before)
        self._loaded, self._stored = loaded, stored
        self._stamp, self._born = stamp, time.monotonic()
        return self._serving

    def _items(self, connection: Connection, stamp: Stamp) -> items.StoredItems:
        """The items as they are now; only what changed since they were last read is read."""
        if self._stored is None:
            return items.read_catalogue(connection)
        if stamp.get(meta.CATALOGUE_VERSION) == self._stamp.get(meta.CATALOGUE_VERSION):
            return self._stored
        return items.read_changes(connection, self._stored)


def assembled(
    loaded: Loaded,
    stored: items.StoredItems,
    kinds: Sequence[Kind],
    exploration: float = 0.0,
    before: Serving | None = None,
) -> Serving:
    """A release over the catalogue of this moment; members take in the items that came since.

    Args:
        loaded: the release.
        stored: the items.
        kinds: the kinds of interaction.
        exploration: the share of places that goes to new items.
        before: what served before, of the same release: what its members took in, they keep.
    """
    catalogue = in_order(stored, loaded.item_keys)
    members: list[GuardedRecommender] = []
    problems = list(loaded.problems)
    for member in took_in(loaded, catalogue, before):
        extended, problem = member.extended(catalogue.items[member.n_items :])
        members.append(extended)
        problems.extend([f"{member.name} {problem}"] if problem else [])
    counts = np.pad(loaded.counts, (0, len(catalogue) - len(loaded.counts)))
    fallback = GuardedRecommender(Fallback(counts), len(catalogue))
    exploring = Exploration(exploration, rare(counts))
    return Serving(
        loaded.number,
        catalogue,
        kinds,
        Ranker(tuple(members), loaded.curve, fallback, exploring),
        any(member.recommender.uses_features for member in members),
        tuple(problems),
    )


def took_in(
    loaded: Loaded, catalogue: Catalogue, before: Serving | None
) -> Sequence[GuardedRecommender]:
    """The members as they served before; as they were trained if an item they took in changed."""
    if before is None:
        return loaded.members
    first, last = len(loaded.item_keys), len(before.catalogue)
    if before.catalogue.items[first:] != catalogue.items[first:last]:
        return loaded.members
    return before.ranker.members


def in_order(stored: items.StoredItems, first: Int64Array) -> Catalogue:
    """The stored items with those of the given keys first, in their order.

    A release keeps the order it was trained in; an item of a smaller key may become visible later.
    """
    place = np.full(len(stored.keys), len(first), dtype=np.int64)
    place[np.searchsorted(stored.keys, first)] = np.arange(len(first))
    order = np.argsort(place, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return Catalogue(stored.items, stored.keys, stored.available)
    return Catalogue(stored.items.taken(order), stored.keys[order], stored.available[order])
