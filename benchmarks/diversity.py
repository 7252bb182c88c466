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
from dataclasses import replace
from pathlib import Path

import numpy as np
from datasets import known, load
from peers import cases_of
from quality import as_stored, catalogue_of, split_of
from scipy.sparse import csr_array

from tastemaker.cli.output import print_table
from tastemaker.data import Items
from tastemaker.evaluation.diversity_curve import STRENGTHS, diversity_curve
from tastemaker.evaluation.models import train_models
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.training.fitting import choose
from tastemaker_plugins.shared.term_vectors import TermVectors

MAX_TERMS = 50_000
"""Words and values that items are compared by, at most."""

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
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    chosen = parser.parse_args()
    for name in chosen.data:
        data = load(name, chosen.recbole)
        split = split_of(chosen.split, data)
        if chosen.part == "validation":
            split = split_of(chosen.split, known(data, split.split))
        report_diversity(f"{name}, {chosen.split}", as_stored(split), chosen.only, chosen.people)


def report_diversity(title: str, split: EvaluationSplit, only: list[str], people: int) -> None:
    """Learns from what may be learnt from, and prints quality and likeness by strength."""
    with progress_bar() as progress:
        registry = Registry()
        participants = choose(registry, {}, only)
        served = train_models(registry, participants, split, catalogue_of(split), progress)
    cases = cases_of(split).sample(people, np.random.default_rng(0))
    past = Past.of(split.data.people, len(split.candidates))
    by_choice = diversity_curve(served.blend, cases, split.candidates, past, 10, STRENGTHS)
    words = replace(past, vectors=word_vectors(split.data.items))
    by_words = diversity_curve(served.blend, cases, split.candidates, words, 10, STRENGTHS)
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
    sources = [member.name for member in served.blend.reranking.likeness.members]
    heading = f"{title}: {len(cases):,} people; vectors of {' or '.join(sources) or 'no member'}"
    print_table(rows, tuple(rows[0]), heading)


def word_vectors(items: Items) -> csr_array:
    """Sparse (n_items, n_terms) float32 of length 1: words and attributes by TF-IDF."""
    return TermVectors.fitted(items, MAX_TERMS)[1]


if __name__ == "__main__":
    main()
