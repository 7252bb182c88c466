"""What a release has for requests where items may come again, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tastemaker.blend import WeightCurve
from tastemaker.training.step_function_report import StepFunctionReport


@dataclass(frozen=True, slots=True)
class RepeatReport:
    """What a release has for requests where what people had chosen may come again.

    Attributes:
        curve: the weights.
        share: the share of what people chose in the held-out time that they had chosen before.
        measures: by name, held-out measures of each member and of "blend", with seen items in lists
            and among what is relevant.
        steps: whether step functions were let in; None in releases of older versions.
    """

    curve: WeightCurve
    share: float
    measures: Mapping[str, Mapping[str, float]]
    steps: StepFunctionReport | None = None

    def sentence(self) -> str:
        """The same in words."""
        blend = self.measures.get("blend", {}).get("ndcg@10")
        measured = "" if blend is None else f" With them in lists the blend has NDCG@10 {blend:.4f}"
        best = max(
            ((own["ndcg@10"], name) for name, own in self.measures.items() if name != "blend"),
            default=None,
        )
        beside = f", {best[1]} alone {best[0]:.4f}" if measured and best else ""
        return (
            f"Of what people choose they had chosen {self.share:.1%} before: where seen items may "
            f"come again, weights of their own serve.{measured}{beside}{'.' if measured else ''}"
        )

    @property
    def step_sentence(self) -> str:
        """What became of step functions there, in a sentence; empty where that is not known."""
        return self.steps.sentence(self.curve) if self.steps else ""

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` needs, as JSON values."""
        measures = {name: dict(own) for name, own in self.measures.items()}
        return {
            "curve": self.curve.to_json(),
            "share": self.share,
            "measures": measures,
            "steps": self.steps.to_json() if self.steps else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self | None:
        """The report that `to_json` described; None of None, as in releases of older versions.

        Raises:
            KeyError, TypeError: the description is not one of a report.
            ReleaseError: its curve cannot be used.
        """
        if value is None:
            return None
        return cls(
            WeightCurve.from_json(value["curve"]),
            value["share"],
            value["measures"],
            StepFunctionReport.from_json(value.get("steps")),
        )
