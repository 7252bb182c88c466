"""The checks of the two stages: scoring some items, and retrieving those worth scoring."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import checked_items, checked_scores
from tastemaker.recommender import Recommender
from tastemaker.testing.calling import called, shown, sizes
from tastemaker.testing.demands import close, demand, scored
from tastemaker.testing.samples import items_of, people_of
from tastemaker.testing.subject import Check, Subject

LEAST_RECALL = 0.9
"""The share of what `score` puts first that `retrieve` must find; chosen, not measured."""

TOLERANCE = 1e-4
"""By how much, of itself and 1, a score may differ and still be the same to rounding."""


def every_item(people: People) -> Int64Array:
    """(len(people), n_items) int64 all items, for each person in another order."""
    places = np.arange(people.n_items, dtype=np.int64)
    return (places + np.arange(len(people))[:, np.newaxis]) % max(1, people.n_items)


@Check
def check_score_items(subject: Subject) -> None:
    """`score_items` gives some items what `score` gives them, NaN for NaN."""
    for recommender, people in _samples(subject):
        scores, items = scored(recommender, people), every_item(people)
        # all of them, a few of them, and one of them twice
        for some in (items, items[:, :3], items[:, [0, 0]]):
            before = some.copy()
            seen = shown(subject.kind, people)
            result = called("score_items", partial(recommender.score_items, seen, some))
            found, problem = checked_scores(result, some.shape)
            if found is None:
                raise PluginError(f"score_items {problem}.")
            demand(
                result.dtype == np.float32, f"score_items must return float32, not {result.dtype}"
            )
            demand(np.array_equal(some, before), "score_items must not change the items")
            expected = np.take_along_axis(scores, some, axis=1)
            close(found, expected, "score_items must give items what score gives them")


@Check
def check_retrieve(subject: Subject) -> None:
    """`retrieve` names the items that `score` puts first, best first, each once.

    It may miss a tenth of them. -1 stands at the end of a row only, where fewer items can be
    scored, or where the others score 0 or less: a recommender that follows the evidence of a
    history does not come to items for which there is none.
    """
    for recommender, people in _samples(subject):
        for k in (1, 3, people.n_items + 2):
            share = retrieved_share(recommender, people, k)
            demand(
                share >= LEAST_RECALL,
                f"retrieve must find the items that score puts first: of the best {k} it found "
                f"{share:.0%}, and {LEAST_RECALL:.0%} are wanted",
            )


def retrieved_share(recommender: Recommender, people: People, k: int) -> float:
    """The share of the items that `score` puts first which `retrieve` finds; 1 of none.

    An item that scores as high as the last of the first k counts as one of them. What is missing
    from a row that ends with -1 counts only if it scores above 0.

    Raises:
        PluginError: what was retrieved is no list of items, best first, each once.
    """
    scores = scored(recommender, people)
    seen = shown(type(recommender), people)
    result = called("retrieve", lambda: recommender.retrieve(seen, k), f"{sizes(people)}, k={k}")
    retrieved, problem = checked_items(result, (len(people), k), people.n_items)
    if retrieved is None:
        raise PluginError(f"retrieve {problem}.")
    counts = [_hits(own, found, k) for own, found in zip(scores, retrieved, strict=True)]
    hits, wanted = np.array(counts, dtype=np.int64).reshape(-1, 2).sum(axis=0)
    return float(hits / wanted) if wanted else 1.0


def _hits(scores: Float32Array, row: Int64Array, k: int) -> tuple[int, int]:
    """How many of the first k of one person were retrieved, and how many there are to find."""
    found = row[row >= 0]
    demand(bool((row[len(found) :] == -1).all()), "retrieve must put -1 at the end of a row only")
    demand(len(np.unique(found)) == len(found), "retrieve must name an item once")
    own = scores[found]
    demand(not np.isnan(own).any(), "retrieve must not name an item that score cannot score")
    room = TOLERANCE * (1 + np.abs(own))
    demand(bool((own[1:] <= (own + room)[:-1]).all()), "retrieve must name the best item first")
    first = -np.sort(-scores[~np.isnan(scores)])[:k]
    if len(found) < k:
        first = first[first > TOLERANCE]
    if not len(first):
        return 0, 0
    least = first[-1] - TOLERANCE * (1 + abs(first[-1]))
    return min(int((own >= least).sum()), len(first)), len(first)


def _samples(subject: Subject) -> Iterator[tuple[Recommender, People]]:
    """Recommenders, and people of all sorts whom they score."""
    recommender, people, n_items = subject.fitted, subject.data.people, subject.data.n_items
    yield recommender, people
    yield recommender, people.select(np.array([1]))
    yield recommender, people_of([], n_items)
    weights = [[1.0, 0.5, 1.0], [0.0], [], [-1.0, 1.0]]
    yield recommender, people_of([[0, 2, 0], [1], [], [3, 4]], n_items, weights=weights)
    unknown = TrainingData(items_of(4), people_of([[0, 1], [1, 0, 1], [0]], 4))
    yield subject.trained(unknown), people_of([[3], [0, 3, 3], [1]], 4)
    nothing = TrainingData(items_of(3), people_of([[], []], 3))
    yield subject.trained(nothing), people_of([[], [0]], 3)
    if subject.extended is not None:
        yield subject.extended
