"""Would a second stage of step functions rank better than the blend? An experiment on folds.

On top of the linear blend, step functions of single features are learned by gradient boosting of a
listwise softmax, one feature and one step a tree, so that a score stays a sum of named parts:
each recommender's calibrated score and its rank. They are learned from
the whole histories of all folds but one, where the blend's weights are those of the rest of them,
and judged on the fold left out. Only what comes before the test part is looked at.

    python benchmarks/second_stage.py engine/tastemaker/demo/data --splits last --only slist tfidf

Lucchese, C. et al.: ILMART: Interpretable Ranking with Constrained LambdaMART. SIGIR 2022.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from worth import Folds, folds_of_all

from tastemaker.blend import ScoredCases, fit_weights
from tastemaker.cli.output import print_table
from tastemaker.data import BoolArray, Float64Array, Int64Array
from tastemaker.data.top_k import top_k_places
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.accuracy import ndcg

DEPTH = 100
"""How many of the blend's best candidates are ranked again."""

BINS = 16
MARKS = (5, 20, 60)
"""After so many steps it is judged."""

RATE = 0.12
"""The share of a step that is taken."""

LEAF = 20.0
"""Added to the curvature of a step, so that few candidates make none."""

SHARPNESS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""What the blend's totals are multiplied by; the likeliest is taken."""


@dataclass(frozen=True)
class Lists:
    """The blend's best candidates of some people.

    Attributes:
        features: (n, DEPTH, n_features) float64.
        totals: (n, DEPTH) float64 the blend's; -inf where there is no candidate.
        relevant: (n, DEPTH) which the person went on to choose.
        n_relevant: (n,) how many items the person went on to choose.
    """

    features: Float64Array
    totals: Float64Array
    relevant: BoolArray
    n_relevant: Int64Array


def main() -> None:
    """Tries every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--splits", nargs="+", choices=HOLD_OUTS, default=["time"])
    parser.add_argument("--only", nargs="+", default=[], help="only these recommenders")
    chosen = parser.parse_args()
    for title, names, folds in folds_of_all(chosen.data, chosen.splits, chosen.only):
        rows = [judged(names, folds, place) for place in range(len(folds))]
        print_table(rows, tuple(rows[0]), f"{title}: NDCG@10 on each fold")


def judged(names: Sequence[str], folds: Folds, place: int) -> dict[str, object]:
    """NDCG@10 on one fold of the blend, and of it after some steps."""
    others = [other for other in range(len(folds)) if other != place]
    parts = [lists_of(names, folds, other, set(others) - {other}) for other in others]
    own = lists_of(names, folds, place, set(others))
    row: dict[str, object] = {"fold": place, "blend": quality(own, own.totals)}
    edges = bin_edges(np.concatenate([one.features.reshape(-1, 2 * len(names)) for one in parts]))
    sharpness, tables = boosted(parts, edges)
    for steps, table in zip(MARKS, tables, strict=True):
        places = binned(own.features, edges)
        added = table[np.arange(len(edges)), places].sum(axis=2)
        row[f"{steps} steps"] = quality(own, sharpness * own.totals + added)
    return row


def lists_of(names: Sequence[str], folds: Folds, place: int, others: set[int]) -> Lists:
    """The lists of a fold's whole histories, with weights learned on some others."""
    curve = fit_weights(names, [one for other in sorted(others) for one in folds[other]])
    cases: ScoredCases = folds[place][0]
    totals = cases.totals(curve.at(cases.lengths), curve.carry)
    best = top_k_places(totals, DEPTH)
    scores = np.take_along_axis(cases.calibrated.values, best[np.newaxis], axis=2)
    ranks = np.log1p(np.argsort(np.argsort(-scores, axis=2), axis=2))
    return Lists(
        np.concatenate((scores, ranks)).transpose(1, 2, 0).astype(np.float64),
        np.take_along_axis(totals, best, axis=1).astype(np.float64),
        np.take_along_axis(cases.relevant, best, axis=1),
        cases.n_relevant,
    )


def quality(lists: Lists, totals: Float64Array) -> float:
    """The mean NDCG@10 of the lists in the order of some totals."""
    order = np.argsort(-totals, axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(lists.relevant, order, axis=1)
    return float(ndcg(hits, lists.n_relevant, 10).mean())


def bin_edges(features: Float64Array) -> list[Float64Array]:
    """The borders of each feature's bins: its quantiles."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.asarray(np.quantile(own, shares)) for own in features.T]


def binned(features: Float64Array, edges: Sequence[Float64Array]) -> Int64Array:
    """The bin that each value of each feature falls in, in the shape of the features."""
    bins = [np.searchsorted(own, features[..., j], "right") for j, own in enumerate(edges)]
    return np.stack(bins, axis=-1)


def boosted(
    parts: Sequence[Lists], edges: Sequence[Float64Array]
) -> tuple[float, list[Float64Array]]:
    """The sharpness, and the tables (n_features, BINS) after each number of steps."""
    kept = [one.relevant.any(axis=1) for one in parts]
    pairs = list(zip(parts, kept, strict=True))
    width = min(one.totals.shape[1] for one in parts)
    bins = binned(np.concatenate([one.features[own, :width] for one, own in pairs]), edges)
    totals = np.concatenate([one.totals[own, :width] for one, own in pairs])
    relevant = np.concatenate([one.relevant[own, :width] for one, own in pairs])
    wanted = relevant / np.maximum(relevant.sum(axis=1, keepdims=True), 1)
    sharpness = max(SHARPNESS, key=lambda own: likelihood(own * totals, wanted))
    table, current, tables = np.zeros((len(edges), BINS)), sharpness * totals, []
    cells = bins + np.arange(len(edges)) * BINS
    for step in range(1, MARKS[-1] + 1):
        feature, values = best_step(cells, softmax(current), wanted)
        table[feature] += RATE * values
        current = current + RATE * values[bins[..., feature]]
        tables += [table.copy()] if step in MARKS else []
    return sharpness, tables


def best_step(
    cells: Int64Array, shares: Float64Array, wanted: Float64Array
) -> tuple[int, Float64Array]:
    """The feature whose best single step raises the likelihood most, and the step (BINS,)."""
    slopes, bends = wanted - shares, shares * (1 - shares)
    n_features = cells.shape[2]
    first, second = (
        np.bincount(cells.ravel(), np.repeat(own.ravel(), n_features), n_features * BINS)
        .reshape(n_features, BINS)
        .cumsum(axis=1)
        for own in (slopes, bends)
    )
    below = first[:, :-1] / (second[:, :-1] + LEAF)
    rest = first[:, -1:] - first[:, :-1]
    above = rest / (second[:, -1:] - second[:, :-1] + LEAF)
    gain = first[:, :-1] * below + rest * above
    feature, border = np.unravel_index(np.argmax(gain), gain.shape)
    step = np.where(np.arange(BINS) <= border, below[feature, border], above[feature, border])
    return int(feature), step


def softmax(totals: Float64Array) -> Float64Array:
    """The share of each candidate in its list."""
    shares = np.exp(totals - totals.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def likelihood(totals: Float64Array, wanted: Float64Array) -> float:
    """The logarithm of it, over all lists."""
    return float((wanted * np.log(softmax(totals) + 1e-12)).sum())


if __name__ == "__main__":
    main()
