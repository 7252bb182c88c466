"""An attack that tells from what a recommender scores whether a person was learnt from.

The attacker knows a person's whole history, and others' of the same kind, and trains recommenders
with and without the person. Of one that somebody else has trained the attacker sees answers to
sessions made of that history, and compares them with both kinds. *Black box*: the lists that a
session is shown. *White box*: the exact scores, as whoever has the model's file works them out.

Carlini, N. et al.: Membership inference attacks from first principles. IEEE S&P 2022 (LiRA).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People, TrainingData
from tastemaker.recommender import Recommender

SHOWN = 20
"""How many items a list shows."""

FALSE_ALARMS = 0.01
"""The share of people not learnt from that the attacker takes for some who were."""


class Advantage(NamedTuple):
    """How well the attacker tells those who were learnt from.

    Attributes:
        auc: how often one who was learnt from looks more like it than one who was not; 0.5 is
            guessing.
        found: the share of those learnt from who are found, at `FALSE_ALARMS`.
    """

    auc: float
    found: float


@dataclass(frozen=True)
class Probes:
    """Sessions made of the histories of some people, the targets, several for each.

    Attributes:
        items: (n_targets, n_probes) int64 an item of the target's history; -1 for none.
        without: for each of these, the target's history without that item.
        alone: for each of these, that item alone.
        owned: (n_targets, n_items) bool what each target chose.
    """

    items: Int64Array
    without: People
    alone: People
    owned: BoolArray


def probes_of(people: People, targets: Int64Array, n_probes: int) -> Probes:
    """Sessions of the items of each target that fewest people chose: these tell most."""
    presence = people.presence()
    counts = np.bincount(presence.indices, minlength=people.n_items)
    owned = presence[targets].toarray() > 0
    rarity = np.where(owned, counts, np.iinfo(np.int64).max)
    items = np.argsort(rarity, axis=1, kind="stable")[:, :n_probes].astype(np.int64)
    items[~np.take_along_axis(owned, items, axis=1)] = -1
    sessions = people.select(np.repeat(targets, items.shape[1]))
    own = sessions.histories.items == items.ravel()[sessions.histories.rows]
    return Probes(items, sessions.take(~own), sessions.take(own), owned)


def drawn_halves(n_people: int, n_pairs: int, rng: np.random.Generator) -> BoolArray:
    """(2 * n_pairs, n_people) who is learnt from: a random half, and next to it the other half."""
    first = rng.random((n_pairs, n_people)) < 0.5
    return np.stack((first, ~first), axis=1).reshape(-1, n_people)


def of_people(data: TrainingData, inside: BoolArray) -> TrainingData:
    """The data with the interactions of some people (n_people,) alone; everyone keeps a place."""
    return replace(data, people=data.people.take(inside[data.people.histories.rows]))


def signals(recommender: Recommender, probes: Probes) -> tuple[Float64Array, Float64Array]:
    """What the attacker sees of one recommender: (n_targets, 2 * n_probes) of lists, and of scores.

    Of each probe two numbers: where the item stands for the history without it, and how much of
    the rest of the history is found beside the item alone. NaN where it does not score.
    """
    rows = np.repeat(np.arange(len(probes.items)), probes.items.shape[1])
    items, owned = probes.items.ravel(), probes.owned[rows]
    others = owned.copy()
    others[np.arange(len(items)), items] = False
    before, beside = recommender.score(probes.without), recommender.score(probes.alone)
    back = before[np.arange(len(items)), items].astype(np.float64)
    scored = np.isfinite(beside) & others
    total = np.where(scored, beside, 0).sum(axis=1, dtype=np.float64)
    mean = np.where(scored.any(axis=1), total / np.maximum(scored.sum(axis=1), 1), np.nan)
    shown_back = _places(before, owned & ~_only(items, owned), items)
    shown_beside = _found(beside, _only(items, owned), others)
    shape = probes.items.shape
    lists = np.concatenate((shown_back.reshape(shape), shown_beside.reshape(shape)), axis=1)
    scores = np.concatenate((back.reshape(shape), mean.reshape(shape)), axis=1)
    nothing = np.tile(probes.items < 0, 2)
    lists[nothing] = scores[nothing] = 0.0
    return lists, scores


def _only(items: Int64Array, owned: BoolArray) -> BoolArray:
    """(n, n_items) the item of each row alone."""
    result = np.zeros_like(owned)
    result[np.arange(len(items)), items] = True
    return result


def _shown(scores: Float32Array, seen: BoolArray) -> Int64Array:
    """(n, SHOWN) the lists, best first; -1 where they end early."""
    rated = np.where(seen | ~np.isfinite(scores), -np.inf, scores)
    best = np.argsort(-rated, axis=1, kind="stable")[:, :SHOWN]
    return np.where(np.isfinite(np.take_along_axis(rated, best, axis=1)), best, -1)


def _places(scores: Float32Array, seen: BoolArray, items: Int64Array) -> Float64Array:
    """(n,) 1 / the place of each row's item in its list; 0 where it is not shown."""
    places = _shown(scores, seen) == items[:, np.newaxis]
    return np.asarray((places / np.arange(1, places.shape[1] + 1)).sum(axis=1))


