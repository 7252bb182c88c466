"""What the members of a blend scored, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tastemaker.blend import Blended, WeightCurve, stack_people
from tastemaker.data import NAN, BoolArray, Float32Array, Int64Array, People
from tastemaker.serving.exploration import Insertions
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

    @property
    def lacks_scores(self) -> bool:
        """Whether somebody has an item that none of the members scored so far."""
        return any(
            stage.lacks([arrays[place] for arrays in self.scores.values()])
            for place, stage in enumerate(self.stages)
        )

    def in_order(self, names: Sequence[str]) -> None:
        """Puts the members that scored into this order."""
        given = {name: self.scores[name] for name in names if name in self.scores}
        self.scores.clear()
        self.scores.update(given)

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
    insertions: Insertions | None = None,
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
        insertions: where new items are inserted.
        own: (n, n_items) items that are candidates whoever retrieves, where they may be shown.
    """
    n, n_items = excluded.shape
    everybody = np.ones(n, dtype=np.bool_)
    scan = ScanStage(people, excluded, own=own)
    if n_items <= SCANNED_ITEMS or not n:
        return _with_new_items([(scan, everybody)], insertions, excluded)
    few = eligible_counts(excluded) <= SCANNED_ITEMS
    if few.all():
        eligible = EligibleStage(people, CandidateItems.marked(~excluded), own=own)
        return _with_new_items([(eligible, everybody)], insertions, excluded)
    found = retrieve_candidates(retrievers, people, excluded, depth, k, own)
    scanned = few | found.short
    stage = CandidateStage(people, found.candidates, found.further)
    given = _with_new_items([(stage, ~scanned), (scan, scanned)], insertions, excluded)
    given.problems.extend(found.problems)
    return given


def scan_for(
    people: People,
    excluded: BoolArray,
    insertions: Insertions | None = None,
    own: BoolArray | None = None,
) -> StageScores:
    """A scan of all items for everybody, nothing of it scored yet; see `stages_for`."""
    everybody = np.ones(len(people), dtype=np.bool_)
    scan = ScanStage(people, excluded, own=own)
    return _with_new_items([(scan, everybody)], insertions, excluded)


def _with_new_items(
    stages: Sequence[tuple[Stage, BoolArray]], insertions: Insertions | None, excluded: BoolArray
) -> StageScores:
    """Each stage for its people; those who get new items apart, as the others need none scored.

    Args:
        stages: for everybody each, and (n,) for whom it is taken.
        insertions: where new items are inserted.
        excluded: (n, n_items) what must not be shown.
    """
    parts: list[Stage] = []
    rows: list[Int64Array] = []
    for stage, taken in stages:
        exploring = np.zeros_like(taken) if insertions is None else taken & insertions.people
        for own, explores in ((taken & ~exploring, False), (exploring, True)):
            chosen = np.flatnonzero(own)
            if not len(chosen) and (len(own) or explores):
                continue
            new = insertions.of(chosen, excluded) if insertions and explores else None
            whole = len(chosen) == len(own) and new is None
            parts.append(stage if whole else stage.select(chosen, new))
            rows.append(chosen)
    return StageScores(parts, rows)
