"""Whether step functions are let into a blend: only where every fold confirms them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.curve import KNOTS, WeightCurve
from tastemaker.blend.guarantee import MIN_GROUP, NDCG_CUTOFF, length_groups
from tastemaker.blend.learning import fit_weights
from tastemaker.blend.member_subset import keep_scores
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.step_learning import learn_steps
from tastemaker.data import Float64Array, Int64Array

WORSE_AT_LONGEST = "they rank worse at the longest histories"

BEYOND_CHANCE = 1.64
"""How many standard errors the mean gain must be above 0: chance would do that once in twenty."""


@dataclass(frozen=True)
class Gains:
    """NDCG of people of a fold with and without steps that were not learnt from that fold.

    Attributes:
        lengths: (n,) int64 the length of each history.
        whole: how many of the people have their whole history; they come first.
        before: (n,) NDCG without steps.
        after: (n,) NDCG with them.
    """

    lengths: Int64Array
    whole: int
    before: Float64Array
    after: Float64Array

    def from_length(self, shortest: int) -> Gains:
        """The same where people with a shorter history get no steps."""
        return replace(self, after=np.where(self.lengths >= shortest, self.after, self.before))

    @property
    def share(self) -> float:
        """The mean gain of people with whole histories, as a share; 0 where there is none."""
        before, after = self.before[: self.whole].sum(), self.after[: self.whole].sum()
        return float((after - before) / before) if before > 0 else 0.0

    @property
    def of_whole(self) -> Float64Array:
        """(whole,) the gain of each person with a whole history."""
        return self.after[: self.whole] - self.before[: self.whole]


@dataclass(frozen=True)
class StepValidation:
    """What came of trying step functions.

    Attributes:
        curve: the weights that serve, with steps where they are let in.
        measured: those to measure on the latest fold, with steps that were learnt without it.
        gains: the share of NDCG gained on each fold that was tried, the latest first, from the
            whole histories that were not learnt from.
        refusal: why the steps are not let in; empty where they are.
    """

    curve: WeightCurve
    measured: WeightCurve
    gains: tuple[float, ...] = ()
    refusal: str = ""


def try_steps(
    names: Sequence[str],
    folds: Sequence[Sequence[ScoredCases]],
    curve: WeightCurve,
    measured: WeightCurve,
) -> StepValidation:
    """Learns step functions on top of a curve, and lets them in where every fold confirms them.

    They are learnt from the whole histories of all folds but one, on top of weights learnt without
    it too, and must rank the people of that one better; so for each fold, and on all of them
    together beyond chance. They are added from the shortest history on from which they lose nothing
    at any length, and no member alone ranks better than the blend with them.

    The latest fold is tried first: where it refuses nothing more is learnt.

    Args:
        names: the members that scored.
        folds: the scored cases of each fold, the latest first: first full histories, then
            truncated ones.
        curve: the weights that serve, over some of the members.
        measured: the same, learnt without the latest fold.
    """
    refused = StepValidation(curve, measured)
    if len(folds) < 2:
        return replace(refused, refusal="there is only one fold to learn on")
    tried: list[Gains] = []
    learnt: list[WeightCurve] = []
    for place, fold in enumerate(folds):
        others = [own for other, own in enumerate(folds) if other != place]
        before = measured if place == 0 else fit_weights(names, sum(map(list, others), []))
        learnt.append(with_steps(names, before, others))
        tried.append(measure_gains(names, fold, before, learnt[-1]))
        if not tried[-1].share > 0:
            return replace(refused, gains=shares_of(tried), refusal=_worse_on(place, len(folds)))
    shortest = shortest_history(tried)
    if shortest is not None:
        served = guaranteed(names, with_steps(names, curve, folds), folds, shortest)
    if shortest is None or served.steps is None:
        return replace(refused, gains=shares_of(tried), refusal=WORSE_AT_LONGEST)
    shortest = served.steps.shortest
    tried = [own.from_length(shortest) for own in tried]
    gains, refusal = shares_of(tried), refusal_of(tried)
    if refusal:
        return replace(refused, gains=gains, refusal=refusal)
    return StepValidation(served, _from_length(learnt[0], shortest), gains)


def with_steps(
    names: Sequence[str], curve: WeightCurve, folds: Sequence[Sequence[ScoredCases]]
) -> WeightCurve:
    """The curve with steps that are learnt from the whole histories of some folds."""
    rows = [names.index(name) for name in curve.members]
    return replace(curve, steps=learn_steps(curve, [keep_scores(own[0], rows) for own in folds]))


def measure_gains(
    names: Sequence[str], fold: Sequence[ScoredCases], before: WeightCurve, after: WeightCurve
) -> Gains:
    """What a curve with steps gains for the people of a fold over one without."""
    rows = [names.index(name) for name in before.members]
    parts = [keep_scores(one, rows) for one in fold]
    return Gains(
        np.concatenate([one.lengths for one in parts]),
        len(parts[0]),
        np.concatenate([one.ndcg_by(before, NDCG_CUTOFF) for one in parts]),
        np.concatenate([one.ndcg_by(after, NDCG_CUTOFF) for one in parts]),
    )


def shortest_history(tried: Sequence[Gains]) -> int | None:
    """From which history on steps lose nothing, at any length; None where they lose at the longest.

    Of the lengths between two knots everybody counts, with whole histories and truncated ones; few
    people count with those of the next knot.

    Args:
        tried: the gains on each fold.
    """
    lengths = np.concatenate([own.lengths for own in tried])
    gains = np.concatenate([own.after - own.before for own in tried])
    places = np.maximum(np.searchsorted(np.asarray(KNOTS), lengths, side="right") - 1, 0)
    shortest, total, people = None, 0.0, 0
    for place in range(len(KNOTS) - 1, -1, -1):
        own = gains[places == place]
        total, people = total + float(own.sum()), people + len(own)
        if people < MIN_GROUP:
            continue
        if total < 0:
            break
        shortest, total, people = KNOTS[place], 0.0, 0
    return shortest


def guaranteed(
    names: Sequence[str],
    curve: WeightCurve,
    folds: Sequence[Sequence[ScoredCases]],
    shortest: int,
) -> WeightCurve:
    """The curve with steps from a length of history on at which they let no member alone be better.

    That is `shortest` or a longer one; without steps where there is none.
    """
    rows = [names.index(name) for name in curve.members]
    cases = [keep_scores(one, rows) for fold in folds for one in fold]
    curve, last = _from_length(curve, shortest), None
    for group in length_groups(curve.knots, cases):
        if not (group.holds(curve) or group.blend_ndcg(curve) >= group.blend_ndcg(curve.linear)):
            return _from_length(curve, last)
        last = max(shortest, group.first)
    return curve


def refusal_of(tried: Sequence[Gains]) -> str:
    """Why steps are not let in with these gains on each fold; empty where they are."""
    for place, own in enumerate(tried):
        if not own.share > 0:
            return _worse_on(place, len(tried))
    gains = np.concatenate([own.of_whole for own in tried])
    beyond = gains.mean() > BEYOND_CHANCE * gains.std() / np.sqrt(len(gains))
    return "" if beyond else "what they gain may be chance"


def shares_of(tried: Sequence[Gains]) -> tuple[float, ...]:
    """The share of NDCG gained on each fold."""
    return tuple(own.share for own in tried)


def _from_length(curve: WeightCurve, shortest: int | None) -> WeightCurve:
    if curve.steps is None or shortest is None:
        return replace(curve, steps=None)
    return replace(curve, steps=replace(curve.steps, shortest=shortest))


def _worse_on(place: int, n_folds: int) -> str:
    return f"they rank no better on fold {place + 1} of {n_folds}, the latest first"
