"""Opening a database, and recommending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Engine

from tastemaker.engine.configuring import Configuring
from tastemaker.engine.learning import Learning
from tastemaker.engine.storing import Storing
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker
from tastemaker.store.cache.model_cache import ModelCache, cache_in_hand
from tastemaker.store.configuration import check_share
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.sql.database import Database
from tastemaker.store.store import Store

if TYPE_CHECKING:
    from tastemaker.serving.answers import Answer, Recommendation
    from tastemaker.serving.catalogue import Where
    from tastemaker.serving.people import PastInteraction
    from tastemaker.serving.server import Server


class Tastemaker(Storing, Learning, Configuring):
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

    Opening writes nothing. On a database without schema or keys, `upgrade` comes first: everything
    that needs the keys raises SchemaError until then.

    Raises:
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
        StoreError: the database cannot be reached.
        InputError: the exploration share is not a number from 0 to 1, or the cache is no path.
    """

    def __init__(
        self,
        database: str | Engine | Database,
        *,
        key: KeySource | str | None = None,
        plugins: Sequence[type[Recommender] | type[Reranker] | object] = (),
        exploration: float | None = None,
        cache: ModelCache | str | PathLike[str] | None = None,
    ) -> None:
        self._exploration = None if exploration is None else check_share(exploration)
        self._plugins = tuple(plugins)
        self._cache = cache_in_hand(cache)
        self._store = Store(database, key)
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

    def recommend(
        self,
        user_id: str,
        k: int = 10,
        where: Where | None = None,
        explain: bool = False,
        exact: bool = False,
    ) -> Answer:
        """The best items for a user, from what is known about the person at this moment.

        A user who is not in the database gets recommendations too, as a newcomer.

        Args:
            user_id: the application's id of the user.
            k: how many, unless fewer may be shown: what the person has had to do with already,
                and what is not available, is left out.
            where: only items with these attributes: {"country": "France"}, or a list of values
                of which an item must have one.
            explain: whether each recommendation says why.
            exact: whether every item is scored, instead of the candidates that the release's
                retrievers find: slower, for evaluation and for doubt.

        Raises:
            InputError: the id, `k` or `where` is refused.
        """
        return self._serving().recommend(user_id, k, where, explain, exact)

    def recommend_many(
        self,
        user_ids: Iterable[str],
        k: int = 10,
        where: Where | None = None,
        exact: bool = False,
    ) -> dict[str, Answer]:
        """The same for many users at once, much faster than one by one.

        Args:
            user_ids: the application's ids of the users; each comes once in the result.
            k: how many; see `recommend`.
            where: only items with these attributes; see `recommend`.
            exact: whether every item is scored; see `recommend`.

        Raises:
            InputError: an id, `k` or `where` is refused.
        """
        return self._serving().recommend_many(user_ids, k, where, exact)

    def similar(self, item_id: str, k: int = 10) -> list[Recommendation]:
        """The available items most like one item; none where nothing that serves can tell.

        Raises:
            InputError: the id or `k` is refused.
            NotFoundError: there is no such item.
        """
        return self._serving().similar(item_id, k)

    def history(self, user_id: str, newest: int = 10) -> list[PastInteraction]:
        """A user's newest interactions, the newest first; none for an unknown user.

        Raises:
            InputError: the id is refused.
        """
        return self._serving().history(user_id, newest)

    def _serving(self) -> Server:
        """What responds to requests; made when first needed, since moving rows needs none."""
        if self._server is None:
            from tastemaker.serving.server import Server

            self._server = Server(self._store, self._plugins, self._exploration, self._cache)
        return self._server

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
