"""What a training run brought: a release, its members and how they measured, in plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, ClassVar, Self

from tastemaker.blend import WeightCurve
from tastemaker.errors import ReleaseError
from tastemaker.store.manifest import MANIFEST_FORMAT
from tastemaker.training.curve_table import curve_columns, curve_rows
from tastemaker.training.data_quality import Finding
from tastemaker.training.profile import Span, profile_columns, profile_rows
from tastemaker.training.repeat_report import RepeatReport
from tastemaker.training.step_function_report import StepFunctionReport


@dataclass(frozen=True, slots=True)
class MemberReport:
    """One recommender, or the blend, in a training run: plain values that a manifest can hold.

    Attributes:
        name: the recommender's name; "blend" for all together.
        family: its family.
        distribution: the distribution that it came with, and its version.
        state: "serving", "no weight" (the others do as well without it), "left out" (of quick
            training), "unavailable" (training it needs modules that are not installed), "declined"
            (for want of memory or time) or "failed".
        problem: what went wrong, or why it is not in the release.
        seconds: how long the last fit took.
        measures: held-out measures, such as {"ndcg@10": 0.12, "recall@10": 0.15}.
    """

    name: str
    family: str = ""
    distribution: str = ""
    state: str = "serving"
    problem: str = ""
    seconds: float = 0.0
    measures: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Which members of a release bring candidates, and what that costs on the latest fold.

    Attributes:
        retrievers: their names.
        quality: the blend's NDCG@10 as a share of that on the candidates of all members.
        overlap: the share of its first ten items that are the same.
        candidates: how many candidates a person has on average.
        all_candidates: how many all members would bring.
    """

    retrievers: Sequence[str]
    quality: float
    overlap: float
    candidates: float
    all_candidates: float

    def sentence(self) -> str:
        """The same in words."""
        return (
            f"Candidates come from {', '.join(self.retrievers)}: {self.candidates:,.0f} a person, "
            f"where all members would bring {self.all_candidates:,.0f}. On these the blend has "
            f"{self.quality:.1%} of the NDCG@10, and {self.overlap:.0%} of its first ten items."
        )


