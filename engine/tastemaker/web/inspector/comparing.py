"""Two answers beside each other: what came, what went, and what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.serving.answers import Recommendation


@dataclass(frozen=True)
class Move:
    """A place of one of two answers, and what became of it in the other.

    Attributes:
        place: from 1.
        recommended: what stands there.
        other: its place in the other answer; None where it is not in it.
    """

    place: int
    recommended: Recommendation
    other: int | None

    @property
    def steps(self) -> int:
        """By how many places it stands higher here than there; 0 where it is not there."""
        return 0 if self.other is None else self.other - self.place


@dataclass(frozen=True)
class AnswerComparison:
    """An answer as it is, and as it would be.

    Attributes:
        before: the answer as it is; `other` are places in `after`.
        after: the answer as it would be.
    """

    before: Sequence[Move]
    after: Sequence[Move]

    @property
    def summary(self) -> str:
        """What changes, in a sentence."""
        gone = sum(one.other is None for one in self.before)
        come = sum(one.other is None for one in self.after)
        moved = sum(bool(one.steps) for one in self.after)
        if not (gone or come or moved):
            return "The same items in the same order."
        parts = [f"{come} come in", f"{gone} go", f"{moved} change places"]
        return f"Of {len(self.before)} items: {', '.join(parts)}."


def compare_answers(
    before: Sequence[Recommendation], after: Sequence[Recommendation]
) -> AnswerComparison:
    """Two answers beside each other."""
    return AnswerComparison(_moves(before, after), _moves(after, before))


def _moves(own: Sequence[Recommendation], others: Sequence[Recommendation]) -> list[Move]:
    places = {one.item_id: place for place, one in enumerate(others, 1)}
    return [Move(place, one, places.get(one.item_id)) for place, one in enumerate(own, 1)]