def _found(scores: Float32Array, seen: BoolArray, others: BoolArray) -> Float64Array:
    """(n,) how many of some items are in each row's list."""
    lists = _shown(scores, seen)
    there = np.take_along_axis(others, np.maximum(lists, 0), axis=1) & (lists >= 0)
    return np.asarray(there.sum(axis=1), dtype=np.float64)


def likelihood_ratios(seen: Float64Array, inside: BoolArray) -> Float64Array:
    """(n_models, n_targets) the log of how much likelier what is seen is of one who is inside.

    The two models of a pair are judged by all other pairs: normal densities around the mean of
    those that learnt from the target and of those that did not, with the deviation that both have
    in common. A model judged by its own partner would look like the opposite of what it is.

    Args:
        seen: (n_models, n_targets, n_signals); NaN where nothing was scored. Pairs stand together.
        inside: (n_models, n_targets) who was learnt from: one model of each pair.
    """
    values = _without_gaps(seen)
    shape = (len(values) // 2, 2, *values.shape[1:])
    member = np.broadcast_to(inside[:, :, np.newaxis], values.shape)
    distances = {}
    for within in (True, False):
        own = np.where(member == within, values, 0.0).reshape(shape).sum(axis=1)
        mean = (own.sum(axis=0) - own) / (len(own) - 1)
        distances[within] = (values - np.repeat(mean, 2, axis=0)) ** 2
    squares = np.where(member, distances[True], distances[False]).reshape(shape).sum(axis=1)
    spread = np.repeat((squares.sum(axis=0) - squares) / (2 * len(squares) - 2), 2, axis=0)
    floor = 1e-3 * values.var(axis=(0, 1)) + np.finfo(np.float64).tiny
    return np.asarray(((distances[False] - distances[True]) / (2 * (spread + floor))).sum(axis=2))


def _without_gaps(seen: Float64Array) -> Float64Array:
    """The same where what was not scored is below all that the target's other models scored."""
    known = np.isfinite(seen)
    some = known.any(axis=0)
    low = np.where(some, np.where(known, seen, np.inf).min(axis=0), 0.0)
    high = np.where(some, np.where(known, seen, -np.inf).max(axis=0), 0.0)
    return np.where(known, seen, low - (high - low) - np.abs(low))


def advantage(ratios: Float64Array, inside: BoolArray) -> Advantage:
    """How well ratios tell who is inside; both (n_models, n_targets)."""
    within, outside = ratios[inside], np.sort(ratios[~inside])
    below = np.searchsorted(outside, within, side="left")
    ties = np.searchsorted(outside, within, side="right") - below
    auc = float((below + 0.5 * ties).mean() / len(outside))
    bar = outside[min(int(np.ceil((1 - FALSE_ALARMS) * len(outside))), len(outside) - 1)]
    return Advantage(auc, float((within > bar).mean()))


def attack(
    learn: Callable[[TrainingData], Recommender],
    data: TrainingData,
    targets: Int64Array,
    n_pairs: int,
    n_probes: int = 10,
    seed: int = 0,
) -> dict[str, Advantage]:
    """How well the attacker tells from lists ("black box") and scores ("white box").

    Args:
        learn: trains a recommender; what is learnt from is all that differs between its calls.
        data: everybody; of each pair of models one is trained on a random half of them, and the
            other on the other half.
        targets: (n_targets,) whom the attacker looks for.
        n_pairs: how many pairs; each in turn is attacked by what the others show.
        n_probes: how many items of each target's history are tried.
        seed: where the draws start from.
    """
    halves = drawn_halves(len(data.people), n_pairs, np.random.default_rng(seed))
    probes = probes_of(data.people, targets, n_probes)
    seen = [signals(learn(of_people(data, half)), probes) for half in halves]
    inside = halves[:, targets]
    return {
        name: advantage(likelihood_ratios(np.stack(own), inside), inside)
        for name, own in zip(("black box", "white box"), _columns(seen), strict=True)
    }


def _columns(
    seen: Sequence[tuple[Float64Array, Float64Array]],
) -> tuple[list[Float64Array], list[Float64Array]]:
    return [one for one, _ in seen], [other for _, other in seen]
