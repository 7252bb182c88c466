"""Everything a recommender must keep, a check each."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from tastemaker.data import TrainingData
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender, no_progress
from tastemaker.settings import Settings
from tastemaker.testing.calling import shown, shown_data
from tastemaker.testing.demands import (
    close,
    demand,
    optional_calls,
    same,
    scored,
)
from tastemaker.testing.disliking import check_dislikes
from tastemaker.testing.foundations import FOUNDATIONS
from tastemaker.testing.outcomes import KitReport, Step, results_of
from tastemaker.testing.process_state import disturbed
from tastemaker.testing.reasoning import (
    check_extend,
    check_item_vectors,
    check_reasons,
    check_similar,
    check_words,
)
from tastemaker.testing.restoring import check_settings, check_state_round_trip
from tastemaker.testing.retrieval import check_retrieve, check_score_items, every_item
from tastemaker.testing.samples import assorted_items, assortment
from tastemaker.testing.speed import speed_of
from tastemaker.testing.subject import Check, Subject

SCORING_THREADS = 8


@Check
def check_fit_is_deterministic(subject: Subject) -> None:
    """The same data and seed give the same scores, and never do if it is private."""
    people = subject.data.people
    again, before = scored(subject.trained(subject.data), people), scored(subject.fitted, people)
    if subject.kind.private:
        demand(
            not np.array_equal(again, before, equal_nan=True),
            "a private recommender must draw its noise from the system (os.urandom, secrets): from "
            "data.seed anybody can draw it again, and take it off",
        )
        return
    same(
        again,
        before,
        "fit must give the same result for the same data and seed; random numbers start from "
        "data.seed",
    )


@Check
def check_people_are_independent(subject: Subject) -> None:
    """A person's scores are the same alone and in a batch."""
    people, recommender = subject.data.people, subject.fitted
    batch = scored(recommender, people)
    for row in range(len(people)):
        alone = scored(recommender, people.select(np.array([row])))
        wish = f"score: what person {row} gets must not depend on who else is scored"
        close(alone[0], batch[row], wish)


@Check
def check_threads(subject: Subject) -> None:
    """Several threads may score at once."""
    recommender, people = subject.fitted, shown(subject.kind, subject.data.people)
    parts = [people.select(np.array([row, row + 1])) for row in range(len(people) - 1)]
    expected = [recommender.score(part) for part in parts]
    with ThreadPoolExecutor(SCORING_THREADS) as pool:
        found = list(pool.map(recommender.score, parts * SCORING_THREADS))
    for position, scores in enumerate(found):
        same(scores, expected[position % len(parts)], "score must be safe for threads")


@Check
def check_process_stays(subject: Subject) -> None:
    """No global is changed, no random numbers of others used, and nothing left running."""
    data = shown_data(subject.kind, subject.data)
    people, items = data.people, every_item(data.people)
    recommender, progress = subject.fitted, no_progress
    longer = copy.copy(subject.copied())
    calls = {
        "fit": lambda: subject.kind(subject.settings).fit(data, progress),
        "score": lambda: recommender.score(people),
        "state": recommender.state,
        "restore": lambda: subject.kind.restore(recommender.state()),
        "extend": lambda: longer.extend(assorted_items(1, first=data.n_items)),
        **optional_calls(recommender, people, items),
    }
    for method, call in calls.items():
        changes = disturbed(partial(attempt, call))
        demand(not changes, f"{method} must leave the process alone: {'; '.join(changes)}")


CONTRACT: tuple[Check, ...] = (
    *FOUNDATIONS,
    check_fit_is_deterministic,
    check_people_are_independent,
    check_threads,
    check_state_round_trip,
    check_settings,
    check_process_stays,
    check_dislikes,
    check_score_items,
    check_retrieve,
    check_extend,
    check_reasons,
    check_similar,
    check_words,
    check_item_vectors,
)
"""Everything a recommender must keep, a check each."""


def check_recommender(
    kind: type[Recommender],
    settings: Settings | None = None,
    data: TrainingData | None = None,
) -> KitReport:
    """Runs the whole contract.

    Args:
        kind: the recommender's class.
        settings: its settings; the class's defaults where None.
        data: what it learns from; `assortment()` where None.

    Returns:
        What each check found, and how fast and how large the recommender is.

    Raises:
        PluginError: every breach, and what the contract wants.
    """
    report = recommender_report(Subject(kind, settings, assortment() if data is None else data))
    report.demand()
    return report


def recommender_report(subject: Subject) -> KitReport:
    """What each check of the contract finds, and what the recommender costs."""
    results = tuple(results_of(recommender_steps(subject)))
    works = not any(one.outcome == "skipped" for one in results)
    return KitReport(results, speed_of(subject) if works else None)


def recommender_steps(subject: Subject) -> list[Step]:
    """The checks of the contract, of one recommender."""
    return [
        Step(one.__name__, one.wish, partial(one.judge, subject), one in FOUNDATIONS)
        for one in CONTRACT
    ]
