"""Metrics that plugins bring, behind a guard: one that fails is left out and noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tastemaker.data import Float64Array
from tastemaker.evaluation.ranked_lists import RankedLists
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guard import attempt

OWN_MEASURES = frozenset(
    {"ndcg", "recall", "hit_rate", "mrr", "novelty", "diversity", "popularity_gap", "coverage"}
)
"""Names that the engine's own measures have; no plugin's metric may take one."""


def measured_by_plugins(
    metrics: Iterable[Plugin], lists: Mapping[str, RankedLists], cutoffs: Sequence[int]
) -> tuple[dict[str, dict[str, Float64Array]], list[str]]:
    """What the metrics of plugins say of lists: for each list its figures, and what is to be noted.

    Args:
        metrics: the plugins; each is called for each list and cutoff.
        lists: by name, for the same cases.
        cutoffs: how long lists are.
    """
    figures: dict[str, dict[str, Float64Array]] = {name: {} for name in lists}
    notes = []
    for plugin in metrics:
        found, problem = _figures(plugin, lists, cutoffs)
        if problem:
            notes.append(f"The metric {plugin.name} of {plugin.origin} was left out: {problem}.")
            continue
        for name, own in found.items():
            figures[name] |= own
    return figures, notes


def _figures(
    plugin: Plugin, lists: Mapping[str, RankedLists], cutoffs: Sequence[int]
) -> tuple[dict[str, dict[str, Float64Array]], str]:
    assert plugin.extension is not None
    if plugin.name in OWN_MEASURES:
        return {}, "a measure of the engine's own has that name"
    figures: dict[str, dict[str, Float64Array]] = {}
    for name, own in lists.items():
        for k in cutoffs:
            figure, problem = _figure(plugin.extension.provided, own, k)
            if figure is None:
                return {}, problem
            figures.setdefault(name, {})[f"{plugin.name}@{k}"] = figure
    return figures, ""


def _figure(metric: Any, lists: RankedLists, k: int) -> tuple[Float64Array | None, str]:
    """(n,) float64 what a metric says of lists at a cutoff, or None and what it did wrong."""
    hits, relevant = lists.hits.copy(), lists.n_relevant.copy()  # nobody else's
    given, problem = attempt(lambda: metric(hits, relevant, k))
    if problem:
        return None, problem
    if not isinstance(given, np.ndarray) or given.shape != (len(hits),):
        return None, f"it must return an array of {len(hits)} numbers, one a person"
    if given.dtype.kind not in "fiub" or np.isinf(given.astype(np.float64)).any():
        return None, "it must return finite numbers, or NaN where it is not defined"
    if np.isnan(given.astype(np.float64)).all():
        return None, "it is defined for nobody"
    return given.astype(np.float64), ""
