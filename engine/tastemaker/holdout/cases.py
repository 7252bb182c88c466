"""Questions: people with part of their history, and what they went on to choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tastemaker.blend import DEPTH, KNOTS, ScoredCases, select_candidates
from tastemaker.blend.scored_cases import joined
from tastemaker.data import BoolArray, Float32Array, Int64Array, People
from tastemaker.holdout.splits import Split

Score = Callable[[People], Sequence[Float32Array]]
"""Each member's scores (n, n_items) of a few people, NaN where it abstains."""

BLOCK = 128
"""How many people are scored at once, at most; of many items, fewer."""

CELLS = 1_000_000
"""How many scores each member gives at once: bounds the memory."""

WHOLE = 1000
"""At most so many people of a cut are asked about with their whole history."""

CUT_SHORT = 250
"""At most so many for each length that histories are cut to."""


@dataclass(frozen=True)
class HeldOutCases:
    """People as members may see them, what must not be shown, and what is right.

    Attributes:
        people: with the histories that members see.
        seen: sparse (n, n_items) bool, what each had before; it is neither shown nor right.
        chosen: sparse (n, n_items) bool, what each went on to choose; `seen` has precedence.
    """

    people: People
    seen: csr_array
    chosen: csr_array

    def __len__(self) -> int:
        return len(self.people)

    def select(self, rows: Int64Array) -> HeldOutCases:
        """The people of the given rows, in that order."""
        return HeldOutCases(self.people.select(rows), self.seen[rows], self.chosen[rows])

    def answerable(self) -> HeldOutCases:
        """Only the people who went on to choose something that they had not seen."""
        fresh = self.chosen.astype(np.int8) - self.chosen.multiply(self.seen).astype(np.int8)
        return self.select(np.flatnonzero(np.asarray(fresh.sum(axis=1)).ravel() > 0))


def full_history_cases(people: People, split: Split) -> HeldOutCases:
    """Everyone of whom something is asked, with all of the history that is known, if any."""
    return _question(people, split.known, split.known, split.held_out).answerable()


def truncated_cases(people: People, split: Split, length: int) -> tuple[HeldOutCases, HeldOutCases]:
    """The same with histories of at most the given length: regulars, and newcomers.

    Regulars have only the newest interactions that are known. Newcomers, of whom nothing is known,
    have the first that were asked for, and are asked for the rest.
    """
    histories = people.histories
    known = np.bincount(histories.rows[split.known], minlength=len(people))
    shown = split.known & (_places_from_end(people, split.known) < length)
    regulars = _question(people, shown, split.known, split.held_out)
    regulars = regulars.select(np.flatnonzero(known > length)).answerable()
    fresh = split.held_out & (known == 0)[histories.rows]
    first = fresh & (_places(people, fresh) < length)
    return regulars, _question(people, first, first, fresh & ~first).answerable()


def blend_cases(people: People, split: Split, seed: int = 0) -> Iterator[HeldOutCases]:
    """What a blend is learnt from: histories whole, and cut to the lengths of the curve's knots."""
    rng = np.random.default_rng(seed)
    known = np.bincount(people.histories.rows[split.known], minlength=len(people))
    yield (
        _some(full_history_cases(people, split), WHOLE, rng)
        if known.any()
        else full_history_cases(people, split)
    )
    for length in KNOTS[:-1]:
        for question in truncated_cases(people, split, length):
            yield _some(question, CUT_SHORT, rng)


def score_cases(
    question: HeldOutCases, score: Score, forbidden: BoolArray | None = None, depth: int = DEPTH
) -> ScoredCases | None:
    """What the members would show, and what of it is right; None where nobody is asked.

    Args:
        question: whom to ask about.
        score: the members; they must have learnt from nothing that the question asks for.
        forbidden: (n_items,) items that must not be shown to anybody.
        depth: how many items each member brings.
    """
    parts = [_score_block(part, score, forbidden, depth) for part in blocks(question)]
    return joined(parts) if parts else None


def blocks(question: HeldOutCases) -> Iterator[HeldOutCases]:
    """The question in parts of as many people as may be scored at once."""
    size = max(1, min(BLOCK, CELLS // max(question.people.n_items, 1)))
    for first in range(0, len(question), size):
        yield question.select(np.arange(first, min(first + size, len(question))))


def _score_block(
    question: HeldOutCases, score: Score, forbidden: BoolArray | None, depth: int
) -> ScoredCases:
    excluded = question.seen.toarray()
    if forbidden is not None:
        excluded |= forbidden
    right = question.chosen.toarray() & ~excluded
    candidates = select_candidates(np.stack(score(question.people)), excluded, depth)
    relevant = right[np.arange(len(right))[:, None], candidates.items] & candidates.valid
    lengths = question.people.histories.lengths
    return ScoredCases(candidates, relevant, np.count_nonzero(right, axis=1), lengths)


def _question(people: People, shown: BoolArray, seen: BoolArray, chosen: BoolArray) -> HeldOutCases:
    chosen = chosen & (people.weights > 0)
    return HeldOutCases(people.take(shown), _marks(people, seen), _marks(people, chosen))


def _marks(people: People, which: BoolArray) -> csr_array:
    """Sparse (n_people, n_items) bool: the items of some of the interactions."""
    part = people.take(which)
    return part.matrix(np.ones(len(part.times), dtype=np.float32)).astype(np.bool_)


def _places(people: People, which: BoolArray) -> Int64Array:
    """(n_interactions,) how many of a person's marked interactions came before each."""
    before: Int64Array = np.cumsum(which) - which
    return np.asarray(before - before[people.histories.indptr[:-1][people.histories.rows]])


def _places_from_end(people: People, which: BoolArray) -> Int64Array:
    """(n_interactions,) how many of a person's marked interactions come after each."""
    counts = np.bincount(people.histories.rows[which], minlength=len(people))
    return np.asarray(counts[people.histories.rows] - 1 - _places(people, which))


def _some(question: HeldOutCases, most: int, rng: np.random.Generator) -> HeldOutCases:
    if len(question) <= most:
        return question
    return question.select(np.sort(rng.choice(len(question), most, replace=False)))
