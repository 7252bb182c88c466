"""Opening a database, and recommending."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from sqlalchemy import Engine

from tastemaker.engine.backing_up import BackingUp
from tastemaker.engine.border import bordered
from tastemaker.engine.configuring import Configuring
from tastemaker.engine.keys import Keys
from tastemaker.engine.learning import Learning
from tastemaker.engine.observing import Observing
from tastemaker.engine.putting import Putting
from tastemaker.engine.requesting import Requesting
from tastemaker.engine.retraining import Retraining
from tastemaker.engine.storing import Storing
from tastemaker.engine.syncing import Syncing
from tastemaker.engine.tables import Tables
from tastemaker.engine.telling import Telling
from tastemaker.errors import InputError
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker
from tastemaker.store.cache.model_cache import ModelCache, cache_in_hand
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.sql.database import Database
from tastemaker.store.store import Store
from tastemaker.validation import check_seconds, check_share

if TYPE_CHECKING:
    from tastemaker.plugin.observer import Observe
    from tastemaker.serving.server import Server

OnOutage = Literal["raise", "stale"]
"""What becomes of requests while the database cannot be read."""


@bordered
class Tastemaker(
    Requesting,
    Putting,
    Tables,
    Syncing,
    Storing,
    BackingUp,
    Telling,
    Learning,
    Retraining,
    Configuring,
    Observing,
):
    """A recommender engine over one SQL database. Threads may share it.

    Args:
        database: an SQLAlchemy URL, the application's own Engine, or a Database.
        key: what opens the sealed values: the text that `tastemaker init` writes, or a KeySource;
            from TASTEMAKER_KEY, TASTEMAKER_KEY_FILE, TASTEMAKER_KEY_COMMAND or ./tastemaker.key
            where not given.
        plugins: classes of recommenders and re-rankers, or objects with hook implementations,
            besides those that installed distributions bring.
        exploration: the share of places, after the first three, that goes to items which few
            people know yet; the configuration's (`set_exploration`) where not given.
        cache: a directory in which the workers of this machine keep the models they serve, as a
            path or a `ModelCache`; TASTEMAKER_CACHE where not given, and none without.
        deadline: seconds that the recommenders and re-rankers of others may take of one answer, all
            together; of answers for several people as many times as much, ten times at most. One
            that takes longer is left out, and named in `details.problems`. Those that come with
            the engine are not cut short.
        on_outage: "raise": while the database cannot be read, every request ends with StoreError.
            "stale": once this object has answered, it goes on by what it has in memory, for
            nobody known, for people whose `recent` items the request tells (nothing else is known
            of them then), and for items; `details.problems` says so.
        ledger: the file in which `forget` enters erasures, outside of the database, for `restore`;
            TASTEMAKER_LEDGER where not given, and without it the name of the SQLite file with
            ".erasures" after it, or none on PostgreSQL.
        observe: called with a `Timing` for each stage of a request and each member's part of it, in
            the thread that answers. What it raises is logged and changes nothing.

    Opening writes nothing. On a database without schema or keys, `upgrade` comes first: everything
    that needs the keys raises SchemaError until then.

    Raises:
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
        StoreError: the database cannot be reached.
        InputError: the exploration share is not a number from 0 to 1, the cache is no path,
            the deadline is no number above 0, or `on_outage` is neither of the two.
    """

    def __init__(
        self,
        database: str | Engine | Database,
        *,
        key: KeySource | str | None = None,
        plugins: Sequence[type[Recommender] | type[Reranker] | object] = (),
        exploration: float | None = None,
        cache: ModelCache | str | PathLike[str] | None = None,
        deadline: float = 1.0,
        on_outage: OnOutage = "raise",
        ledger: str | PathLike[str] | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._exploration = (
            None if exploration is None else check_share(exploration, "The exploration share")
        )
        self._deadline = check_seconds(deadline, "The deadline")
        self._on_outage = _checked(on_outage)
        self._plugins = tuple(plugins)
        self._cache = cache_in_hand(cache)
        self._observe = observe
        self._store = Store(database, key, ledger)
        self._server: Server | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The database's URL as it may be shown, without a password."""
        return self._store.name

    @property
    def keys(self) -> Keys:
        """The database's keys: listed, rotated, verified."""
        return Keys(self._store)

    def upgrade(self) -> None:
        """Creates or migrates the schema, and makes the database's keys if it has none.

        Any number of processes may do this at once.

        Raises:
            SchemaError: the schema is of a newer version of the engine.
            StoreError: the database refused; nothing was changed.
        """
        self._store.upgrade()
        self._close_server()

    def close(self) -> None:
        """Closes the engine's own connections; an Engine of the application is left alone."""
        self._close_server()
        self._store.close()

    def _serving(self) -> Server:
        """What responds to requests; made when first needed, since moving rows needs none."""
        if self._server is None:
            from tastemaker.plugin.observer import Observer
            from tastemaker.serving.server import Server

            observer = Observer(self._observe)
            self._server = Server(
                self._store,
                self._plugins,
                self._exploration,
                self._cache,
                observer,
                self._deadline,
                self._on_outage,
            )
        return self._server

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _checked(on_outage: OnOutage) -> OnOutage:
    if on_outage not in get_args(OnOutage):
        choices = ", ".join(get_args(OnOutage))
        raise InputError(f"on_outage is {on_outage!r}; give one of {choices}.")
    return on_outage
