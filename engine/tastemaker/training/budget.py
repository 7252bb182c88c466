"""Keeping a release within a size: the members that give least weight for their bytes leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tastemaker.blend import WeightCurve
from tastemaker.store.releases import StoredModel
from tastemaker.training.limits import as_size


def model_bytes(model: StoredModel) -> int:
    """The bytes of a model's arrays: about what it takes in the database and in memory."""
    return sum(array.nbytes for array in model.arrays.values())


def highest_weights(curves: Sequence[WeightCurve]) -> dict[str, float]:
    """By name, the mean weight of each member over lengths of history, the highest of several."""
    weights: dict[str, float] = {}
    for curve in curves:
        for name, mean in zip(curve.members, curve.weights.mean(axis=0).tolist(), strict=True):
            weights[name] = max(weights.get(name, 0.0), mean)
    return weights


def beyond_budget(
    models: Sequence[StoredModel], weights: Mapping[str, float], budget: int
) -> dict[str, str]:
    """The models that leave so that the others fit, and why, by name; one always stays.

    Args:
        models: those of the release.
        weights: what each counts, by name.
        budget: bytes for all of them.
    """
    sizes = {model.name: model_bytes(model) for model in models}
    by_worth = sorted(
        sizes, key=lambda name: (weights.get(name, 0.0) / max(sizes[name], 1), -sizes[name])
    )
    total, out = sum(sizes.values()), dict[str, str]()
    for name in by_worth[:-1]:
        if total <= budget:
            break
        total -= sizes[name]
        out[name] = (
            f"takes {as_size(sizes[name])} for {weights.get(name, 0.0):.0%} of the weight, and "
            f"the release may take {as_size(budget)}; see --release-size"
        )
    return out
