"""Rows of users, items and interactions, checked in all their parts."""

from __future__ import annotations

from typing import NamedTuple

from tastemaker.errors import InputError
from tastemaker.validation.attributes import Attributes, check_attributes
from tastemaker.validation.numbers import DEFAULT_VALUE, check_value
from tastemaker.validation.texts import check_id, check_kind, check_text, outline
from tastemaker.validation.times import UNTIMED, check_time

DEFAULT_KIND = "interaction"


class InteractionRow(NamedTuple):
    """One interaction, checked; `time` in microseconds since 1970 UTC or `UNTIMED`."""

    user_id: str
    item_id: str
    kind: str = DEFAULT_KIND
    value: float = DEFAULT_VALUE
    time: int = UNTIMED


class ItemRow(NamedTuple):
    """One item, checked."""

    item_id: str
    title: str = ""
    text: str = ""
    attributes: Attributes = {}
    available: bool = True


class UserRow(NamedTuple):
    """One user, checked; the id and the attributes are sealed before they are stored."""

    user_id: str
    attributes: Attributes = {}


def check_interaction(
    user_id: object,
    item_id: object,
    kind: object = DEFAULT_KIND,
    value: object = DEFAULT_VALUE,
    time: object = None,
) -> InteractionRow:
    """A checked interaction; without a time it is `UNTIMED`.

    Raises:
        InputError: one of its parts is refused.
    """
    return InteractionRow(
        check_id(user_id, "user_id"),
        check_id(item_id, "item_id"),
        check_kind(kind),
        check_value(value),
        UNTIMED if time is None else check_time(time),
    )


def check_item(
    item_id: object,
    title: object = "",
    text: object = "",
    attributes: object = ItemRow("-").attributes,
    available: object = True,
) -> ItemRow:
    """A checked item.

    Raises:
        InputError: one of its parts is refused.
    """
    return ItemRow(
        check_id(item_id, "item_id"),
        check_text(title, "title"),
        check_text(text, "text"),
        check_attributes(attributes, "item attribute"),
        check_available(available),
    )


def check_user(user_id: object, attributes: object = UserRow("-").attributes) -> UserRow:
    """A checked user.

    Raises:
        InputError: one of its parts is refused.
    """
    return UserRow(check_id(user_id, "user_id"), check_attributes(attributes, "user attribute"))


def check_available(value: object) -> bool:
    """Whether an item may be recommended; text true/false, yes/no and 1/0 is read.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise InputError(f"available is {outline(value)}; write true or false.")
