"""What settings are measured on: several cuts, none of which sees the newest tenth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend import even
from tastemaker.blend.combination import blend
from tastemaker.data import BoolArray, Int64Array, People, TrainingData
from tastemaker.errors import TrainingError
from tastemaker.evaluation.measure import measure
from tastemaker.evaluation.questions import Question, whole
from tastemaker.evaluation.splits import Split, at_random, by_time, hold_outs, last_out, timed
from tastemaker.guard import Guarded
from tastemaker.recommender import Recommender

KEPT_BACK = 0.1
"""The share of all interactions that no trial sees: there `tastemaker evaluate` stays honest."""

PEOPLE = 1000
"""At most so many people are asked at a cut."""

CUTOFF = 10


@dataclass(frozen=True)
class Paper:
    """One cut: what may be learnt from, and what is asked.

    Attributes:
        data: what is known.
        question: whom to ask about, and what is right.
        basis: in words, what is asked.
    """

    data: TrainingData
    question: Question
    basis: str


@dataclass(frozen=True)
class Failed:
    """Why a recommender has no figure."""

    problem: str


def exam(data: TrainingData, hold_out: str | None = None) -> list[Paper]:
    """The cuts on which settings are compared, the latest first.

    The newest tenth of all interactions is set aside first; where times are not known, a tenth
    drawn at random; and everyone's last interaction, where that is what is held out.

    Args:
        data: all there is.
        hold_out: what is asked for; see `hold_outs`.

    Raises:
        TrainingError: there is too little data to ask anything.
        InputError: there is no such hold-out.
    """
    people = data.people.take(_spare(data.people, hold_out, data.seed).known)
    rng = np.random.default_rng(data.seed)
    papers: list[Paper] = []
    for split in hold_outs(people, hold_out, data.seed):
        asked = whole(people, split)
        if len(asked):
            known = replace(data, people=people.take(split.known))
            papers.append(Paper(known, _some(asked, rng), split.basis))
    if not papers:
        raise TrainingError("There is too little data to hold any out, so nothing can be tuned.")
    return papers


def _spare(people: People, hold_out: str | None, seed: int) -> Split:
    """What no trial sees."""
    if hold_out == "last":
        return last_out(people)
    if hold_out == "random" or not timed(people):
        return at_random(people, KEPT_BACK, seed)
    return by_time(people, 1 - KEPT_BACK, 1.0)


def _some(question: Question, rng: np.random.Generator) -> Question:
    if len(question) <= PEOPLE:
        return question
    return question.select(np.sort(rng.choice(len(question), PEOPLE, replace=False)))


def figure(recommender: Recommender, paper: Paper) -> float | Failed:
    """NDCG at 10 of a fitted recommender alone, the mean over the people of a cut."""
    ranking = _Alone(Guarded(recommender, paper.data.n_items))
    figures = measure(paper.question, ranking, (CUTOFF,))
    if ranking.problem:
        return Failed(ranking.problem)
    return float(figures[f"ndcg@{CUTOFF}"].mean())


class _Alone:
    """A recommender that ranks by itself."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded
        self._curve = even([guarded.name])
        self.problem = ""

    def __call__(self, people: People, barred: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        """Its best items; any, once it has failed."""
        scores, problem = self._guarded.score(people)
        if scores is None:
            self.problem = problem
            scores = np.zeros((len(people), people.n_items), dtype=np.float32)
        best = blend([scores], barred, self._curve, people.histories.lengths, k)
        return best.items, best.valid
