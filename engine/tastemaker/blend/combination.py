"""Weighing and adding: every score is exactly the sum of the members' contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker.blend.blended import Blended, stack_people
from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Candidates, select_candidates
from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.step_functions import StepsOfPeople
from tastemaker.data import NAN, BoolArray, Float32Array, Float64Array, Int64Array
from tastemaker.data.top_k import top_k_places

SCORES_AT_ONCE = 2**19
"""How many scores are blended at once: they and what is made of them fit a processor's cache.
Chosen, not measured."""


@dataclass(frozen=True)
class Combined:
    """Items with their scores; what each member contributed is worked out for those looked at.

    Attributes:
        items: (n, width) int64 item indexes.
        valid: (n, width) which places hold an item.
        totals: (n, width) float32 the sum of the contributions; -inf where not valid.
        values: (n_members, n, width) float32 the members' scores, on one scale.
        shares: (n_members, n) float32 what each member counts.
        factors: (n, width) float32 by which the contributions to an item are multiplied; None for
            1.
        steps: what step functions add to that; None for nothing.
        taken: (n_steps, n, width) which steps each item takes.
    """

    items: Int64Array
    valid: BoolArray
    totals: Float32Array
    values: Float32Array
    shares: Float32Array
    factors: Float32Array | None
    steps: StepsOfPeople | None = None
    taken: BoolArray | None = None

    @cached_property
    def contributions(self) -> Float32Array:
        """(n_members, n, width) float32 of all items; 0 where a member abstained."""
        contributions = self.values * self.shares[:, :, np.newaxis]
        if self.factors is not None:
            contributions *= self.factors
        if self.steps is not None and self.taken is not None:
            self.steps.add_to(contributions, self.taken)
        return contributions

    def whole(self) -> Blended:
        """All items, in their order."""
        return Blended(self.items, self.valid, self.totals, self.contributions)

    def best(self, k: int) -> Blended:
        """The `k` items of each person with the highest totals, best first.

        Among equal totals the one that stands first comes first.
        """
        order = top_k_places(self.totals, k)
        cells = order + (np.arange(len(order)) * self.totals.shape[1])[:, np.newaxis]
        values = self.values.reshape(len(self.values), -1).take(cells, axis=1)
        values *= self.shares[:, :, np.newaxis]
        if self.factors is not None:
            values *= self.factors.take(cells)
        if self.steps is not None and self.taken is not None:
            taken = self.taken.reshape(len(self.taken), -1).take(cells, axis=1)
            self.steps.add_to(values, taken)
        parts = (self.items.take(cells), self.valid.take(cells), self.totals.take(cells))
        return Blended(*parts, values)


def blend_scores(
    scores: Sequence[Float32Array],
    excluded: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    inserted: Int64Array | None = None,
    always: BoolArray | None = None,
) -> Blended:
    """The best `k` of all items for each person by all members together, best first.

    The scores are calibrated over the retrievers' candidates, and every item is ranked by them:
    what `blend_candidates` gives, but for items beyond the candidates that come first all the same.

    Args:
        scores: for each member of the curve, in its order, (n, n_items) float32; NaN = abstains.
        excluded: (n, n_items) the items that must not be shown to a person.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        k: how many items.
        inserted: (n, n_inserted) item indexes that follow in the places `k` and on; -1 for none.
        always: (n, n_items) items that are candidates whoever retrieves, unless excluded.
    """
    step = max(1, SCORES_AT_ONCE // max(1, len(scores) * excluded.shape[1]))
    parts = []
    for first in range(0, max(1, len(excluded)), step):
        part = slice(first, first + step)
        block = np.stack([own[part] for own in scores])
        put_in = None if inserted is None else candidates_at(block, inserted[part])
        own = None if always is None else always[part]
        parts.append(_blend_block(block, excluded[part], curve, lengths[part], k, put_in, own))
    return parts[0] if len(parts) == 1 else stack_people(parts)


def _blend_block(
    scores: Float32Array,
    excluded: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    inserted: Candidates | None,
    always: BoolArray | None,
) -> Blended:
    places = curve.retriever_places
    least = min(k, curve.depth)
    candidates = select_candidates(scores, excluded, curve.depth, least, places, always)
    others = ~excluded
    rows = np.broadcast_to(np.arange(len(others))[:, np.newaxis], candidates.items.shape)
    others[rows[candidates.valid], candidates.items[candidates.valid]] = False
    # what nobody scores comes in only where there would be too few without it
    scored = others & ~np.isnan(scores).all(axis=0)
    wanting = np.count_nonzero(candidates.valid, axis=1) + np.count_nonzero(scored, axis=1) < k
    rest = np.where(wanting[:, np.newaxis], others, scored)
    everything = np.broadcast_to(np.arange(others.shape[1]), others.shape)
    further = Candidates(everything, rest, np.where(rest, scores, NAN))
    return blend_candidates(candidates, curve, lengths, k, further, inserted)


def blend_candidates(
    candidates: Candidates,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    further: Candidates | None = None,
    inserted: Candidates | None = None,
) -> Blended:
    """The best `k` candidates of each person by all members together, best first.

    Args:
        candidates: the retrievers' best items, with the scores of each member of the curve.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        k: how many items.
        further: items that may come in as well, scored as if they were candidates without changing
            what the others score.
        inserted: items scored in the same way that follow in the places `k` and on.
    """
    calibrated, weights = calibrate(candidates), curve.at(lengths)
    steps = curve.steps_at(lengths, calibrated.informative)
    combined = combine(candidates, calibrated, weights, curve.carry, steps)
    if further is None:
        best = combined.best(k)
    else:
        added = combine(further, calibrated.apply_to(further), weights, curve.carry, steps)
        best = combined.whole().beside(added.whole()).best(k)
    if inserted is None:
        return best
    added = combine(inserted, calibrated.apply_to(inserted), weights, curve.carry, steps)
    return best.padded(k).beside(added.whole())


def candidates_at(scores: Float32Array, items: Int64Array) -> Candidates:
    """The given items of each person as candidates, with the members' scores.

    Args:
        scores: (n_members, n, n_items) float32.
        items: (n, width) item indexes; -1 for none.
    """
    valid = items >= 0
    places = np.where(valid, items, 0)
    values = np.take_along_axis(scores, places[np.newaxis], axis=2)
    return Candidates(places, valid, np.where(valid, values, NAN))


def combine(
    candidates: Candidates,
    calibrated: Calibrated,
    weights: Float64Array,
    carry: float,
    steps: StepsOfPeople | None = None,
) -> Combined:
    """The weighted sum of the members' calibrated scores of each candidate.

    A member that abstains on a person leaves its weight to the others, in proportion. For a member
    that abstains on single items see `WeightCurve.carry`.

    Args:
        candidates: the candidates.
        calibrated: the members' scores of them, on one scale.
        weights: (n, n_members) shares that sum to 1 for each person.
        carry: see `WeightCurve`.
        steps: what step functions add; nothing where there are none.
    """
    shares = active_weights(weights, calibrated.informative)
    factors = None
    totals = np.einsum("mnw,mn->nw", calibrated.values, shares)
    if carry > 0 and calibrated.gaps:
        factors = _carry_factors(calibrated.present, shares, carry)
        totals *= factors
    taken = None
    if steps is not None:
        taken = steps.taken(calibrated)
        totals += steps.totals(taken)
    np.copyto(totals, -np.inf, where=~candidates.valid)
    parts = (candidates.items, candidates.valid, totals)
    return Combined(*parts, calibrated.values, shares, factors, steps, taken)


def active_weights(weights: Float64Array, informative: BoolArray) -> Float32Array:
    """(n_members, n) the weights, those of uninformative members passed on to the informative.

    Where no informative member has any weight, the informative share it evenly.

    Args:
        weights: (n, n_members) shares that sum to 1 for each person.
        informative: (n_members, n) see `Calibrated`.
    """
    shares = weights.T * informative
    shares = np.where(shares.sum(axis=0) > 0, shares, informative)
    shares /= np.maximum(shares.sum(axis=0), 1e-300)
    return shares.astype(np.float32)


def _carry_factors(present: BoolArray, shares: Float32Array, carry: float) -> Float32Array:
    """(n, width) what the contributions to an item are multiplied by, for those who abstain."""
    weight = np.einsum("mnw,mn->nw", present.astype(np.float32), shares)
    factor: Float32Array = np.divide(carry, weight, where=weight > 0, out=np.zeros_like(weight))
    factor += np.float32(1 - carry)
    return factor
