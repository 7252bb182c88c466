"""How much more diverse lists become by re-ranking, and what it costs in quality.

For each data set a blend of a few light members is learnt in memory, and recommends with several
strengths of diversity. How alike two items of a list are is measured in two ways that re-ranking
never sees: by their words and attributes (the cosine of TF-IDF vectors, the bar), and by who chose
them in the training data (the cosine of who they are). Re-ranking goes by the vectors of a member
and by attributes, each value counting the same.
`--part validation` keeps away from the test part: use it for decisions. Where there are no times,
as in Debian's packages, the random split is the one to take.

    python benchmarks/diversity.py ml-100k engine/tastemaker/demo/data
    python benchmarks/diversity.py FOLDER --split random --only ease popular svd
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from datasets import known, load
from peers import cases_of
from quality import as_stored, catalogue_of, split_of
from scipy.sparse import csr_array

from tastemaker.cli.output import console, print_table
from tastemaker.data import Items
from tastemaker.evaluation.diversity_curve import STRENGTHS, diversity_curve
from tastemaker.evaluation.models import train_models
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.reranking import Diversity
from tastemaker.serving.blas_threads import one_blas_thread
from tastemaker.serving.recommending import ineligible_items
from tastemaker.serving.seen import excluded_items
from tastemaker.serving.state import ServingState
from tastemaker.training.fitting import choose
from tastemaker_plugins.shared.term_vectors import TermVectors

MAX_TERMS = 50_000
"""Words and values that items are compared by, at most."""

TIMED_PEOPLE = 210
"""How many people are ranked for the median; the first ten do not count."""

LIGHT = ("ease", "item-knn", "popular", "svd", "als")
"""The members that are learnt unless others are named."""


def main() -> None:
    """Measures every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with CSV files")
    parser.add_argument("--split", choices=HOLD_OUTS, default="time")
    parser.add_argument("--part", choices=["validation", "test"], default="test")
    parser.add_argument("--only", nargs="+", default=list(LIGHT), help="the members")
    parser.add_argument("--people", type=int, default=2000, help="at most so many are evaluated")
    parser.add_argument("--strengths", type=float, nargs="+", default=list(STRENGTHS))
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    chosen = parser.parse_args()
    for name in chosen.data:
        data = load(name, chosen.recbole)
        split = split_of(chosen.split, data)
        if chosen.part == "validation":
            split = split_of(chosen.split, known(data, split.split))
        split = as_stored(split)
        serving = learnt(split, chosen.only)
        cases = cases_of(split).sample(chosen.people, np.random.default_rng(0))
        report_diversity(f"{name}, {chosen.split}", split, serving, cases, chosen.strengths)
        report_cost(serving, cases)


def learnt(split: EvaluationSplit, only: list[str]) -> ServingState:
    """What training would make of what may be learnt from, ready to serve."""
    with progress_bar() as progress:
        registry = Registry()
        participants = choose(registry, {}, only)
        return train_models(registry, participants, split, catalogue_of(split), progress).blend


def report_diversity(
    title: str,
    split: EvaluationSplit,
    serving: ServingState,
    cases: HeldOutCases,
    strengths: Sequence[float],
) -> None:
    """Prints quality and likeness by strength of diversity."""
    past = Past.of(split.data.people, len(split.candidates))
    by_choice = diversity_curve(serving, cases, split.candidates, past, 10, strengths)
    words = replace(past, vectors=word_vectors(split.data.items))
    by_words = diversity_curve(serving, cases, split.candidates, words, 10, strengths)
    plain = (by_choice[0], by_words[0])
    rows = [
        {
            "strength": chosen.strength,
            "ndcg@10": chosen.ndcg,
            "change": f"{chosen.ndcg / plain[0].ndcg - 1:+.1%}",
            "alike by words": worded.likeness,
            "of plain": f"{worded.likeness / plain[1].likeness - 1:+.1%}",
            "alike by choice": chosen.likeness,
            "of plain's": f"{chosen.likeness / plain[0].likeness - 1:+.1%}",
        }
        for chosen, worded in zip(by_choice, by_words, strict=True)
    ]
    sources = [member.name for member in serving.reranking.likeness.members]
    heading = f"{title}: {len(cases):,} people; vectors of {' or '.join(sources) or 'no member'}"
    print_table(rows, tuple(rows[0]), heading)


def report_cost(serving: ServingState, cases: HeldOutCases) -> None:
    """Prints how long ten items take for one person, plain and with diversity, turn about."""
    ineligible = ineligible_items(serving.catalogue)
    diverse = serving.reranking.along_with([Diversity(0.5)])
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(min(len(cases), TIMED_PEOPLE)):
        people = cases.people.select(np.array([turn]))
        excluded = excluded_items(people, serving.kinds, ineligible, "exclude")
        for seconds, reranking in zip(taken, (serving.reranking, diverse), strict=True):
            start = time.perf_counter()
            with one_blas_thread():
                serving.ranker.rank(people, excluded, 10, reranking=reranking)
            seconds.append(time.perf_counter() - start)
    plain, with_diversity = (1000 * float(np.median(own[10:])) for own in taken)
    console().print(f"ranking one person: {plain:.2f} ms; with diversity {with_diversity:.2f} ms")


def word_vectors(items: Items) -> csr_array:
    """Sparse (n_items, n_terms) float32 of length 1: words and attributes by TF-IDF."""
    return TermVectors.fitted(items, MAX_TERMS)[1]


if __name__ == "__main__":
    main()
