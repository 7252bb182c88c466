"""What the members of a blend scored, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tastemaker.blend import Blended, WeightCurve, stack_people
from tastemaker.data import NAN, BoolArray, Float32Array, Int64Array, People
from tastemaker.serving.retrieving import (
    CandidateItems,
    Retriever,
    eligible_counts,
    retrieve_candidates,
)
from tastemaker.serving.stages import (
    CandidateStage,
    EligibleStage,
    ScanStage,
    Scorer,
    Stage,
)

SCANNED_ITEMS = 1000
"""Where no more items may be shown to a person, all of them are scored: that costs no more than to
find the best first. Chosen, not measured."""


@dataclass(frozen=True)
class StageScores:
    """What members scored in every stage of a ranking; a member that fails is left out of all.

    Attributes:
        stages: for some people each.
        rows: for each stage (n,) int64, which people these are.
        scores: for each member that gave any, by its name, an array for each stage.
        problems: what kept a member out.
    """

    stages: Sequence[Stage]
    rows: Sequence[Int64Array]
    scores: dict[str, list[Float32Array]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, member: Scorer, people: BoolArray | None = None) -> None:
        """Lets one more member score.

        Args:
            member: who.
            people: (n_people,) for whom its scores count; for everybody where not given.
        """
        arrays = []
        for stage, rows in zip(self.stages, self.rows, strict=True):
            own, problem = stage.scores_by(member)
            if own is None:
                self.problems.append(f"{member.name} {problem}")
                return
            arrays.append(own if people is None else np.where(people[rows, np.newaxis], own, NAN))
        self.scores[member.name] = arrays

    def best(self, curve: WeightCurve, k: int) -> Blended:
        """The best items of everybody, by the members that scored.

        Args:
            curve: of those members, in the order of `scores`.
            k: how many items.
        """
        parts = [
            stage.blended([arrays[place] for arrays in self.scores.values()], curve, k)
            for place, stage in enumerate(self.stages)
        ]
        if len(parts) == 1:
            return parts[0]
        return stack_people(parts).select(np.argsort(np.concatenate(self.rows)))


def stages_for(
    retrievers: Sequence[Retriever],
    people: People,
    excluded: BoolArray,
    depth: int,
    k: int,
    inserted: CandidateItems,
    own: BoolArray | None = None,
) -> StageScores:
    """What is to be scored of each person, nothing of it scored yet.

    Candidates, as a rule; every item that may be shown where these are few, or where the retrievers
    find too few of them.

    Args:
        retrievers: whose best items are the candidates.
        people: whom it is about.
        excluded: (n, n_items) what must not be shown.
        depth: how many items each retriever brings.
        k: how long lists are wanted.
        inserted: items that follow in the places after the best.
        own: (n, n_items) items that are candidates whoever retrieves, where they may be shown.
    """
    n, n_items = excluded.shape
    scan = ScanStage(people, excluded, inserted, own)
    if n_items <= SCANNED_ITEMS or not n:
        return StageScores([scan], [np.arange(n)])
    few = eligible_counts(excluded) <= SCANNED_ITEMS
    if few.all():
        eligible = CandidateItems.marked(~excluded)
        return StageScores([EligibleStage(people, eligible, inserted, own)], [np.arange(n)])
    found = retrieve_candidates(retrievers, people, excluded, depth, k, own)
    stage = CandidateStage(people, found.candidates, found.further, inserted)
    scanned = few | found.short
    if not scanned.any():
        return StageScores([stage], [np.arange(n)], problems=list(found.problems))
    rows = [np.flatnonzero(own) for own in (scanned, ~scanned)]
    stages: list[Stage] = [scan.select(rows[0])]
    if len(rows[1]):
        stages.append(stage.select(rows[1]))
    return StageScores(stages, rows[: len(stages)], problems=list(found.problems))
