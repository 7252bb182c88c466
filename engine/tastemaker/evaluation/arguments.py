"""What an evaluation is given, checked."""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.errors import InputError
from tastemaker.holdout.methods import SEEN

LONGEST = 1000
"""The longest list that can be measured."""


def repeats_allowed(seen: str) -> bool:
    """Whether what people had chosen may come again.

    Raises:
        InputError: it is not one of `SEEN`.
    """
    if seen not in SEEN:
        raise InputError(f"seen is {seen!r}; choose one of: {', '.join(SEEN)}.")
    return seen == "include"


def check_people(people: int) -> None:
    """Refuses a number of people that cannot be evaluated.

    Raises:
        InputError: it is not a number of at least 1.
    """
    if isinstance(people, bool) or not isinstance(people, int) or people < 1:
        raise InputError(f"people is {people!r}; it must be a whole number of at least 1.")


def checked_cutoffs(cutoffs: Sequence[int]) -> tuple[int, ...]:
    """The cutoffs in ascending order, each once.

    Raises:
        InputError: there is none, or one is not a number from 1 to 1000.
    """
    for k in cutoffs:
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= LONGEST:
            raise InputError(f"The cutoff {k!r} is not a whole number from 1 to {LONGEST}.")
    if not cutoffs:
        raise InputError("Name at least one cutoff, such as 10.")
    return tuple(sorted(set(cutoffs)))
