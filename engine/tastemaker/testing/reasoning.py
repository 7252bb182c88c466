"""The checks of what is optional: reasons, items alike, and items added later."""

from __future__ import annotations

import copy

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import checked_scores
from tastemaker.plugin.telling import guarded_item_vectors, guarded_words
from tastemaker.recommender import Recommender
from tastemaker.testing.demands import close, demand, same, scored, trained
from tastemaker.testing.retrieval import every_item
from tastemaker.testing.samples import checkerboard, items_of, people_of

REASONS = (
    "reasons(people, items) must take a row of items for each person, and return a row for each "
    "interaction with a share of each of these items"
)


def check_extend(kind: type[Recommender]) -> None:
    """Items added later get a column each, and the recommender that serves meanwhile stays."""
    if kind.extend is Recommender.extend:
        return
    data = checkerboard()
    recommender = trained(kind, data)
    before = scored(recommender, data.people)
    extended = copy.copy(recommender)
    extended.extend(items_of(3, first=data.n_items))
    longer = people_of([[0, 2], [data.n_items], []], data.n_items + 3)
    scored(extended, longer)
    _reasons_add_up(extended, longer)
    same(scored(recommender, data.people), before, "extend must change nothing in place")


def check_reasons(kind: type[Recommender]) -> None:
    """Reasons have a share for each interaction, which add up to the score or are all zero."""
    data = checkerboard()
    recommender = trained(kind, data)
    for people in (data.people, people_of([[0, 2, 0], [1], []], data.n_items)):
        _reasons_add_up(recommender, people)
        _reasons_add_up(recommender, people.select(np.array([0])))
    reasons_given(recommender, people_of([], data.n_items), np.zeros((0, 2), dtype=np.int64))


def check_words(kind: type[Recommender]) -> None:
    """What it says comes as a text for each person and item, or as nothing at all."""
    data = checkerboard()
    recommender = trained(kind, data)
    for people in (data.people, people_of([[0, 2, 0], []], data.n_items)):
        _, problem = guarded_words(recommender, people, every_item(people))
        demand(not problem, f"words(people, items) must give texts: {problem}")


def check_similar(kind: type[Recommender]) -> None:
    """How alike items are comes as one number for each item, or as none at all."""
    data = checkerboard()
    likeness = trained(kind, data).similar(0)
    if isinstance(likeness, np.ndarray) and not likeness.size:
        return
    _, problem = checked_scores(likeness, (data.n_items,))
    demand(not problem, f"similar {problem}")


def check_item_vectors(kind: type[Recommender]) -> None:
    """Vectors of items come as a finite row for each item, the same each time, or not at all."""
    data = checkerboard()
    recommender = trained(kind, data)
    everything = np.arange(data.n_items, dtype=np.int64)
    given = recommender.item_vectors(everything)
    if given is None:
        return
    vectors, problem = guarded_item_vectors(recommender, everything)
    if vectors is None:
        raise PluginError(f"{problem}.")
    demand(given.dtype == np.float32, f"item_vectors must return float32, not {given.dtype}")
    some = np.array([3, 0, 3], dtype=np.int64)
    found, _ = guarded_item_vectors(recommender, some)
    wish = "item_vectors must give an item the same vector in every call"
    demand(found is not None and np.array_equal(found, vectors[some]), wish)


def reasons_given(recommender: Recommender, people: People, items: Int64Array) -> Float32Array:
    """The recommender's reasons for some items (len(people), width) of each person.

    Raises:
        PluginError: they are not finite shares of shape (n_interactions, width).
    """
    try:
        result = recommender.reasons(people, items)
    except Exception as error:
        raise PluginError(f"{REASONS}. It failed: {error!r}.") from error
    shares, problem = checked_scores(result, (len(people.histories.items), items.shape[1]))
    if shares is None or np.isnan(shares).any():
        raise PluginError(f"{REASONS}. It {problem or 'gave NaN'}.")
    return shares


def _reasons_add_up(recommender: Recommender, people: People) -> None:
    items, rows = every_item(people), people.histories.rows
    shares = reasons_given(recommender, people, items)
    sums = np.zeros(items.shape)
    np.add.at(sums, rows, shares)
    given = np.zeros(people.n_items, dtype=np.bool_)
    given[items[rows][shares != 0]] = True
    scores = np.take_along_axis(scored(recommender, people), items, axis=1)
    able = given[items] & ~np.isnan(scores)
    close(sums[able], scores[able], "reasons must add up to the score")
