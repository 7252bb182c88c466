"""What an application requests: recommendations, similar items, and a person's history."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from tastemaker.errors import TastemakerError
from tastemaker.store.store import Store
from tastemaker.validation import Id, Json

if TYPE_CHECKING:
    from tastemaker.request.json_form import RequestLike
    from tastemaker.request.preferences import BoostLike, DiversityLike
    from tastemaker.request.recent import RecentLike
    from tastemaker.request.request import Request, Seen
    from tastemaker.request.where import RuleLike
    from tastemaker.serving.answers import Answer, Recommendation
    from tastemaker.serving.item_lookup import CatalogueItem
    from tastemaker.serving.people import PastInteraction
    from tastemaker.serving.server import Server

_logger = logging.getLogger("tastemaker.serving")

KnownId = TypeVar("KnownId", bound=Id)

# What serves is imported where it is called: who only moves rows need not load it.


class Requesting:
    """The methods of `Tastemaker` that recommend."""

    _store: Store

    def recommend(
        self,
        user_id: Id | None = None,
        k: int | None = None,
        where: RuleLike | None = None,
        explain: bool | None = None,
        exact: bool | None = None,
        *,
        recent: Iterable[RecentLike] | None = None,
        features: Mapping[str, Json] | None = None,
        exclude: Iterable[Id] | None = None,
        seen: Seen | None = None,
        boost: BoostLike | None = None,
        diversity: DiversityLike | None = None,
        explore: float | None = None,
        after: str | None = None,
        surface: str | None = None,
        request: RequestLike | None = None,
    ) -> Answer:
        """The best items for somebody, from what is known about them at this moment.

        A user who is not in the database gets recommendations too, as a newcomer; so does nobody
        known at all, by what is `recent`.

        Args:
            user_id: the application's id of the user; none for somebody who is not known.
            k: how many, 10 unless given; fewer come only where fewer may be shown.
            where: only items that a rule matches: `F.price < 20`, the text "price < 20", or a
                mapping of attributes to values.
            explain: whether each recommendation says why.
            exact: whether every item is scored, instead of the candidates that the release's
                retrievers find: slower, for evaluation and for doubt.
            recent: what just happened and is not recorded: item ids, the newest last, or mappings
                with `item_id` and optionally `kind`, `value` and `at`.
            features: declared features of the person, for this request.
            exclude: ids of items that must not come.
            seen: "exclude" leaves out the items of the person's history, "include" lets them come
                again, "only" lets nothing else come. Unless given, those may come again that the
                person has had to do with by repeatable kinds alone (see `set_kind`).
            boost: rules and by which factor the items that match them count as better, or worse:
                `{F.brand == "acme": 1.5}`.
            diversity: from 0 to 1, how much variety counts against the score; or
                `AtMost(2, "brand")`.
            explore: the share of places that goes to new items; as configured unless given.
            after: `after` of the answer before, for the next page.
            surface: the name of a request kept in the database (see `set_surface`): it says what
                the call does not.
            request: a `Request`, or its JSON: it says what the call does not, before the surface.

        Raises:
            InputError: something of the request is refused.
            NotFoundError: there is no such surface.
        """
        from tastemaker.request.request import Request

        given = Request(
            user_id=user_id,
            recent=recent,
            features=features,
            k=k,
            where=where,
            exclude=exclude,
            seen=seen,
            boost=boost,
            diversity=diversity,
            explore=explore,
            after=after,
            explain=explain,
            exact=exact,
        )
        return self._serving().recommend(_over(given, request), surface)

    def recommend_many(
        self,
        user_ids: Iterable[KnownId],
        k: int | None = None,
        where: RuleLike | None = None,
        exact: bool | None = None,
        *,
        explain: bool | None = None,
        exclude: Iterable[Id] | None = None,
        seen: Seen | None = None,
        boost: BoostLike | None = None,
        diversity: DiversityLike | None = None,
        explore: float | None = None,
        surface: str | None = None,
        request: RequestLike | None = None,
    ) -> dict[KnownId, Answer]:
        """The same for many users at once, much faster than one by one.

        Args:
            user_ids: the application's ids of the users; each comes once in the result.
            k: how many; this and all others are as for `recommend`.
            where: only items that a rule matches.
            exact: whether every item is scored.
            explain: whether each recommendation says why.
            exclude: ids of items that must not come.
            seen: what becomes of the items of people's histories.
            boost: which items count as better, or worse.
            diversity: how much variety counts.
            explore: the share of places that goes to new items.
            surface: the name of a request kept in the database.
            request: a `Request` without a user, or its JSON.

        Raises:
            InputError: an id or something of the request is refused.
            NotFoundError: there is no such surface.
        """
        from tastemaker.request.request import Request

        given = Request(
            k=k,
            where=where,
            exclude=exclude,
            seen=seen,
            boost=boost,
            diversity=diversity,
            explore=explore,
            explain=explain,
            exact=exact,
        )
        return self._serving().recommend_many(user_ids, _over(given, request), surface)

    def similar(
        self,
        item_id: Id,
        k: int = 10,
        where: RuleLike | None = None,
        exclude: Iterable[Id] | None = None,
    ) -> list[Recommendation]:
        """The available items most like one item; none where nothing that serves can tell.

        Args:
            item_id: the application's id of the item.
            k: how many.
            where: only items that a rule matches; see `recommend`.
            exclude: ids of items that must not come.

        Raises:
            InputError: the id, `k` or a rule is refused.
            NotFoundError: there is no such item.
        """
        return self.together([item_id], k, where, exclude)

    def together(
        self,
        item_ids: Iterable[Id],
        k: int = 10,
        where: RuleLike | None = None,
        exclude: Iterable[Id] | None = None,
    ) -> list[Recommendation]:
        """The available items that go best with all of some items: with a basket.

        Args:
            item_ids: the application's ids of the items; of several, each counts as much.
            k: how many.
            where: only items that a rule matches; see `recommend`.
            exclude: ids of items that must not come.

        Raises:
            InputError: an id, `k` or a rule is refused.
            NotFoundError: one of the items is not there.
        """
        from tastemaker.request.request import Request

        return self._serving().together(item_ids, Request(k=k, where=where, exclude=exclude))

    def warm_up(self) -> bool:
        """Loads what serves and answers once, so that the first request need not wait for that.

        For the start of a worker, before it is sent requests. It writes nothing and raises nothing
        of the engine's own: where the database cannot serve yet, the log says why, and requests
        find out themselves.

        Returns:
            Whether it went well.
        """
        try:
            self._serving().warm_up()
        except TastemakerError as error:
            _logger.warning("Not warmed up: %s", error)
            return False
        return True

    def history(self, user_id: Id, newest: int = 10) -> list[PastInteraction]:
        """A user's newest interactions, the newest first; none for an unknown user.

        Raises:
            InputError: the id is refused.
        """
        return self._serving().history(user_id, newest)

    def item(self, item_id: Id) -> CatalogueItem:
        """An item as it is served now: its title, text and attributes, and who chose it.

        Raises:
            InputError: the id is refused.
            NotFoundError: there is no such item.
        """
        return self._serving().item(item_id)

    def find_items(self, text: str, k: int = 20) -> list[CatalogueItem]:
        """Items by a part of their titles, those that most people chose first.

        The item that has the text as its id comes before all others.

        Args:
            text: in small or capital letters.
            k: how many.

        Raises:
            InputError: the text or `k` is refused.
        """
        return self._serving().find_items(text, k)

    def _serving(self) -> Server:
        """What responds to requests."""
        raise NotImplementedError


def _over(given: Request, request: RequestLike | None) -> Request:
    """What the call gives, with what a request says where it gives nothing."""
    from tastemaker.request.json_form import as_request

    return given if request is None else given.over(as_request(request))
