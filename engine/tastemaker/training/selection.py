"""Choosing on scored folds which members stay, and which of them bring candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tastemaker.blend import ScoredCases, WeightCurve, fit_weights, keep_members
from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.blend.member_subset import keep_retrieved, keep_scores
from tastemaker.blend.pruning import lost_share, prune_members
from tastemaker.blend.retrievers import Retrieval, choose_retrievers
from tastemaker.blend.unseen_cases import UnseenCases
from tastemaker.recommender import Progress, no_progress
from tastemaker.training.expense import Expense
from tastemaker.training.planning import LITTLE_WEIGHT
from tastemaker.training.weights import mean_weights

ENOUGH_PEOPLE = 60
"""Of fewer people with a whole history nothing is chosen but by weight. Chosen, not measured."""

NETWORKS_LOSS = 0.0075
"""The share of the blend's NDCG that networks must add together: they take most of the time of
training, and each of them some of every answer. By time all of them added .0061 on MovieLens 100K
(.0037 on average over the parts) and .0032 (-.0061) on Online Retail, on everyone's last choice
.036 on MovieLens 100K. So chosen that what is lost stays below one percent."""

UNUSED = "no weight on the latest fold: not tried on others"
MISSED_LITTLE = "the blend hardly misses it on the latest fold"
NETWORKS_UNMISSED = "the networks that leave add hardly anything together on the latest fold"
MISSED_LITTLE_ANYWHERE = "the blend hardly misses it on any fold"


@dataclass(frozen=True)
class Selection:
    """Who goes on after the first fold.

    Attributes:
        members: their names.
        weights: by name, the mean weight of everybody in a blend learnt on that fold alone; 0 for a
            member that is worth its cost nowhere.
        retrievers: the names of the members that bring candidates; all where empty.
        retrieval: what that costs; None where all of them do.
        left_out: why the others go, by name.
    """

    members: tuple[str, ...]
    weights: Mapping[str, float]
    retrievers: tuple[str, ...] = ()
    retrieval: Retrieval | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def besides(self, networks: Sequence[str]) -> Selection:
        """The same choice where networks left together before it was made."""
        none, why = dict.fromkeys(networks, 0.0), dict.fromkeys(networks, NETWORKS_UNMISSED)
        return replace(self, weights={**self.weights, **none}, left_out={**self.left_out, **why})

    @property
    def networks_left(self) -> frozenset[str]:
        """The networks that left together."""
        return frozenset(one for one, why in self.left_out.items() if why == NETWORKS_UNMISSED)

    def together(self, other: Selection | None) -> Selection:
        """Who goes on by either of two, with the higher of their weights."""
        if other is None:
            return self
        members = tuple(
            name for name in self.weights if name in self.members or name in other.members
        )
        weights = {
            name: max(own, other.weights.get(name, 0.0)) for name, own in self.weights.items()
        }
        return replace(self, members=members, weights=weights)


def select_members(
    names: Sequence[str],
    cases: Sequence[ScoredCases],
    expenses: Mapping[str, Expense],
    progress: Progress = no_progress,
) -> Selection:
    """Who goes on, judged by a first look at the latest fold.

    Weights are learnt on one half of the people, and judged on the other, and the other way round.
    Networks leave where the blend hardly misses them all, or all but the one with the most weight,
    with weights learnt anew; then members without weight; then the retrievers are chosen; then
    leave those that the blend hardly misses on the candidates of these.

    Args:
        names: the members.
        cases: what they scored on the fold, first full histories; with every member's candidates.
        expenses: what each costs, by name.
        progress: what to report to.
    """
    if not cases or len(cases[0]) < ENOUGH_PEOPLE:
        return _by_weight(names, cases)
    curves = [fit_weights(names, _every_second(cases, start)) for start in (0, 1)]
    for leaving in _leaving_together(names, _weights(curves, cases), expenses):
        others = [name for name in names if name not in leaving]
        rest = [keep_members(one, [names.index(name) for name in others]) for one in cases]
        without = [fit_weights(others, _every_second(rest, start)) for start in (0, 1)]
        if lost_share(_crossed(without, rest), _crossed(curves, cases)) <= NETWORKS_LOSS:
            return _selected(others, rest, without, expenses, progress).besides(leaving)
    return _selected(names, cases, curves, expenses, progress)


def _leaving_together(
    names: Sequence[str], weights: Mapping[str, float], expenses: Mapping[str, Expense]
) -> list[list[str]]:
    """Networks that may leave together: all of them, or all but the one with the most weight."""
    networks = [name for name in names if expenses[name].network]
    if not networks or len(networks) == len(names):
        return []
    most = max(networks, key=lambda name: weights[name])
    groups = [networks, [name for name in networks if name != most]]
    return [group for group in groups if group]


def _selected(
    names: Sequence[str],
    cases: Sequence[ScoredCases],
    curves: Sequence[WeightCurve],
    expenses: Mapping[str, Expense],
    progress: Progress,
) -> Selection:
    """Who goes on of these members, by the weights learnt on either half."""
    progress(1, 3)
    weights = _weights(curves, cases)
    used = [name for name in names if weights[name]]
    kept = [keep_members(one, [names.index(name) for name in used]) for one in cases]
    curves = [curve.only(used) for curve in curves]
    costs = [_cost_of_retrieving(expenses[name], weights[name]) for name in used]
    chosen = choose_retrievers(_crossed(curves, kept), costs)
    progress(2, 3)
    restricted = [keep_retrieved(one, chosen.rows) for one in kept]
    stay = prune_members(
        _crossed(curves, restricted),
        [expenses[name].serve for name in used],
        {*chosen.rows, *_best_alone(restricted)},
    )
    members = tuple(used[row] for row in stay)
    left_out = {
        name: MISSED_LITTLE if weights[name] else UNUSED for name in names if name not in members
    }
    retrievers = tuple(used[row] for row in chosen.rows)
    return Selection(members, weights, retrievers, chosen, left_out)


def select_for_repeats(
    names: Sequence[str],
    cases: Sequence[ScoredCases],
    expenses: Mapping[str, Expense],
    retrievers: Sequence[str],
) -> Selection:
    """Who goes on for the weights of where items may come again, in the same way.

    The retrievers stay who they are: what they bring of new items is as good here, and the items of
    the history are candidates whoever retrieves.

    Args:
        names: the members.
        cases: as for `select_members`, but with what people had chosen among the candidates.
        expenses: what each costs, by name.
        retrievers: those that bring candidates, some of the members; all where empty.
    """
    if not cases or len(cases[0]) < ENOUGH_PEOPLE or not retrievers:
        return _by_weight(names, cases)
    bringing = [names.index(name) for name in retrievers]
    cases = [keep_retrieved(one, bringing) for one in cases]
    curves = [fit_weights(names, _every_second(cases, start)) for start in (0, 1)]
    weights = _weights(curves, cases)
    used = [name for name in names if weights[name] or name in retrievers]
    kept = [keep_scores(one, [names.index(name) for name in used]) for one in cases]
    stay = prune_members(
        _crossed([curve.only(used) for curve in curves], kept),
        [expenses[name].serve for name in used],
        {*(used.index(name) for name in retrievers), *_best_alone(kept)},
    )
    return Selection(tuple(used[row] for row in stay), weights, tuple(retrievers))


def _by_weight(names: Sequence[str], cases: Sequence[ScoredCases]) -> Selection:
    """Only those without any weight leave; where nobody was scored, nobody does."""
    if not any(map(len, cases)):
        return Selection(tuple(names), dict.fromkeys(names, 1 / max(len(names), 1)))
    weights = _weights([fit_weights(names, cases)], cases)
    members = tuple(name for name in names if weights[name])
    left_out = dict.fromkeys([name for name in names if not weights[name]], UNUSED)
    return Selection(members, weights, left_out=left_out)


def prune_on_folds(
    names: Sequence[str],
    folds: Sequence[Sequence[ScoredCases]],
    expenses: Mapping[str, Expense],
    retrievers: Sequence[str],
    progress: Progress = no_progress,
) -> list[str]:
    """The members that stay, judged on each fold by weights learnt on the others.

    Args:
        names: the members.
        folds: the scored cases of each fold, the latest first, with the retrievers' candidates.
        expenses: what each costs, by name.
        retrievers: those that bring candidates, which stay; where empty, nothing is left out.
        progress: what to report to.
    """
    if len(folds) == 1 or not retrievers:
        return list(names)
    unseen = []
    for place, fold in enumerate(folds):
        unseen.append(UnseenCases(fit_weights(names, _without(folds, place)), tuple(fold)))
        progress(place + 1, len(folds))
    best = {row for fold in folds for row in _best_alone(fold)}
    protected = {*(names.index(name) for name in retrievers), *best}
    stay = prune_members(unseen, [expenses[name].serve for name in names], protected)
    return [names[row] for row in stay]


def _cost_of_retrieving(expense: Expense, weight: float) -> float:
    """What it costs that a member retrieves; of little weight, it would be there for that alone."""
    return expense.retrieve + (expense.serve if weight <= LITTLE_WEIGHT else 0.0)


def _every_second(cases: Sequence[ScoredCases], start: int) -> list[ScoredCases]:
    return [one.select(np.arange(start, len(one), 2)) for one in cases]


def _crossed(curves: Sequence[WeightCurve], cases: Sequence[ScoredCases]) -> list[UnseenCases]:
    """The weights of each half with the cases of the other."""
    pairs = zip(curves, (1, 0), strict=True)
    return [UnseenCases(curve, tuple(_every_second(cases, other))) for curve, other in pairs]


def _without(folds: Sequence[Sequence[ScoredCases]], left_out: int) -> list[ScoredCases]:
    return [one for place, fold in enumerate(folds) if place != left_out for one in fold]


def _weights(curves: Sequence[WeightCurve], cases: Sequence[ScoredCases]) -> dict[str, float]:
    """The mean weight of each member over people and curves; 0 where it is next to nothing."""
    means = np.mean([mean_weights(curve, cases) for curve in curves], axis=0)
    return dict(zip(curves[0].members, means.tolist(), strict=True))


def _best_alone(cases: Sequence[ScoredCases]) -> set[int]:
    """The places of the members that rank best alone, of full histories and of truncated ones."""
    parts = [cases[:1], cases[1:]]
    return {
        int(np.argmax(np.concatenate([one.member_ndcg(NDCG_CUTOFF) for one in part], 1).mean(1)))
        for part in parts
        if any(map(len, part))
    }
