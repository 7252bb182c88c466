"""What a shop must hold, in plain mappings: nothing here knows of SQL, keys or files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Attributes: TypeAlias = dict[str, object]

KEPT_RELEASES = 5


class Interaction(NamedTuple):
    """What tells one interaction from another."""

    user_id: str
    item_id: str
    kind: str
    time: str


@dataclass
class ItemModel:
    """An item as `put_items` or a mere mention has made it."""

    title: str = ""
    attributes: Attributes = field(default_factory=dict)
    available: bool = True


@dataclass
class ShopModel:
    """Users, items, interactions and releases; each method does what the engine's promises."""

    users: dict[str, Attributes] = field(default_factory=dict)
    items: dict[str, ItemModel] = field(default_factory=dict)
    interactions: dict[Interaction, float] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    releases: list[int] = field(default_factory=list)
    active: int | None = None

    def put_user(self, user_id: str, attributes: Attributes) -> None:
        """A new user, or other attributes in place of all former ones."""
        self.users[user_id] = dict(attributes)
        self.forgotten.discard(user_id)

    def update_user(self, user_id: str, attributes: Attributes) -> int:
        """Other values for some attributes of a user who is there; whether there is one."""
        if user_id in self.users:
            self.users[user_id].update(attributes)
        return int(user_id in self.users)

    def record(self, one: Interaction, value: float) -> None:
        """An interaction, and its user and item where they are new."""
        self.users.setdefault(one.user_id, {})
        self.forgotten.discard(one.user_id)
        self.items.setdefault(one.item_id, ItemModel())
        self.interactions[one] = value

    def remove(self, user_id: str, item_id: str) -> int:
        """Everything between a user and an item goes; how many interactions."""
        gone = [one for one in self.interactions if one[:2] == (user_id, item_id)]
        return self._take(gone)

    def delete_items(self, item_ids: set[str]) -> tuple[int, int]:
        """Items go, and everybody's interactions with them; how many of both."""
        there = item_ids & self.items.keys()
        gone = [one for one in self.interactions if one.item_id in there]
        for item_id in there:
            del self.items[item_id]
        return len(there), self._take(gone)

    def merge(self, anonymous: str, known: str) -> tuple[int, int]:
        """One user gets what another had, who goes; how many came over, and how many did not."""
        self.forgotten.discard(known)
        theirs = self.users.setdefault(known, {})
        if anonymous not in self.users:
            return 0, 0
        self.users[known] = self.users.pop(anonymous) | theirs
        moved = kept = 0
        for one in [one for one in self.interactions if one.user_id == anonymous]:
            value = self.interactions.pop(one)
            moved_to = one._replace(user_id=known)
            kept += moved_to in self.interactions
            moved += moved_to not in self.interactions
            self.interactions.setdefault(moved_to, value)
        return moved, kept

    def forget(self, user_id: str) -> int:
        """A user goes with all interactions; how many they were."""
        del self.users[user_id]
        self.forgotten.add(user_id)
        return self._take([one for one in self.interactions if one.user_id == user_id])

    def train(self, number: int, serves: bool = True) -> None:
        """A new release, which may serve; the one that serves and the newest others stay."""
        if serves:
            self.active = number
        spared = {number, self.active or number}
        others = sorted(set(self.releases) - spared, reverse=True)
        self.releases = sorted({*spared, *others[: KEPT_RELEASES - len(spared)]}, reverse=True)

    def history(self, user_id: str) -> list[tuple[str, str, str, float]]:
        """A user's interactions: item, kind, time and value."""
        found = self.interactions.items()
        return sorted((*one[1:], value) for one, value in found if one.user_id == user_id)

    def _take(self, gone: list[Interaction]) -> int:
        for one in gone:
            del self.interactions[one]
        return len(gone)
