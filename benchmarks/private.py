"""What differential privacy costs: NDCG@10 of `ease-private` beside `ease` and `popular`.

Each is trained alone and ranks all unseen items by its own scores, on the validation part of a data
set as `quality.py --part validation` splits it. Noise differs from run to run, so that of each
epsilon several models are trained; printed are their mean, the least and the most.

    python benchmarks/private.py ml-100k engine/tastemaker/demo/data --splits last time
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datasets import known, load
from peers import cases_of, hits
from quality import as_stored, split_of

from tastemaker.cli.output import print_table
from tastemaker.data.top_k import best_items
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.accuracy import measures
from tastemaker.recommender import Recommender, no_progress
from tastemaker_plugins.item_item.ease import Ease
from tastemaker_plugins.item_item.ease_private import EasePrivate, EasePrivateSettings
from tastemaker_plugins.popularity.popular import Popular

LENGTH = 10
COLUMNS = ("recommender", "ndcg@10", "least", "most", "of ease")


def main() -> None:
    """Measures every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--splits", nargs="+", choices=HOLD_OUTS, default=["last", "time"])
    parser.add_argument("--epsilons", nargs="+", type=float, default=[1.0, 3.0, 10.0])
    parser.add_argument("--repeats", type=int, default=3, help="models of each epsilon")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    given = parser.parse_args()
    for name in given.data:
        data = load(name, given.recbole)
        for way in given.splits:
            split = as_stored(split_of(way, known(data, split_of(way, data).split)))
            title = (
                f"{name}, {way}: {len(split.data.people):,} people, {split.data.n_items:,} items"
            )
            rows = measured(split, given.epsilons, given.repeats)
            print_table(rows, COLUMNS, title)


def measured(
    split: EvaluationSplit, epsilons: Sequence[float], repeats: int
) -> list[dict[str, object]]:
    """A row for each recommender and each epsilon."""
    found = {"popular": [quality(split, Popular())], "ease": [quality(split, Ease())]}
    for epsilon in epsilons:
        settings = EasePrivateSettings(epsilon=epsilon)
        found[f"ease-private, epsilon {epsilon:g}"] = [
            quality(split, EasePrivate(settings)) for _ in range(repeats)
        ]
    best = found["ease"][0]
    return [
        {
            "recommender": name,
            "ndcg@10": float(np.mean(own)),
            "least": min(own),
            "most": max(own),
            "of ease": float(np.mean(own)) / best,
        }
        for name, own in found.items()
    ]


def quality(split: EvaluationSplit, recommender: Recommender) -> float:
    """NDCG@10 of what it ranks first of what a person has not had; new items it cannot score."""
    cases, n_known = cases_of(split), split.data.n_items
    scores = recommender.fit(split.data, no_progress).score(cases.people.among(n_known))
    scores[cases.seen[:, :n_known].toarray() | ~split.candidates[:n_known]] = np.nan
    found = hits(best_items(scores, LENGTH), cases)
    return float(measures(found, cases.n_relevant, (LENGTH,))[f"ndcg@{LENGTH}"].mean())


if __name__ == "__main__":
    main()
