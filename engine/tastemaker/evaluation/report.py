"""What an evaluation found: figures in plain values, as rows, as JSON, and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tastemaker.blend import WeightCurve
from tastemaker.errors import InputError
from tastemaker.evaluation.by_length import Point
from tastemaker.evaluation.figures import Measured
from tastemaker.metrics.intervals import Interval
from tastemaker.validation import Json


@dataclass(frozen=True)
class EvaluatedModel:
    """A recommender alone, or the blend of all.

    Attributes:
        name: the recommender's name; "blend" for all together.
        family: its family.
        state: "serving", "no weight" (not part of the blend), "failed", or another reason why
            it was not trained.
        problem: what went wrong, if anything.
        seconds: how long one fit took; for the blend, the whole training run.
        measured: its figures; None where it could not be trained.
    """

    name: str
    family: str
    state: str
    problem: str
    seconds: float
    measured: Measured | None


@dataclass(frozen=True)
class Report:
    """An evaluation.

    Attributes:
        split: how the data was split: "time", "last", …
        basis: in words, what was asked.
        cutoffs: how long the lists were.
        main: the cutoff of the envelope and of the summary.
        people: how many people were asked.
        learnt_people, learnt_items, learnt_interactions: what was learnt from.
        contestants: the recommenders and, last, the blend.
        points: the envelope: quality by length of history.
        curve: the blend's weights.
        notes: what a person should know.
        seconds: how long it all took.
        made_at: when, ISO 8601 in UTC.
    """

    split: str
    basis: str
    cutoffs: tuple[int, ...]
    main: int
    people: int
    learnt_people: int
    learnt_items: int
    learnt_interactions: int
    models: tuple[EvaluatedModel, ...]
    points: tuple[Point, ...]
    curve: WeightCurve
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    made_at: str = ""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "recommender",
        "measure",
        "mean",
        "low",
        "high",
        "blend_gain",
        "gain_low",
        "gain_high",
    )

    @property
    def headline(self) -> str:
        """The measure that the summary speaks of, as "ndcg@10"."""
        return f"ndcg@{self.main}"

    @property
    def blend(self) -> EvaluatedModel:
        """The blend."""
        return self.models[-1]

    @property
    def ranked(self) -> tuple[EvaluatedModel, ...]:
        """Everyone who could be measured, the best by the headline first."""
        able = [one for one in self.models if one.measured]
        return tuple(sorted(able, key=lambda one: -self.quality(one).mean))

    @property
    def best_member(self) -> EvaluatedModel | None:
        """The recommender that does best alone, with hindsight; None where there is none."""
        members = [one for one in self.ranked if one.name != "blend"]
        return members[0] if members else None

    def quality(self, contestant: EvaluatedModel) -> Interval:
        """The headline measure of one of `ranked`."""
        assert contestant.measured is not None
        return contestant.measured.measures[self.headline]

    def gain(self, contestant: EvaluatedModel) -> Interval:
        """How much better the blend is than one of `ranked`; nothing for the blend itself."""
        assert contestant.measured is not None
        return contestant.measured.gains.get(self.headline, Interval(0.0, 0.0, 0.0))

    def rows(self) -> list[dict[str, object]]:
        """A row for each measure of each contestant; see `COLUMNS`."""
        return [row for one in self.models for row in _rows(one)]

    def summary_columns(self) -> tuple[str, ...]:
        """The columns of `summary_rows`."""
        longest = max(self.cutoffs)
        return (
            "recommender",
            self.headline,
            "95% interval",
            "blend better by",
            f"recall@{longest}",
            f"coverage@{self.main}",
            f"novelty@{self.main}",
            f"diversity@{self.main}",
            f"popularity_gap@{self.main}",
            "seconds",
        )

    def summary_rows(self) -> list[dict[str, object]]:
        """A row for each contestant with what matters most, the best first."""
        return [self._summary_row(one) for one in self.ranked] + [
            {"recommender": one.name, "95% interval": f"{one.state}: {one.problem}"}
            for one in self.models
            if one.measured is None
        ]

    def _summary_row(self, one: EvaluatedModel) -> dict[str, object]:
        assert one.measured is not None
        means = {name: own.mean for name, own in one.measured.measures.items()}
        figures = means | dict(one.measured.coverage)
        quality, gain = self.quality(one), self.gain(one)
        return {
            **{name: figures.get(name) for name in self.summary_columns()},
            "recommender": one.name,
            "95% interval": f"{quality.low:.3f} to {quality.high:.3f}",
            "blend better by": "" if one.name == "blend" else signed(gain),
            "seconds": round(one.seconds, 2),
        }

    def envelope_columns(self) -> tuple[str, ...]:
        """The columns of `envelope_rows`: the lengths of history."""
        return ("recommender", *(str(point.length) for point in self.points))

    def envelope_rows(self) -> list[dict[str, object]]:
        """A row for each contestant, then the people asked, the best member, the gain over it."""
        names = [one.name for one in self.ranked]
        rows: list[dict[str, object]] = [{"recommender": name} for name in names]
        rows += [{"recommender": name} for name in ("people", "best member", "blend better by")]
        for point in self.points:
            cells = [f"{point.quality[name].mean:.4f}" for name in names]
            cells += [f"{point.people:,}", point.best, f"{point.gain.mean:+.4f}"]
            for row, cell in zip(rows, cells, strict=True):
                row[str(point.length)] = cell
        return rows

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON values; what cannot be told is null."""
        return {
            "split": self.split,
            "basis": self.basis,
            "cutoffs": list(self.cutoffs),
            "people": self.people,
            "learnt_from": {
                "people": self.learnt_people,
                "items": self.learnt_items,
                "interactions": self.learnt_interactions,
            },
            "contestants": [_contestant_json(one) for one in self.models],
            "envelope": {
                "measure": self.headline,
                "points": [_point_json(point) for point in self.points],
            },
            "curve": self.curve.to_json(),
            "notes": list(self.notes),
            "seconds": round(self.seconds, 2),
            "made_at": self.made_at,
        }

    def to_html(self) -> str:
        """The report as one page that needs nothing else: no script, no font, no request."""
        from tastemaker.evaluation.html.page import page  # only who wants one pays for it

        return page(self)

    def save(self, path: str | Path) -> None:
        """Writes the page to a file.

        Raises:
            InputError: the file cannot be written.
        """
        try:
            Path(path).write_text(self.to_html(), encoding="utf-8")
        except OSError as error:
            raise InputError(f"Cannot write {path}: {error.strerror}.") from None


