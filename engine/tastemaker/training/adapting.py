"""Defaults that adapt: settings that recommenders name besides their defaults are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.data import Float64Array
from tastemaker.holdout.cases import SampleSize
from tastemaker.plugin.discovery import Plugin
from tastemaker.training.context import TrainingContext
from tastemaker.training.fitting import FitResult, too_large
from tastemaker.validation import Json

SURE = 1.64
"""So many standard errors must the NDCG@10 be higher than with the defaults, person by person: by
chance alone it is in one case of twenty. Of eight data sets and kinds of folds, `als` changes its
defaults on random folds of MovieLens 100K alone, where what came after agreed."""

ADAPTING = 0.15
"""Once this share of the time limit has gone nothing more is tried. Chosen, not measured."""

MOST_INTERACTIONS = 2_000_000
"""On more interactions nothing is tried: each fit would take minutes."""

TRIED_ON = SampleSize(1000, 0)
"""People whose whole histories are ranked to compare. Chosen, not measured."""


@dataclass(frozen=True)
class AdaptedPlugins:
    """Recommenders with the settings that suit the data.

    Attributes:
        plugins: all of them, in their order.
        notes: what was chosen in place of defaults, a sentence each.
    """

    plugins: tuple[Plugin, ...]
    notes: tuple[str, ...] = ()


def adapt_settings(
    context: TrainingContext, plugins: Sequence[Plugin], memory: int
) -> AdaptedPlugins:
    """Each recommender with its defaults, or with an alternative that surely ranks better.

    Both are fitted on the latest fold, and compared on what was held out of it. What somebody has
    set is left as it is.

    Args:
        context: what training works with.
        plugins: whose alternatives are tried.
        memory: bytes that a fit may take.
    """
    few = len(context.data.people.histories.items) <= MOST_INTERACTIONS
    if not context.splits or not few:
        return AdaptedPlugins(tuple(plugins))
    adapted, notes = list[Plugin](), list[str]()
    for plugin in plugins:
        best, note = _adapted(context, plugin, memory)
        adapted.append(best)
        notes.extend([note] if note else [])
    return AdaptedPlugins(tuple(adapted), tuple(notes))


def _adapted(context: TrainingContext, plugin: Plugin, memory: int) -> tuple[Plugin, str]:
    """The recommender with the settings that rank best, and a sentence if these are not its own."""
    named = plugin.recommender.alternatives if plugin.recommender else ()
    tried = [
        one
        for one in named
        if not set(one) & set(plugin.chosen)
        and too_large(context.registry, _with(plugin, one), context.data, memory) is None
    ]
    if not tried:
        return plugin, ""
    own = _tried(context, plugin)
    if not len(own.ndcg):  # there is nothing to compare with: it failed, or there was no time
        return plugin, ""
    found = [(_tried(context, _with(plugin, one)), one) for one in tried]
    best, settings = max(found, key=lambda pair: float(pair[0].ndcg.sum()))
    if not is_surely_better(best.ndcg, own.ndcg):
        context.keep_latest(own.fits)
        return plugin, ""
    context.keep_latest(best.fits)
    written = ", ".join(f"{name} {value}" for name, value in settings.items())
    return _with(plugin, settings), (
        f"{plugin.name} learns with {written}: NDCG@10 {best.ndcg.mean():.4f} on the latest fold, "
        f"against {own.ndcg.mean():.4f} with its defaults."
    )


def is_surely_better(ndcg: Float64Array, other: Float64Array) -> bool:
    """Whether one ranks better than another beyond chance; (n,) each, of the same people."""
    if not len(ndcg) or len(ndcg) != len(other):
        return False
    gains = ndcg - other
    return bool(gains.mean() > SURE * gains.std() / np.sqrt(len(gains)))


def _with(plugin: Plugin, settings: Mapping[str, Json]) -> Plugin:
    return replace(plugin, chosen={**plugin.chosen, **settings})


@dataclass(frozen=True)
class _Tried:
    """How well a recommender with some settings ranks for people of the latest fold.

    Attributes:
        ndcg: (n,) for each of them; of nobody where it cannot be told.
        fits: the fit that it is told by, if there was one.
    """

    ndcg: Float64Array
    fits: tuple[FitResult, ...] = ()


def _tried(context: TrainingContext, plugin: Plugin) -> _Tried:
    nothing = _Tried(np.zeros(0))
    if context.deadline.left(ADAPTING) < 0:
        return nothing
    context.steps.expect_fits(1)
    fold = context.fit_latest([plugin])
    scored = context.score(0, fold, fold.names, fold.names, TRIED_ON)
    names = [name for name in fold.names if name not in scored.problems]
    cases = scored.restricted(names, ()) if names else []
    return _Tried(cases[0].member_ndcg(NDCG_CUTOFF)[0], fold.results) if cases else nothing
