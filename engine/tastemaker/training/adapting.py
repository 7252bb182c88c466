"""Defaults that adapt: settings that recommenders name besides their defaults are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.data import Float64Array
from tastemaker.holdout.cases import SampleSize
from tastemaker.plugin.discovery import Plugin
from tastemaker.training.context import FIRST_FOLD, TrainingContext
from tastemaker.validation import Json

SURE = 1.64
"""So many standard errors must the NDCG@10 be higher than with the defaults, person by person: by
chance alone it is in one case of twenty. Of eight data sets and kinds of folds, `als` changes its
defaults on random folds of MovieLens 100K alone, where what came after agreed."""

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


def adapt_settings(context: TrainingContext, plugins: Sequence[Plugin]) -> AdaptedPlugins:
    """Each recommender with its defaults, or with an alternative that surely ranks better.

    Both are fitted on the latest fold, and compared on what was held out of it. What somebody has
    set is left as it is.
    """
    few = len(context.data.people.histories.items) <= MOST_INTERACTIONS
    if not context.splits or not few:
        return AdaptedPlugins(tuple(plugins))
    adapted, notes = list[Plugin](), list[str]()
    for plugin in plugins:
        best, note = _adapted(context, plugin)
        adapted.append(best)
        notes.extend([note] if note else [])
    return AdaptedPlugins(tuple(adapted), tuple(notes))


def _adapted(context: TrainingContext, plugin: Plugin) -> tuple[Plugin, str]:
    """The recommender with the settings that rank best, and a sentence if these are not its own."""
    named = plugin.recommender.alternatives if plugin.recommender else ()
    tried = [one for one in named if not set(one) & set(plugin.chosen)]
    if not tried:
        return plugin, ""
    own = _ndcg(context, plugin)
    if not len(own):  # there is nothing to compare with: it failed, or there was no time for it
        return plugin, ""
    found = [(_ndcg(context, _with(plugin, one)), one) for one in tried]
    ndcg, settings = max(found, key=lambda pair: float(pair[0].sum()))
    if not is_surely_better(ndcg, own):
        return plugin, ""
    written = ", ".join(f"{name} {value}" for name, value in settings.items())
    return _with(plugin, settings), (
        f"{plugin.name} learns with {written}: NDCG@10 {ndcg.mean():.4f} on the latest fold, "
        f"against {own.mean():.4f} with its defaults."
    )


def is_surely_better(ndcg: Float64Array, other: Float64Array) -> bool:
    """Whether one ranks better than another beyond chance; (n,) each, of the same people."""
    if not len(ndcg) or len(ndcg) != len(other):
        return False
    gains = ndcg - other
    return bool(gains.mean() > SURE * gains.std() / np.sqrt(len(gains)))


def _with(plugin: Plugin, settings: Mapping[str, Json]) -> Plugin:
    return replace(plugin, chosen={**plugin.chosen, **settings})


def _ndcg(context: TrainingContext, plugin: Plugin) -> Float64Array:
    """(n,) how well a recommender ranks for people of the latest fold; nobody where it cannot."""
    nobody = np.zeros(0)
    if context.deadline.left(FIRST_FOLD) < 0:
        return nobody
    context.steps.expect_fits(1)
    fold = context.fit_latest([plugin])
    scored = context.score(0, fold, fold.names, fold.names, TRIED_ON)
    names = [name for name in fold.names if name not in scored.problems]
    cases = scored.restricted(names, ()) if names else []
    return cases[0].member_ndcg(NDCG_CUTOFF)[0] if cases else nobody
