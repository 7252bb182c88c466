"""What people say about items."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tastemaker.store import told
from tastemaker.store.store import Store
from tastemaker.validation import Id, check_id, check_interaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Telling:
    """The method of `Tastemaker` for what people say about items."""

    _store: Store

    def tell(
        self,
        user_id: Id,
        item_id: Id,
        word: str,
        at: datetime | float | str | None = None,
        connection: Connection | Session | None = None,
    ) -> int:
        """Keeps what a person says about an item; the very next answer of every worker heeds it.

        Of each item a person has one statement at most: a new one takes the place of the former.

        Args:
            user_id: the application's id of the user; new ones are made, unless to forget.
            item_id: the application's id of the item.
            word: "less": it and the items most like it lose rank; "never": it is not recommended
                to this person again, whatever is asked for; "more": it counts as chosen now, so
                what goes with it gains; "forget": takes back what was told about the item, or, if
                nothing was, removes all interactions of the person with it.
            at: when; now where not given. Of no account to "forget".
            connection: the application's own connection or session; see `record`.

        Returns:
            How many interactions went: former statements, or what "forget" removed.

        Raises:
            InputError: the word, an id or the time is refused.
            NotFoundError: there is no such item, or to "forget", no such user.
        """
        checked, keyring = told.check_word(word), self._store.keyring
        if checked == told.FORGET:
            user, item = check_id(user_id, "user_id"), check_id(item_id, "item_id")
            return self._store.write(
                "forgetting an interaction",
                lambda own: told.take_back(own, keyring, user, item),
                connection,
            )
        moment = datetime.now(UTC) if at is None else at
        row = check_interaction(user_id, item_id, checked, 1.0, moment)
        return self._store.write("telling", lambda own: told.tell(own, keyring, row), connection)
