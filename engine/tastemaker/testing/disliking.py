"""The check of dislikes: what has a negative weight counts for those that say so, and no other."""

from __future__ import annotations

import numpy as np

from tastemaker.testing.demands import close, demand, scored
from tastemaker.testing.samples import people_of
from tastemaker.testing.subject import Check, Subject

DAY = 86_400.0

DISLIKES_UNUSED = (
    "without uses_dislikes a person's scores must not depend on interactions of negative weight; "
    "leave those out, and take positions from people.ages"
)
DISLIKES_USED = "with uses_dislikes an interaction of negative weight must change a person's scores"


@Check
def check_dislikes(subject: Subject) -> None:
    """A dislike in a history changes the scores if the recommender says so, and not otherwise."""
    kind, data, recommender = subject.kind, subject.data, subject.fitted
    liked, times = [0, 2, 4], [2 * DAY, 3 * DAY, 4 * DAY]
    plain = scored(recommender, people_of([liked], data.n_items, times=[times]))
    changed = False
    for place, day in enumerate((1.0, 2.5, 3.5, 5.0)):
        items, moments, weights = list(liked), list(times), [1.0] * 3
        items.insert(place, 5)
        moments.insert(place, day * DAY)
        weights.insert(place, -1.0)
        people = people_of([items], data.n_items, times=[moments], weights=[weights])
        scores = scored(recommender, people)
        if not kind.uses_dislikes:
            close(scores, plain, DISLIKES_UNUSED)
        changed |= not np.array_equal(scores, plain, equal_nan=True)
    demand(changed or not kind.uses_dislikes, DISLIKES_USED)
