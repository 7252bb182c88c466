"""Training again where it is time to, one at a time among all who share the database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from tastemaker.store.store import Store

if TYPE_CHECKING:
    from tastemaker.training.turn import TrainingTurn


class Retraining:
    """The methods of `Tastemaker` that tell whether to train."""

    _store: Store

    def training_due(
        self, *, older_than: float | str | None = None, new: int | None = None
    ) -> TrainingTurn:
        """Whether it is time to train, and why, or why not. Nothing is trained.

        Args:
            older_than: due once the newest release is so old: seconds, or text such as "12h", "1d".
            new: due once there are so many interactions more than it was trained on.

        Raises:
            InputError: a condition cannot be read.
        """
        from tastemaker.training.turn import conditions, turn_now

        return turn_now(self._store, conditions(older_than, new))

    def training_turn(
        self, *, older_than: float | str | None = None, new: int | None = None
    ) -> AbstractContextManager[TrainingTurn]:
        """The same as a context: if it is due, nobody else gets a turn while the block runs.

        The turn is a lease in the database, good for all processes and machines. A process that is
        killed in the block keeps others out for a minute at most. `train` alone takes no turn.

        Args:
            older_than: see `training_due`.
            new: see `training_due`; without either, training is always due.

        Raises:
            InputError: a condition cannot be read.
        """
        from tastemaker.training.turn import conditions, training_turn

        return training_turn(self._store, conditions(older_than, new))
