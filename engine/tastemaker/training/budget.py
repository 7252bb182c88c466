"""Keeping a release within a size: the members that give least weight for their bytes leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.blend import WeightCurve
from tastemaker.store.releases import StoredModel
from tastemaker.training.limits import as_size


@dataclass(frozen=True)
class Budget:
    """What the members of a release may take, all together.

    Attributes:
        most: bytes.
        takes: what a member does with its bytes: "takes", "holds".
        allowed: what may take them: "the release may take".
        option: which option of `tastemaker train` sets it.
    """

    most: int
    takes: str
    allowed: str
    option: str


def of_release(most: int) -> Budget:
    """A budget for what is stored."""
    return Budget(most, "takes", "the release may take", "--release-size")


def of_serving(most: int) -> Budget:
    """A budget for what each process holds that serves."""
    return Budget(most, "holds", "the members may hold in each worker", "--serving-memory")


def model_bytes(model: StoredModel) -> int:
    """The bytes of a model's arrays: about what it takes in the database."""
    return sum(array.nbytes for array in model.arrays.values())


def highest_weights(curves: Sequence[WeightCurve]) -> dict[str, float]:
    """By name, the mean weight of each member over lengths of history, the highest of several."""
    weights: dict[str, float] = {}
    for curve in curves:
        for name, mean in zip(curve.members, curve.weights.mean(axis=0).tolist(), strict=True):
            weights[name] = max(weights.get(name, 0.0), mean)
    return weights


def beyond_budget(
    sizes: Mapping[str, int], weights: Mapping[str, float], budget: Budget
) -> dict[str, str]:
    """The members that leave so that the others fit, and why, by name; one always stays.

    Args:
        sizes: the bytes of each, by name.
        weights: what each counts, by name.
        budget: for all of them.
    """
    by_worth = sorted(
        sizes, key=lambda name: (weights.get(name, 0.0) / max(sizes[name], 1), -sizes[name])
    )
    total, out = sum(sizes.values()), dict[str, str]()
    for name in by_worth[:-1]:
        if total <= budget.most:
            break
        total -= sizes[name]
        weight = weights.get(name, 0.0)
        out[name] = (
            f"{budget.takes} {as_size(sizes[name])} for {weight:.0%} of the weight, and "
            f"{budget.allowed} {as_size(budget.most)}; see {budget.option}"
        )
    return out
