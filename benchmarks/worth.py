"""What each recommender is worth to the blend, on each data set: its weight, and what is lost.

Everybody is fitted on the folds of time that training would make, and scores what they hold out.
Weights are learned without each fold in turn. Printed are, as means over the folds, the weight of
each recommender over the people held out, and the share of the blend's NDCG@10 that is lost on the
fold without it: `lost` where the others carry its weight, as in a release that cannot load it, and
`relearned` where all weights are learned anew without it, for those named by --relearn. A
recommender that loses less than nothing everywhere does no work. Only what comes before the test
part is looked at.

    python benchmarks/worth.py ml-100k --splits time last --only popular ease tfidf
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from datasets import known, load
from quality import as_stored, split_of

from tastemaker.blend import ScoredCases, WeightCurve, fit_weights, keep_members
from tastemaker.blend.unseen_cases import UnseenCases, mean_ndcg
from tastemaker.cli.output import print_table
from tastemaker.data import Float64Array
from tastemaker.holdout.cases import SampleSize
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS, make_folds
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.recommender import Progress
from tastemaker.training.context import TrainingContext
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import choose
from tastemaker.training.steps import Steps
from tastemaker.training.threads import threads_limited

Folds = Sequence[Sequence[ScoredCases]]
"""The scored cases of each fold: first full histories, then truncated ones."""

SIZE = SampleSize(1000, 100)
"""How many people are scored, with full and with truncated histories."""

NO_LIMIT = 1e6
"""Seconds."""

COLUMNS = ("recommender", "alone", "weight", "weight_at_0", "lost", "lost_truncated", "relearned")


def main() -> None:
    """Measures every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--splits", nargs="+", choices=HOLD_OUTS, default=["time"])
    parser.add_argument("--only", nargs="+", default=[], help="only these recommenders")
    parser.add_argument("--relearn", nargs="+", default=[], help="learn the weights without these")
    chosen = parser.parse_args()
    for title, names, folds in folds_of_all(chosen.data, chosen.splits, chosen.only):
        rows = list(worth(names, folds, chosen.relearn))
        print_table(rows, COLUMNS, f"{title}: {len(folds)} folds")


def folds_of_all(
    data: Sequence[str], splits: Sequence[str], only: Sequence[str]
) -> Iterator[tuple[str, tuple[str, ...], Folds]]:
    """Of each data set and split what it is called, the members, and what they score of each fold.

    The test parts are left out.
    """
    for name in data:
        whole = load(name)
        for way in splits:
            split = as_stored(split_of(way, known(whole, split_of(way, whole).split)))
            with progress_bar() as progress:
                names, folds = scored_folds(split, only, progress)
            yield f"{name}, {way}", names, folds


def scored_folds(
    split: EvaluationSplit, only: Sequence[str], progress: Progress
) -> tuple[tuple[str, ...], Folds]:
    """Those that could be fitted on every fold, and what they score there; all retrieve."""
    registry = Registry()
    plugins = choose(registry, {}, only)
    data = split.data
    splits = make_folds(data.people, split.hold_out, data.seed)
    steps = Steps(progress, len(plugins) * len(splits))
    context = TrainingContext(registry, data, splits, Deadline(NO_LIMIT), steps)
    return scored_on(context, plugins, SIZE)


def scored_on(
    context: TrainingContext, plugins: Sequence[Plugin], size: SampleSize
) -> tuple[tuple[str, ...], list[list[ScoredCases]]]:
    """Those that could be fitted on every split of a context, and what they score there."""
    scored = []
    with threads_limited():
        for place in range(len(context.splits)):
            fold = context.fit_earlier(place, plugins, None)
            scored.append(context.score(place, fold, fold.names, fold.names, size))
    first = scored[0].members
    names = tuple(name for name in first if all(name in one.members for one in scored))
    return names, [one.restricted(names, ()) for one in scored]


def worth(
    names: Sequence[str], folds: Folds, relearned: Sequence[str]
) -> Iterator[dict[str, object]]:
    """A row for each recommender, the heaviest first."""
    unseen = learned(names, folds)
    weights = np.mean([mean_weights(one) for one in unseen], axis=0)
    at_nothing = np.mean([one.curve.weights[0] for one in unseen], axis=0)
    alone = np.mean([one.cases[0].member_ndcg(10).mean(axis=1) for one in unseen], axis=0)
    everything = by_part(mean_ndcg(unseen))
    for row in np.argsort(-weights):
        others = [other for other in range(len(names)) if other != row]
        lost = 1 - by_part(mean_ndcg(unseen, others)) / everything
        shown = {
            "recommender": names[row],
            "alone": float(alone[row]),
            "weight": f"{weights[row]:.1%}",
            "weight_at_0": f"{at_nothing[row]:.1%}",
            "lost": f"{lost[0]:.2%}",
            "lost_truncated": f"{lost[1]:.2%}",
        }
        if names[row] in relearned:
            kept = [[keep_members(one, others) for one in fold] for fold in folds]
            anew = learned([names[other] for other in others], kept)
            shown["relearned"] = f"{(1 - by_part(mean_ndcg(anew)) / everything)[0]:.2%}"
        yield {column: shown.get(column, "") for column in COLUMNS}


def learned(names: Sequence[str], folds: Folds) -> list[UnseenCases]:
    """Each fold, and the weights that were learned on the others."""
    result = []
    for place, fold in enumerate(folds):
        others = [one for other, own in enumerate(folds) if other != place for one in own]
        result.append(UnseenCases(fit_weights(names, others), tuple(fold)))
    return result


def by_part(figures: Float64Array) -> Float64Array:
    """(2,) the means over the folds for full and for truncated histories."""
    return np.asarray(figures.reshape(-1, 2).mean(axis=0))


def mean_weights(unseen: UnseenCases) -> Float64Array:
    """(n_members,) over the people of full histories."""
    curve: WeightCurve = unseen.curve
    return np.asarray(curve.at(unseen.cases[0].lengths).mean(axis=0))


if __name__ == "__main__":
    main()