@dataclass(frozen=True)
class Release:
    """A trained release: what is in it, how it measured, and whether it serves now.

    Attributes:
        number: the release's number.
        active: whether it serves now.
        trained_at: when its data was read, ISO 8601 in UTC.
        basis: in words, what it learnt from and on what it was measured.
        members: the recommenders and, last, the blend.
        curve: the weights; None if no recommender could be trained.
        n_users, n_items, n_interactions: what it was trained on.
        notes: what a person should know about this run.
        findings: what is odd about the data, and what training did about it.
        retrieval: which members bring candidates, and what that costs; None where all do.
        profile: where the time of the training run went.
        quick: whether only those recommenders took part that give most for their cost.
        repeats: what serves where items may come again; None where the same weights do.
        support: how many people what was learnt from who chose what rests on at least.
        moved: for each fold, the latest first, the share of all weight that goes to other members
            where weights are learnt without that fold; empty where there were not several.
        steps: whether step functions were let in; None in releases of older versions.
    """

    number: int
    active: bool
    trained_at: str
    basis: str
    members: Sequence[MemberReport]
    curve: WeightCurve | None
    n_users: int = 0
    n_items: int = 0
    n_interactions: int = 0
    notes: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    retrieval: RetrievalReport | None = None
    profile: Sequence[Span] = ()
    quick: bool = False
    repeats: RepeatReport | None = None
    support: int = 1
    moved: Sequence[float] = ()
    steps: StepFunctionReport | None = None

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "recommender",
        "state",
        "ndcg@10",
        "recall@10",
        "recall@20",
        "hit_rate@10",
        "seconds",
        "problem",
    )

    @property
    def measures(self) -> Mapping[str, float]:
        """The blend's held-out measures; empty where nothing could be held out."""
        for member in self.members:
            if member.name == "blend":
                return member.measures or {}
        return {}

    @property
    def verdict(self) -> str:
        """How the blend measures against its best member, in a sentence; empty if not measured."""
        blend, of_each = self.measures.get("ndcg@10"), self.member_quality
        if blend is None or not of_each:
            return ""
        best = max(of_each, key=lambda name: of_each[name])
        figures = f"NDCG@10 {blend:.4f} against {of_each[best]:.4f} of {best}"
        if blend >= of_each[best]:
            return f"The blend is at least as good as its best member: {figures}."
        return (
            f"The blend is below its best member on what was held out: {figures}. `tastemaker "
            f"evaluate` compares them on other data; `tastemaker train --only {best}` makes a "
            "release of that one alone."
        )

    @property
    def steadiness(self) -> str:
        """How steady the weights are, in a sentence; empty where that is not known."""
        if not self.moved:
            return ""
        shares = " / ".join(f"{share:.0%}" for share in self.moved)
        return (
            f"How steady the weights are: {shares} of them would be other members', learnt without "
            f"one of the {len(self.moved)} folds (the latest first)."
        )

    @property
    def step_sentence(self) -> str:
        """What became of step functions, in a sentence; empty where that is not known."""
        return self.steps.sentence(self.curve) if self.steps else ""

    @property
    def member_quality(self) -> dict[str, float]:
        """The held-out NDCG@10 of each recommender that was measured, by name."""
        return {
            one.name: one.measures["ndcg@10"]
            for one in self.members
            if one.name != "blend" and one.measures and "ndcg@10" in one.measures
        }

    @property
    def serving(self) -> tuple[str, ...]:
        """The recommenders whose models are in it: the members of either curve."""
        curves = [self.curve, self.repeats.curve if self.repeats else None]
        return tuple(dict.fromkeys(name for one in curves if one for name in one.members))

    def member_rows(self) -> list[dict[str, object]]:
        """A row for each recommender and the blend."""
        return [
            {
                "recommender": member.name,
                "state": member.state,
                "seconds": round(member.seconds, 2),
                "problem": member.problem,
                **(member.measures or {}),
            }
            for member in self.members
        ]

    def curve_columns(self) -> list[str]:
        """The columns of `curve_rows`."""
        return curve_columns(self.curve)

    def curve_rows(self) -> list[dict[str, object]]:
        """A row for each length of history that weights were learnt for, in percent."""
        return curve_rows(self.curve)

    def repeat_columns(self) -> list[str]:
        """The columns of `repeat_rows`."""
        return curve_columns(self.repeats.curve if self.repeats else None)

    def repeat_rows(self) -> list[dict[str, object]]:
        """The same of the weights for where items may come again; none where there are none."""
        return curve_rows(self.repeats.curve if self.repeats else None)

    def profile_columns(self) -> list[str]:
        """The columns of `profile_rows`."""
        return profile_columns(self.profile)

    def profile_rows(self) -> list[dict[str, object]]:
        """Where the time of the training run went: a row for each member and piece of work."""
        return profile_rows(self.profile)

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values: a release's manifest."""
        return {
            "format": MANIFEST_FORMAT,
            "number": self.number,
            "active": self.active,
            "trained_at": self.trained_at,
            "basis": self.basis,
            "members": [asdict(member) for member in self.members],
            "curve": self.curve.to_json() if self.curve else None,
            "n_users": self.n_users,
            "n_items": self.n_items,
            "n_interactions": self.n_interactions,
            "notes": list(self.notes),
            "findings": [asdict(finding) for finding in self.findings],
            "retrieval": _as_json(self.retrieval),
            "profile": [asdict(span) for span in self.profile],
            "quick": self.quick,
            "repeats": self.repeats.to_json() if self.repeats else None,
            "support": self.support,
            "moved": list(self.moved),
            "steps": self.steps.to_json() if self.steps else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The release that `to_json` described, now or in an older version.

        Keys that this version does not know are ignored, here and in members and findings: a newer
        version may have written them.

        Raises:
            ReleaseError: the description is not one of a release.
        """
        # manifests without a format call the findings "quality", or have none
        findings = value.get("findings", value.get("quality", ()))
        try:
            parts = {
                "curve": WeightCurve.from_json(value["curve"]) if value["curve"] else None,
                "members": tuple(
                    MemberReport(**_known(fields(MemberReport), one)) for one in value["members"]
                ),
                "findings": tuple(Finding(**_known(fields(Finding), one)) for one in findings),
                "retrieval": _retrieval(value.get("retrieval")),
                "repeats": RepeatReport.from_json(value.get("repeats")),
                "moved": tuple(value.get("moved", ())),
                "steps": StepFunctionReport.from_json(value.get("steps")),
                "profile": tuple(
                    Span(**_known(fields(Span), one)) for one in value.get("profile", ())
                ),
            }
            return cls(**_known(fields(cls), {**value, **parts}))
        except (KeyError, TypeError) as error:
            raise ReleaseError(f"The release cannot be read ({error}). Train again.") from None


def _as_json(retrieval: RetrievalReport | None) -> dict[str, Any] | None:
    if retrieval is None:
        return None
    return {**asdict(retrieval), "retrievers": list(retrieval.retrievers)}


def _retrieval(value: Mapping[str, Any] | None) -> RetrievalReport | None:
    if value is None:
        return None
    known = _known(fields(RetrievalReport), value)
    return RetrievalReport(**{**known, "retrievers": tuple(known["retrievers"])})


def _known(entries: Sequence[Field[Any]], value: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a dataclass's fields, without other keys."""
    return {entry.name: value[entry.name] for entry in entries if entry.name in value}
