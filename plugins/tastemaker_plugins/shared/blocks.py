"""People in blocks, so that what is made of them at once fits into the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


def blocks(
    starts: npt.NDArray[np.integer], most_people: int, most_interactions: int
) -> Iterator[tuple[int, int]]:
    """First person and the one after the last, of each block.

    Args:
        starts: (n_people + 1,) where each person's interactions start.
        most_people: how many people a block may have; at least one.
        most_interactions: how many interactions a block of more than one person may have.
    """
    first, n_people = 0, len(starts) - 1
    if n_people == 1:
        yield 0, 1
        return
    while first < n_people:
        last = int(np.searchsorted(starts, starts[first] + most_interactions, side="right")) - 1
        last = min(max(last, first + 1), first + max(1, most_people), n_people)
        yield first, last
        first = last
