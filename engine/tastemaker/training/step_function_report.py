"""What became of step functions in a training run, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tastemaker.blend import WeightCurve
from tastemaker.blend.step_validation import StepValidation


@dataclass(frozen=True, slots=True)
class StepFunctionReport:
    """Whether step functions were let into a blend, and what they gained.

    Attributes:
        gains: the share of NDCG@10 gained on each fold that was tried, the latest first, by steps
            that were not learnt from it.
        refusal: why they were not let in; empty where they were.
    """

    gains: tuple[float, ...] = ()
    refusal: str = ""

    @classmethod
    def of(cls, tried: StepValidation) -> Self:
        """What came of trying them."""
        return cls(tuple(round(gain, 4) for gain in tried.gains), tried.refusal)

    def sentence(self, curve: WeightCurve | None) -> str:
        """The same in words.

        Args:
            curve: that of the release.
        """
        shares = " / ".join(f"{gain:+.1%}" for gain in self.gains)
        if self.refusal:
            measured = f" (NDCG@10 {shares})" if shares else ""
            return f"Step functions are not part of the blend: {self.refusal}{measured}."
        if curve is None or curve.steps is None:
            return (
                "Step functions were learnt, but are not part of the blend: a recommender that "
                "they need is not in the release."
            )
        steps = curve.steps
        named = [curve.members[place] for place in dict.fromkeys(steps.members.tolist())]
        return (
            f"Step functions of {', '.join(named)} ({len(steps)} steps) add to their parts for "
            f"people with {steps.shortest} interactions or more: NDCG@10 {shares} on the "
            f"{len(self.gains)} folds that they were not learnt from (the latest first)."
        )

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` needs, as JSON values."""
        return {"gains": list(self.gains), "refusal": self.refusal}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self | None:
        """The report that `to_json` described; None of None, as in releases of older versions.

        Raises:
            KeyError, TypeError: the description is not one of a report.
        """
        return None if value is None else cls(tuple(value["gains"]), value["refusal"])
