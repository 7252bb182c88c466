"""What is handed out when a person was forgotten."""

from __future__ import annotations

from dataclasses import dataclass

from tastemaker.store.persons import Forgotten


@dataclass(frozen=True)
class Receipt:
    """Proof of a deletion; it names nobody.

    Attributes:
        forgotten: what was deleted, when, and the releases trained while it was there.
        complete: whether the deleted bytes have left SQLite's log too; False while another
            connection is still reading an older state.
    """

    forgotten: Forgotten
    complete: bool

    def text(self) -> str:
        """The receipt in words."""
        lines = [f"Forgotten, with {self.forgotten.interactions} interactions."]
        if self.forgotten.releases:
            numbers = ", ".join(map(str, self.forgotten.releases))
            lines.append(
                f"Trained while they were there: release {numbers}. Models hold items, not "
                "people; to learn without them run `tastemaker train`."
            )
        if not self.complete:
            lines.append(
                "Another connection is still reading the state before: deleted bytes may stay in "
                "the write-ahead log until the last connection has closed."
            )
        return "\n".join(lines)
