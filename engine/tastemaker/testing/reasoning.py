"""The checks of what is optional: reasons, items alike, and items added later."""

from __future__ import annotations

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import checked_scores
from tastemaker.plugin.telling import guarded_item_vectors, guarded_words
from tastemaker.recommender import Recommender
from tastemaker.testing.calling import called, shown, sizes, wishing
from tastemaker.testing.demands import close, demand, scored
from tastemaker.testing.retrieval import every_item
from tastemaker.testing.samples import people_of
from tastemaker.testing.subject import Check, Subject, extension

REASONS = (
    "reasons(people, items) must take a row of items for each person, and return a row for each "
    "interaction with a share of each of these items"
)


@Check
def check_extend(subject: Subject) -> None:
    """Items added later get a column each, and the recommender that serves meanwhile stays."""
    if not subject.extends:
        return
    extension(subject.copied(), subject.data)


@Check
def check_reasons(subject: Subject) -> None:
    """Reasons have a share for each interaction, which add up to the score or are all zero."""
    recommender, n_items = subject.fitted, subject.data.n_items
    for people in (subject.data.people, people_of([[0, 2, 0], [1], []], n_items)):
        _reasons_add_up(recommender, people)
        _reasons_add_up(recommender, people.select(np.array([0])))
    reasons_given(recommender, people_of([], n_items), np.zeros((0, 2), dtype=np.int64))
    if subject.extended is not None:
        _reasons_add_up(*subject.extended)
    if subject.kind.reasons is not Recommender.reasons:
        people = subject.data.people
        shares = reasons_given(recommender, people, every_item(people))
        wish = "all reasons were 0, so this checked nothing; leave the method out if it has none"
        demand(bool(shares.any()), wish)


@Check
def check_words(subject: Subject) -> None:
    """What it says comes as a text for each person and item, or as nothing at all."""
    for people in (subject.data.people, people_of([[0, 2, 0], []], subject.data.n_items)):
        seen = shown(subject.kind, people)
        _, problem = guarded_words(subject.fitted, seen, every_item(people))
        demand(not problem, f"words(people, items) must give texts: {problem}")


@Check
def check_similar(subject: Subject) -> None:
    """How alike items are comes as one number for each item, or as none at all."""
    likeness = called("similar", lambda: subject.fitted.similar(0), "item 0")
    if isinstance(likeness, np.ndarray) and not likeness.size:
        return
    numbers, problem = checked_scores(likeness, (subject.data.n_items,))
    if numbers is None:
        raise PluginError(f"similar {problem}, for item 0.")


@Check
def check_item_vectors(subject: Subject) -> None:
    """Vectors of items come as a finite row for each item, the same each time, or not at all."""
    recommender = subject.fitted
    everything = np.arange(subject.data.n_items, dtype=np.int64)
    given = called("item_vectors", lambda: recommender.item_vectors(everything))
    if given is None:
        return
    vectors, problem = guarded_item_vectors(recommender, everything)
    if vectors is None:
        raise PluginError(f"{problem}.")
    demand(given.dtype == np.float32, f"item_vectors must return float32, not {given.dtype}")
    some = everything[[-1, 0, -1]]
    found, _ = guarded_item_vectors(recommender, some)
    wish = "item_vectors must give an item the same vector in every call"
    demand(found is not None and np.array_equal(found, vectors[some]), wish)


def reasons_given(recommender: Recommender, people: People, items: Int64Array) -> Float32Array:
    """The recommender's reasons for some items (len(people), width) of each person.

    Raises:
        PluginError: they are not finite shares of shape (n_interactions, width).
    """
    seen = shown(type(recommender), people)
    with wishing(REASONS):
        result = called("reasons", lambda: recommender.reasons(seen, items), sizes(people))
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
    wish = "reasons must add up to the score, or be 0 for every interaction"
    close(sums[able], scores[able], wish)
