"""Whether it is time to train again, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from tastemaker.errors import InputError, TastemakerError
from tastemaker.store import releases
from tastemaker.store.lease import is_leased, lease
from tastemaker.store.sql.tables import interaction
from tastemaker.store.store import Store
from tastemaker.training.limits import duration_of
from tastemaker.training.report import Release
from tastemaker.validation import now_us

TRAINING = "training"
"""The name of the lease that those hold who train when it is due."""


@dataclass(frozen=True)
class TrainingTurn:
    """Whether to train now, and why, or why not.

    Attributes:
        due: whether to train.
        reason: a sentence.
    """

    due: bool
    reason: str


@dataclass(frozen=True)
class Conditions:
    """When training is due: where one of the two holds; always, where neither is given.

    Attributes:
        older_than: seconds since the data of the newest release was read.
        new: how many interactions more there are than it was trained on.
    """

    older_than: float | None = None
    new: int | None = None


NOBODY_ELSE = TrainingTurn(False, "Another training is under way.")


def conditions(older_than: float | str | None, new: int | None) -> Conditions:
    """The conditions given.

    Args:
        older_than: seconds, or text such as "12h" or "1d".
        new: a number of interactions.

    Raises:
        InputError: a text cannot be read, or a number is not above 0.
    """
    if new is not None and (not isinstance(new, int) or isinstance(new, bool) or new < 1):
        raise InputError("The number of new interactions must be a whole number above 0.")
    age = None if older_than is None else duration_of(older_than, "The age of a release")
    return Conditions(age, new)


def turn_now(store: Store, given: Conditions) -> TrainingTurn:
    """Whether it is time to train, as far as the database tells at this moment."""
    with store.reading("looking whether to train") as connection:
        if is_leased(connection, TRAINING):
            return NOBODY_ELSE
        return _due(connection, store, given)


@contextmanager
def training_turn(store: Store, given: Conditions) -> Iterator[TrainingTurn]:
    """Whether to train in the block; nobody else who looks for a turn trains meanwhile.

    Args:
        store: the database.
        given: when training is due.
    """
    turn = turn_now(store, given)
    if not turn.due:
        yield turn
        return
    with lease(store, TRAINING) as held:
        if not held:
            yield NOBODY_ELSE
            return
        # somebody may have trained between the look and the lease
        with store.reading("looking whether to train") as connection:
            turn = _due(connection, store, given)
        yield turn


def _due(connection: Connection, store: Store, given: Conditions) -> TrainingTurn:
    """By the newest release, active or not: one that measured too badly is not trained again."""
    count = connection.scalar(select(func.count()).select_from(interaction)) or 0
    if not count:
        return TrainingTurn(False, "There are no interactions to learn from yet.")
    newest = next(iter(releases.list_releases(connection)), None)
    if newest is None:
        return TrainingTurn(True, "Nothing was trained yet.")
    if given.older_than is None and given.new is None:
        return TrainingTurn(True, "No condition was given.")
    name, age = f"Release {newest.number}", (now_us() - newest.trained_at) / 1e6
    if given.older_than is not None and age >= given.older_than:
        old = f"{name} is {as_duration(age)} old"
        return TrainingTurn(True, f"{old}; the limit is {as_duration(given.older_than)}.")
    try:
        manifest = releases.read_manifest(connection, store.keyring, newest.number)
        more = count - Release.from_json(manifest).n_interactions
    except TastemakerError:
        return TrainingTurn(True, f"{name} cannot be read.")
    grown = f"there are {more:,} interactions more than it was trained on"
    if given.new is not None and more >= given.new:
        return TrainingTurn(True, f"{name} is {as_duration(age)} old, and {grown}.")
    return TrainingTurn(False, f"{name} is only {as_duration(age)} old, and {grown}.")


def as_duration(seconds: float) -> str:
    """A duration as a person reads it: "40 s", "3.5 h", "12 days"."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
