"""The report of an evaluation: what it found, to be written down as JSON values or as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tastemaker.evaluation.by_length import LengthQuality
from tastemaker.evaluation.diversity_curve import DiversityPoint
from tastemaker.evaluation.result import EvaluatedModel, EvaluationResult, bounds
from tastemaker.io.output_file import output_text
from tastemaker.metrics.intervals import Interval
from tastemaker.validation import Json


@dataclass(frozen=True)
class Report(EvaluationResult):
    """An evaluation that can be written down: as JSON values, and as a page."""

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON values; what is not known is null."""
        return {
            "split": self.split,
            "basis": self.basis,
            "seen": "include" if self.repeats else "exclude",
            "repeats": asdict(self.repeats) if self.repeats else None,
            "cutoffs": list(self.cutoffs),
            "people": self.people,
            "learnt_from": {
                "people": self.training_people,
                "items": self.training_items,
                "interactions": self.training_interactions,
            },
            "models": [_model_json(one) for one in self.models],
            "envelope": {
                "measure": self.headline,
                "points": [_point_json(point) for point in self.points],
            },
            "diversity": [_diversity_json(point) for point in self.diversity],
            "curve": self.curve.to_json(),
            "notes": list(self.notes),
            "seconds": round(self.seconds, 2),
            "made_at": self.made_at,
        }

    def to_html(self) -> str:
        """The report as one page that needs nothing else: no script, no font, no request."""
        from tastemaker.evaluation.html.page import page  # who wants none need not load it

        return page(self)

    def save(self, path: str | Path) -> None:
        """Writes the page to a file that only its owner may read, or to standard output for "-".

        Raises:
            InputError: the file cannot be written.
        """
        with output_text(path) as stream:
            stream.write(self.to_html())


def _model_json(model: EvaluatedModel) -> dict[str, Any]:
    member, figures = model.member, dict[str, Any]()
    if model.measured is not None:
        figures = {
            "measures": _intervals_json(model.measured.measures),
            "blend_gains": _intervals_json(model.measured.gains),
            "coverage": dict(model.measured.coverage),
            "reach_by_popularity": list(model.measured.reach),
        }
    return {
        "name": member.name,
        "family": member.family,
        "state": member.state,
        "problem": member.problem,
        "seconds": round(member.seconds, 3),
        **figures,
    }


def _point_json(point: LengthQuality) -> dict[str, Any]:
    return {
        "length": point.length,
        "people": point.people,
        "quality": _intervals_json(point.quality),
        "best_member": point.best,
        "blend_gain": bounds(point.gain),
    }


def _diversity_json(point: DiversityPoint) -> dict[str, Any]:
    figures = {"ndcg": point.ndcg, "likeness": point.likeness}
    known = {name: own if math.isfinite(own) else None for name, own in figures.items()}
    return {"strength": point.strength, **known}


def _intervals_json(figures: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: bounds(own) for name, own in figures.items()}
