"""From fitted recommenders to what is stored: whatever cannot serve later is left out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.data import People
from tastemaker.errors import ReleaseError
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.states import guarded_round_trip, guarded_state
from tastemaker.store.releases import StoredModel, check_model
from tastemaker.training.fitting import FitResult

SCORED = 2
"""How many people a restored recommender must score before it may serve. Chosen, not measured."""


@dataclass(frozen=True)
class Storable:
    """What a fit is stored as.

    Attributes:
        model: what is stored.
        held: the bytes that a process holds which serves it.
    """

    model: StoredModel
    held: int


def stored_models(
    final: Sequence[FitResult], people: People
) -> tuple[list[Storable], list[FitResult]]:
    """What the last fits are stored as, and those that cannot be stored, or not be restored.

    Args:
        final: the fits.
        people: everybody; the restored recommenders score a few of them.
    """
    some = people.select(np.arange(min(len(people), SCORED)))
    models: list[Storable] = []
    missing: list[FitResult] = []
    for one in final:
        model, problem = _stored(one, some)
        if model is None:
            missing.append(replace(one, recommender=None, problem=problem))
        else:
            models.append(model)
    return models, missing


def _stored(one: FitResult, people: People) -> tuple[Storable | None, str]:
    """The model of one fit, or None and the problem."""
    fitted, plugin = one.recommender, one.plugin
    if fitted is None or plugin.recommender is None:
        return None, one.problem
    kind, calls = plugin.recommender, GuardedCalls.of(plugin)
    state, problem = calls.once(lambda: guarded_state(fitted))
    if state is None:
        return None, problem
    model = StoredModel(
        one.name,
        plugin.distribution,
        plugin.version,
        state.arrays,
        state.values,
        plugin.entry_point,
    )
    if problem := _unfit(model, names=not plugin.uses_features):
        return None, problem
    held, problem = calls.once(lambda: guarded_round_trip(kind, state, people))
    return (None, problem) if held is None else (Storable(model, held), "")


def _unfit(model: StoredModel, names: bool) -> str:
    """Why a model cannot be stored; the names that it uses are told only if they may be."""
    try:
        check_model(model)
    except ReleaseError as error:
        return f"its state cannot be stored: {error}" if names else "its state cannot be stored"
    return ""
