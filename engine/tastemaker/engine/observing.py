"""How the engine and its database are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tastemaker.store.store import Store

if TYPE_CHECKING:
    from tastemaker.serving.health import Health
    from tastemaker.serving.server import Server


class Observing:
    """The method of `Tastemaker` for who watches over it."""

    _store: Store

    def health(self) -> Health:
        """How the database, its schema and key, the release that serves and its members are.

        Never raises: a database that cannot be reached is a problem among others. The first call
        loads the active release, unless something was recommended before.
        """
        from tastemaker.serving.health import health_of

        return health_of(self._store, self._serving)

    def _serving(self) -> Server:
        """What responds to requests."""
        raise NotImplementedError
