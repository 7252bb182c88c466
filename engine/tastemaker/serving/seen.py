"""Which items may be shown to a person who has had to do with some of them already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.data import BoolArray, People
from tastemaker.request.request import Seen
from tastemaker.store.kinds import NEVER_KIND, Kind


def excluded_items(
    people: People, kinds: Sequence[Kind], ineligible: BoolArray, seen: Seen | None = None
) -> BoolArray:
    """(n, n_items) the items not to be shown to each person.

    Those that nobody may be shown, those that the person never wants to see again, and of the
    history what `seen` says.

    Args:
        people: whose histories.
        kinds: what their interactions' kinds stand for, in the order of `people.kinds`; one that
            came since is not repeatable.
        ineligible: (n_items,) items that nobody may be shown.
        seen: "exclude": nothing of the history; "include": all of it; "only": nothing but what
            was chosen, by a kind of positive weight. By the kinds where not given: what the person
            had to do with by repeatable kinds alone.
    """
    histories = people.histories
    excluded = np.repeat(ineligible[np.newaxis], len(people), axis=0)
    if seen == "only":
        excluded |= ~_marked(people, people.weights > 0)
    elif seen == "exclude":
        excluded[histories.rows, histories.items] = True
        return excluded
    # a kind that came since has the index after the last
    hides = np.array([seen is None and not kind.repeatable for kind in kinds] + [seen is None])
    for place, kind in enumerate(kinds):
        hides[place] |= kind.name == NEVER_KIND
    hidden = hides[people.kinds]
    excluded[histories.rows[hidden], histories.items[hidden]] = True
    return excluded


def _marked(people: People, chosen: BoolArray) -> BoolArray:
    """(n, n_items) the items of the chosen interactions."""
    marked = np.zeros((len(people), people.n_items), dtype=np.bool_)
    marked[people.histories.rows[chosen], people.histories.items[chosen]] = True
    return marked
