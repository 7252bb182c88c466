"""How the blend bears what changes: simulated worlds of which the truth is known.

In each world the engine learns from the first nine tenths of all choices, with light members and
its default settings, and recommends for the last one. A burst, ten items that draw a share of all
choices and then vanish, fills the newest of the folds that weights are learnt on. Printed are the
means over seeds of NDCG@10: of the blend, of the best member that takes no account of trends, and
of the best that does; and the share that the blend has of the former.

    python benchmarks/drift.py --drifts "violent burst" trend --seeds 5
"""

from __future__ import annotations

import argparse

import numpy as np
from peers import cases_of
from quality import as_stored, catalogue_of, split_of

from tastemaker.cli.output import print_table
from tastemaker.evaluation.models import train_models
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.metrics.accuracy import ndcg
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.testing.drifts import DRIFTS, drifting
from tastemaker.training.fitting import choose

LENGTH = 10
TIME_BLIND = ("popular", "item-knn", "rp3beta", "ease", "svd")
TIME_AWARE = ("recent-popular", "transition", "ease-trending", "svd-trending")


def main() -> None:
    """Prints a row for each world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drifts", nargs="+", choices=DRIFTS, default=list(DRIFTS))
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    rows = [row(name, given.seeds) for name in given.drifts]
    print_table(rows, tuple(rows[0]), f"NDCG@{LENGTH}, mean of {given.seeds}")


def row(name: str, seeds: int) -> dict[str, object]:
    """What a table has of one world."""
    runs = [measured(name, seed) for seed in range(seeds)]
    means = {one: float(np.mean([run[one] for run in runs])) for one in runs[0]}
    blind, aware = (max(group, key=lambda one: means[one]) for group in (TIME_BLIND, TIME_AWARE))
    return {
        "world": name,
        "blend": means["blend"],
        "time-blind": f"{blind} {means[blind]:.4f}",
        "time-aware": f"{aware} {means[aware]:.4f}",
        "of the time-blind": means["blend"] / means[blind],
    }


def measured(name: str, seed: int) -> dict[str, float]:
    """NDCG@10 of the blend, and of each member alone, in one world."""
    split = as_stored(split_of("time", drifting(DRIFTS[name], seed=seed)))
    registry = Registry()
    participants = choose(registry, {}, (*TIME_BLIND, *TIME_AWARE))
    served = train_models(registry, participants, split, catalogue_of(split), no_progress)
    cases, figures = cases_of(split), {}
    for one, serving in {**served.alone, "blend": served.blend}.items():
        lists = recommend_to(serving, cases, split.candidates, LENGTH)
        figures[one] = float(ndcg(lists.hits, lists.n_relevant, LENGTH).mean())
    return figures


if __name__ == "__main__":
    main()
