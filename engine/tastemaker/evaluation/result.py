"""What an evaluation found, as data and as rows: what sentences, JSON and the page are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from tastemaker.blend import WeightCurve
from tastemaker.evaluation.by_length import LengthQuality
from tastemaker.evaluation.diversity_curve import DiversityPoint
from tastemaker.evaluation.figures import ListMeasures
from tastemaker.metrics.intervals import Interval
from tastemaker.training.report import MemberReport

PARTS = ("repeats", "new")
"""What accuracy is measured for apart where items may come again."""


@dataclass(frozen=True)
class EvaluatedModel:
    """A recommender alone, or the blend: its report from training, and how its lists measured.

    Attributes:
        member: its report; the seconds are those of one fit, and for the blend those of the whole
            training run.
        measured: its figures on what was held out; None where it could not be trained.
    """

    member: MemberReport
    measured: ListMeasures | None

    @property
    def name(self) -> str:
        """The recommender's name; "blend" for all together."""
        return self.member.name


@dataclass(frozen=True)
class Repeats:
    """An evaluation in which what people had chosen may come again.

    Attributes:
        share: the share of what is relevant that they had chosen before.
        own_curve: whether the release has weights of its own for that.
    """

    share: float
    own_curve: bool


@dataclass(frozen=True)
class EvaluationResult:
    """An evaluation.

    Attributes:
        split: how the data was split: "time", "last", …
        basis: in words, what was held out.
        cutoffs: how long the lists were.
        main: the cutoff of the envelope and of the summary.
        people: how many people were evaluated.
        training_people, training_items, training_interactions: what was learnt from.
        models: the recommenders and, last, the blend.
        points: the envelope: quality by length of history.
        curve: the blend's weights.
        notes: what a person should know.
        seconds: how long it all took.
        made_at: when, ISO 8601 in UTC.
        repeats: how much was chosen again; None where seen items may not come again.
        diversity: what diversity costs: the quality and the likeness of lists by its strength.
    """

    split: str
    basis: str
    cutoffs: tuple[int, ...]
    main: int
    people: int
    training_people: int
    training_items: int
    training_interactions: int
    models: tuple[EvaluatedModel, ...]
    points: tuple[LengthQuality, ...]
    curve: WeightCurve
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    made_at: str = ""
    repeats: Repeats | None = None
    diversity: tuple[DiversityPoint, ...] = ()

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
        """The measure that the summary is about, as "ndcg@10"."""
        return f"ndcg@{self.main}"

    @property
    def blend(self) -> EvaluatedModel:
        """The blend."""
        return self.models[-1]

    @property
    def ranked(self) -> tuple[EvaluatedModel, ...]:
        """All that could be measured, the best by the headline first."""
        able = [one for one in self.models if one.measured]
        return tuple(sorted(able, key=lambda one: -self.headline_of(one).mean))

    @property
    def best_member(self) -> EvaluatedModel | None:
        """The recommender that does best alone, with hindsight; None where there is none."""
        members = [one for one in self.ranked if one.name != "blend"]
        return members[0] if members else None

    def headline_of(self, model: EvaluatedModel) -> Interval:
        """The headline measure of one of `ranked`, with its interval."""
        assert model.measured is not None
        return model.measured.measures[self.headline]

    def gain_over(self, model: EvaluatedModel) -> Interval:
        """How much better the blend is than one of `ranked`; nothing for the blend itself."""
        assert model.measured is not None
        return model.measured.gains.get(self.headline, Interval(0.0, 0.0, 0.0))

    def rows(self) -> list[dict[str, object]]:
        """A row for each measure of each recommender and of the blend; see `COLUMNS`."""
        return [row for one in self.models for row in _measure_rows(one)]

    def summary_columns(self) -> tuple[str, ...]:
        """The columns of `summary_rows`."""
        longest = max(self.cutoffs)
        return (
            "recommender",
            self.headline,
            "95% interval",
            "blend better by",
            *([f"{part}_{self.headline}" for part in PARTS] if self.repeats else ()),
            f"recall@{longest}",
            f"coverage@{self.main}",
            f"novelty@{self.main}",
            f"diversity@{self.main}",
            f"popularity_gap@{self.main}",
            "seconds",
        )

    def summary_rows(self) -> list[dict[str, object]]:
        """A row for each recommender and the blend with what matters most, the best first."""
        return [self._summary_row(one) for one in self.ranked] + [
            {"recommender": one.name, "95% interval": f"{one.member.state}: {one.member.problem}"}
            for one in self.models
            if one.measured is None
        ]

    def _summary_row(self, model: EvaluatedModel) -> dict[str, object]:
        assert model.measured is not None
        means = {name: own.mean for name, own in model.measured.measures.items()}
        figures = means | dict(model.measured.coverage)
        headline, gain = self.headline_of(model), self.gain_over(model)
        return {
            **{name: figures.get(name) for name in self.summary_columns()},
            "recommender": model.name,
            "95% interval": f"{headline.low:.3f} to {headline.high:.3f}",
            "blend better by": "" if model.name == "blend" else signed(gain),
            "seconds": round(model.member.seconds, 2),
        }

    def diversity_columns(self) -> tuple[str, ...]:
        """The columns of `diversity_rows`."""
        return ("strength", self.headline, "of plain", f"likeness@{self.main}", "of plain's")

    def diversity_rows(self) -> list[dict[str, object]]:
        """A row for each strength of diversity, with the change against strength 0."""
        columns = self.diversity_columns()
        plain = self.diversity[0] if self.diversity else None
        rows: list[dict[str, object]] = []
        for point in self.diversity:
            assert plain is not None
            quality = _change(point.ndcg, plain.ndcg)
            likeness = _change(point.likeness, plain.likeness)
            cells = (f"{point.strength:g}", point.ndcg, quality, point.likeness, likeness)
            rows.append(dict(zip(columns, cells, strict=True)))
        return rows

    def envelope_columns(self) -> tuple[str, ...]:
        """The columns of `envelope_rows`: the lengths of history."""
        return ("recommender", *(str(point.length) for point in self.points))

    def envelope_rows(self) -> list[dict[str, object]]:
        """A row for each that was measured, then the people, the best member, the gain over it."""
        names = [one.name for one in self.ranked]
        rows: list[dict[str, object]] = [{"recommender": name} for name in names]
        rows += [{"recommender": name} for name in ("people", "best member", "blend better by")]
        for point in self.points:
            cells = [f"{point.quality[name].mean:.4f}" for name in names]
            cells += [f"{point.people:,}", point.best, f"{point.gain.mean:+.4f}"]
            for row, cell in zip(rows, cells, strict=True):
                row[str(point.length)] = cell
        return rows


def _measure_rows(model: EvaluatedModel) -> Iterator[dict[str, object]]:
    if model.measured is None:
        return
    for name, own in model.measured.measures.items():
        row: dict[str, object] = {"recommender": model.name, "measure": name}
        row |= bounds(own)
        gain = model.measured.gains.get(name)
        if gain is not None:
            row |= {"blend_gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
        yield row
    for name, share in model.measured.coverage.items():
        yield {"recommender": model.name, "measure": name, "mean": share}


def _change(figure: float, plain: float) -> str:
    return f"{figure / plain - 1:+.1%}" if plain > 0 and math.isfinite(figure) else ""


def bounds(interval: Interval) -> dict[str, float | None]:
    """Mean, low and high of an interval; None where it is not known."""
    values = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def signed(gain: Interval) -> str:
    """A difference with its interval: "+0.027 (+0.010 to +0.045)"."""
    return f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
