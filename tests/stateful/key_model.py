"""Which status every key must have, and which steps its owner may take with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PURPOSES = ("data", "model")


@dataclass
class KeyModel:
    """The keys of the purposes that rotate.

    Attributes:
        statuses: of each key, by its id.
        purposes: likewise.
        proof: what the newest verification found: the active keys, and how much is under which.
    """

    statuses: dict[int, str]
    purposes: dict[int, str]
    proof: tuple[dict[str, int], Mapping[int, int]] | None = None
    refused: int = field(default=0, compare=False)

    def with_status(self, purpose: str, status: str) -> list[int]:
        """The ids of the keys of a purpose that have a status."""
        return [
            number
            for number, found in self.statuses.items()
            if (self.purposes[number], found) == (purpose, status)
        ]

    def active(self) -> dict[str, int]:
        """The id of the key that seals, for each purpose."""
        return {purpose: self.with_status(purpose, "active")[0] for purpose in PURPOSES}

    def may_add(self, purpose: str) -> bool:
        """Whether a key can be added: none waits to be promoted."""
        return not self.with_status(purpose, "added")

    def add(self, number: int, purpose: str) -> None:
        """A key that only opens."""
        assert number not in self.statuses
        self.statuses[number], self.purposes[number] = "added", purpose

    def may_promote(self, number: int) -> bool:
        """Whether a key may seal."""
        return self.statuses[number] in ("active", "added", "decrypt")

    def promote(self, number: int) -> None:
        """A key seals, and the one that did only opens."""
        former = self.active()[self.purposes[number]]
        self.statuses[former] = "decrypt"
        self.statuses[number] = "active"

    def verify(self, cells: Mapping[int, int]) -> None:
        """A proof of what is under which key."""
        self.proof = (self.active(), dict(cells))

    def may_retire(self, number: int, cells: Mapping[int, int]) -> bool:
        """Whether a key may be loaded no more."""
        return self.statuses[number] in ("added", "decrypt") and self._unused(number, cells)

    def may_destroy(self, number: int, cells: Mapping[int, int]) -> bool:
        """Whether a key may go for good."""
        return self.statuses[number] == "retired" and self._unused(number, cells)

    def rotate(self, purpose: str, number: int, destroy: bool) -> list[int]:
        """One key seals, and those that only open go; which ones."""
        if number not in self.statuses:
            self.add(number, purpose)
        if self.statuses[number] != "active":
            self.promote(number)
        gone = self.with_status(purpose, "decrypt")
        for former in gone:
            self.statuses[former] = "destroyed" if destroy else "retired"
        return gone

    def rotates_to(self, purpose: str) -> int | None:
        """The key that a rotation moves to; None where it makes a new one."""
        for status in ("added", "decrypt"):
            if found := self.with_status(purpose, status):
                return found[0] if status == "added" else self.active()[purpose]
        return None

    def _unused(self, number: int, cells: Mapping[int, int]) -> bool:
        if self.proof is None or self.proof[0] != self.active():
            return False
        return not self.proof[1].get(number) and not cells.get(number)
