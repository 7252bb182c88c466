"""An evaluation: snapshot → exam → training in memory → answers → figures. It writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.errors import InputError
from tastemaker.evaluation.by_length import Point, point, shortened
from tastemaker.evaluation.figures import Measured, measured
from tastemaker.evaluation.models import Served, Store, train
from tastemaker.evaluation.ranked_lists import RankedLists, recommend_to
from tastemaker.evaluation.report import EvaluatedModel, Report
from tastemaker.holdout.cases import HeldOutCases, full_history_cases
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.metrics.accuracy import ndcg
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.serving.state import ServingState
from tastemaker.store import items
from tastemaker.store.configuration import read_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.kinds import read_kinds
from tastemaker.store.sql.database import Database
from tastemaker.training.fitting import choose
from tastemaker.training.snapshot import read_snapshot

PEOPLE = 5000
"""At most so many people are asked, unless said otherwise."""

CUT_SHORT = 500
"""At most so many of them for each length that histories are cut to."""

MAIN = 10
"""The cutoff that the summary and the envelope speak of, if it is among those asked for."""

LONGEST = 1000
"""The longest list that can be measured."""

TRAINING = 0.7
"""The share of the progress bar that is given to training."""

FINE = 1000
"""Into how many steps the progress of an evaluation is divided."""


class Evaluator:
    """Evaluates what a database would serve, without touching what it serves.

    Args:
        database: where the data is.
        keyring: opens declared features.
        plugins: what the application brings besides installed distributions.
        exploration: the share of places that goes to new items; the configuration's if None.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        plugins: Sequence[object],
        exploration: float | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins
        self._exploration = exploration

    def evaluate(
        self,
        split: str | None,
        cutoffs: Sequence[int],
        only: Sequence[str],
        seed: int,
        people: int,
        progress: Progress,
    ) -> Report:
        """One evaluation; see `Tastemaker.evaluate`."""
        start = time.monotonic()
        lengths = checked_cutoffs(cutoffs)
        check_most(people)
        with self._database.reading("reading the data") as connection:
            configuration = read_configuration(connection)
            registry = Registry(self._plugins, configuration.disabled)
            candidates = choose(registry, configuration.settings, only)
            features = any(candidate.uses_features for candidate in candidates)
            snapshot = read_snapshot(connection, self._keyring, seed, features=features)
            share = configuration.exploration if self._exploration is None else self._exploration
            store = Store(items.read_catalogue(connection), read_kinds(connection), share)
        asked = make_evaluation_split(split, snapshot.data, store.items.available)
        steps = Part(progress, TRAINING)
        served = train(registry, candidates, asked, store, steps)
        report = examined(asked, served, lengths, people, steps)
        return replace(
            report,
            seconds=time.monotonic() - start,
            made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        )


class Part:
    """The first part of a long work: passes its progress on, and begins the second when asked.

    Args:
        progress: told of everything.
        share: the share of the whole that the first part makes.
    """

    def __init__(self, progress: Progress, share: float) -> None:
        self._progress = progress
        self._share = share

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Reports the progress of the first part."""
        self._tell(self._share * done / total if total else 0.0, what)

    def second(self, done: int, total: int, what: str) -> None:
        """Reports the progress of the second part."""
        self._tell(self._share + (1 - self._share) * done / max(total, 1), what)

    def _tell(self, share: float, what: str) -> None:
        self._progress(round(min(share, 1.0) * FINE), FINE, what)


def examined(
    exam: EvaluationSplit, served: Served, cutoffs: tuple[int, ...], most: int, progress: Part
) -> Report:
    """Puts an exam to what serves.

    Args:
        exam: the questions.
        served: what answers.
        cutoffs: how long lists are.
        most: at most so many people are asked.
        progress: told how far it is.
    """
    seed = exam.data.seed
    everyone = {**served.alone, "blend": served.blend}
    question = few(full_history_cases(exam.people, exam.split), most, seed)
    main = MAIN if MAIN in cutoffs else cutoffs[0]
    lists = {}
    for done, (name, serving) in enumerate(everyone.items()):
        progress.second(done, 2 * len(everyone), f"asking {name}")
        lists[name] = recommend_to(serving, question, exam.candidates, max(cutoffs))
    past = Past.of(exam.data.people, len(exam.candidates), seed)
    may_be_shown = exam.candidates & served.blend.catalogue.available
    progress.second(1, 2, "measuring")
    figures = measured(lists, past, may_be_shown, cutoffs, main)
    exploring = cost_of_exploring(exam, served.blend, question, lists["blend"], main)
    points = tuple(envelope(exam, everyone, min(most, CUT_SHORT), main, progress))
    return Report(
        exam.name,
        exam.basis,
        cutoffs,
        main,
        len(question),
        len(exam.data.people),
        exam.data.n_items,
        len(exam.data.people.times),
        models(served, figures),
        points,
        served.curve,
        (*served.notes, *served.blend.problems, *exploring),
    )


def cost_of_exploring(
    exam: EvaluationSplit, blend: ServingState, question: HeldOutCases, without: RankedLists, k: int
) -> list[str]:
    """A sentence about what letting new items in costs; none where nothing is let in."""
    if blend.ranker.exploration.share <= 0:
        return []
    seeds = np.arange(len(question), dtype=np.uint64)
    lists = recommend_to(blend, question, exam.candidates, k, seeds)
    new = np.setdiff1d(lists.items[lists.items >= 0], without.items[:, :k])
    quality = float(ndcg(lists.hits, lists.n_relevant, k).mean())
    return [
        f"Exploration ({blend.ranker.exploration.share:.0%} of the places after the third) is left "
        f"out of these figures. With it the blend has an NDCG@{k} of {quality:.4f}, "
        f"and {len(new):,} more items are shown to somebody."
    ]


def envelope(
    exam: EvaluationSplit,
    everyone: Mapping[str, ServingState],
    most: int,
    main: int,
    progress: Part,
) -> Iterator[Point]:
    """Everybody's quality by length of history."""
    lengths = list(shortened(exam, most, exam.data.seed))
    for done, (length, questions) in enumerate(lengths):
        progress.second(len(lengths) + done, 2 * len(lengths), f"histories of {length}")
        found = point(length, questions, everyone, exam, main)
        if found is not None:
            yield found


def models(served: Served, figures: Mapping[str, Measured]) -> tuple[EvaluatedModel, ...]:
    """Every candidate and, last, the blend, with how they measured."""
    members = [
        EvaluatedModel(
            one.name, one.family, one.state, one.problem, one.seconds, figures.get(one.name)
        )
        for one in served.members
    ]
    return (
        *members,
        EvaluatedModel("blend", "", "serving", "", served.seconds, figures["blend"]),
    )


def few(question: HeldOutCases, most: int, seed: int) -> HeldOutCases:
    """At most so many of a question's people, drawn at random."""
    if len(question) <= most:
        return question
    drawn = np.random.default_rng(seed).choice(len(question), most, replace=False)
    return question.select(np.sort(drawn))


def check_most(people: int) -> None:
    """Refuses a number of people that nobody can be asked with.

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
