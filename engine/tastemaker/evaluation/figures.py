"""From lists to figures: every measure at every cutoff, with intervals and paired comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.data import BoolArray, Float64Array
from tastemaker.evaluation.ranked_lists import RankedLists
from tastemaker.metrics.accuracy import METRICS, measures
from tastemaker.metrics.beyond_accuracy import (
    Past,
    coverage,
    diversity,
    fifths,
    novelty,
    popularity_gap,
    reach,
)
from tastemaker.metrics.intervals import Interval, intervals

Figures = Mapping[str, Float64Array]
"""For each measure, as "ndcg@10", one figure a person; NaN where it is not defined."""


@dataclass(frozen=True)
class ListMeasures:
    """How the lists of one recommender, or of the blend, measured.

    Attributes:
        measures: for each measure, as "ndcg@10", the mean over people with its interval.
        gains: for each measure of accuracy, how much better the blend is, person by person.
        coverage: for each cutoff, as "coverage@10", the share of the catalogue that is shown.
        reach: the share that is shown of each fifth of the catalogue, the most popular first.
    """

    measures: Mapping[str, Interval]
    gains: Mapping[str, Interval]
    coverage: Mapping[str, float]
    reach: tuple[float, ...]


def measure_lists(
    lists: Mapping[str, RankedLists],
    past: Past,
    candidates: BoolArray,
    cutoffs: Sequence[int],
    main: int,
    others: Mapping[str, Figures] | None = None,
) -> dict[str, ListMeasures]:
    """Every measure of the lists of the blend and of each recommender.

    Args:
        lists: by name, for the same cases; those of "blend" are compared with the others.
        past: what was known of the items.
        candidates: (n_items,) the items that may be shown.
        cutoffs: how long lists are.
        main: the cutoff of `Measured.reach`.
        others: for each name, what metrics of plugins measured of its lists; nothing if None.
    """
    figures = {
        name: {**figures_of(own, past, cutoffs), **(others or {}).get(name, {})}
        for name, own in lists.items()
    }
    parts = fifths(past.counts, candidates)
    result = {}
    for name, own in lists.items():
        shown = {f"coverage@{k}": coverage(own.items[:, :k], candidates) for k in cutoffs}
        tiers = tuple(reach(own.items[:, :main], parts).tolist())
        gains = {} if name == "blend" else _gains(figures["blend"], figures[name])
        result[name] = ListMeasures(_means(figures[name]), gains, shown, tiers)
    return result


def figures_of(lists: RankedLists, past: Past, cutoffs: Sequence[int]) -> Figures:
    """One figure a person for every measure at every cutoff.

    Where items may come again, accuracy is measured for repeats and for new items apart too, each
    over the people who went on to choose any.
    """
    figures = dict(measures(lists.hits, lists.n_relevant, cutoffs))
    for part, (hits, n_relevant) in lists.parts.items():
        for name, own in measures(hits, n_relevant, cutoffs).items():
            figures[part_measure(part, name)] = np.where(n_relevant > 0, own, np.nan)
    for k in cutoffs:
        top = lists.items[:, :k]
        figures[f"novelty@{k}"] = novelty(top, past)
        figures[f"diversity@{k}"] = diversity(top, past)
        figures[f"popularity_gap@{k}"] = popularity_gap(top, lists.people, past)
    return figures


def part_measure(part: str, name: str) -> str:
    """What a measure, as "ndcg@10", is called for "repeats" or "new" items: "repeats_ndcg@10"."""
    return f"{part}_{name}"


def _gains(blend: Figures, own: Figures) -> dict[str, Interval]:
    names = [name for name in own if name.split("@")[0] in METRICS]
    return _means({name: blend[name] - own[name] for name in names})


def _means(figures: Figures) -> dict[str, Interval]:
    """The mean of each with its interval, over the people for whom it is defined."""
    defined = {name: ~np.isnan(own) for name, own in figures.items()}
    whole = [name for name in figures if defined[name].all()]
    together = intervals(np.column_stack([figures[name] for name in whole])) if whole else []
    result = dict(zip(whole, together, strict=True))
    for name in figures.keys() - set(whole):
        result[name] = intervals(figures[name][defined[name]][:, None])[0]
    return {name: result[name] for name in figures}