def signed(gain: Interval) -> str:
    """A difference with its interval: "+0.027 (+0.010 to +0.045)"."""
    return f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"


def _rows(one: EvaluatedModel) -> Iterator[dict[str, object]]:
    if one.measured is None:
        return
    for name, own in one.measured.measures.items():
        row = {"recommender": one.name, "measure": name, **_interval_json(own)}
        gain = one.measured.gains.get(name)
        if gain is not None:
            row |= {"blend_gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
        yield row
    for name, share in one.measured.coverage.items():
        yield {"recommender": one.name, "measure": name, "mean": share}


def _contestant_json(one: EvaluatedModel) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if one.measured is not None:
        figures = {
            "measures": _intervals_json(one.measured.measures),
            "blend_gains": _intervals_json(one.measured.gains),
            "coverage": dict(one.measured.coverage),
            "reach_by_popularity": list(one.measured.reach),
        }
    return {
        "name": one.name,
        "family": one.family,
        "state": one.state,
        "problem": one.problem,
        "seconds": round(one.seconds, 3),
        **figures,
    }


def _point_json(point: Point) -> dict[str, Any]:
    return {
        "length": point.length,
        "people": point.people,
        "quality": _intervals_json(point.quality),
        "best_member": point.best,
        "blend_gain": _interval_json(point.gain),
    }


def _intervals_json(figures: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: _interval_json(own) for name, own in figures.items()}


def _interval_json(own: Interval) -> dict[str, Any]:
    return {name: _finite(getattr(own, name)) for name in ("mean", "low", "high")}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
