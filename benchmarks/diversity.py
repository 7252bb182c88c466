"""How much more diverse lists become by re-ranking, and what it costs in quality.

For each data set a blend of a few light members is learnt in memory, and recommends with several
strengths of diversity. The likeness of two items of a list is the cosine of who chose them in the
training data; re-ranking goes by vectors of one member instead, and never sees what is measured.
`--part validation` keeps away from the test part: use it for decisions. Where there are no times,
as in Debian's packages, the random split is the one to take.

    python benchmarks/diversity.py ml-100k engine/tastemaker/demo/data
    python benchmarks/diversity.py FOLDER --split random --only ease popular svd
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from datasets import known, load
from peers import cases_of
from quality import as_stored, catalogue_of, split_of

from tastemaker.cli.output import print_table
from tastemaker.evaluation.diversity_curve import STRENGTHS, diversity_curve
from tastemaker.evaluation.models import train_models
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.training.fitting import choose

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
    points = diversity_curve(served.blend, cases, split.candidates, past, 10, STRENGTHS)
    plain = points[0]
    rows = [
        {
            "strength": point.strength,
            "ndcg@10": point.ndcg,
            "of plain": f"{point.ndcg / plain.ndcg - 1:+.1%}",
            "likeness@10": point.likeness,
            "of plain's": f"{point.likeness / plain.likeness - 1:+.1%}",
        }
        for point in points
    ]
    source = [member.name for member in served.blend.reranking.likeness.members] or ["attributes"]
    heading = f"{title}: {len(cases):,} people; likeness for re-ranking by {source[0]}"
    print_table(rows, tuple(rows[0]), heading)


if __name__ == "__main__":
    main()
