"""Scored cases of some of the members, or with some of the candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tastemaker.blend.candidates import DEPTH, Candidates, select_candidates
from tastemaker.blend.scored_cases import ScoredCases, stack_cases
from tastemaker.data import BoolArray, Int64Array

PEOPLE_AT_ONCE = 256
"""How many people are worked on at once. Chosen, not measured."""


def keep_members(cases: ScoredCases, rows: Sequence[int], depth: int = DEPTH) -> ScoredCases:
    """The cases with only some members, as if the others had never been there.

    Their candidates are only what they bring themselves: scores are calibrated over the candidates,
    so the items that only the others brought must go.

    Args:
        cases: with every member's candidates.
        rows: the places of the members, in the order they are wanted in.
        depth: how many of its best items each member brings.
    """
    if list(rows) == list(range(cases.n_members)):
        return cases
    return keep_scores(keep_retrieved(cases, rows, depth), rows)


def keep_scores(cases: ScoredCases, rows: Sequence[int]) -> ScoredCases:
    """The same candidates with the scores of some members alone, in the order given."""
    if list(rows) == list(range(cases.n_members)):
        return cases
    own = cases.candidates
    candidates = Candidates(own.items, own.valid, own.values[list(rows)])
    return replace(cases, candidates=candidates)


def keep_retrieved(
    cases: ScoredCases, retrievers: Sequence[int], depth: int = DEPTH
) -> ScoredCases:
    """All members' scores, of only those candidates that some of the members bring.

    Args:
        cases: whose candidates those members brought too.
        retrievers: the places of the members that bring candidates.
        depth: how many of its best items each of them brings.
    """
    if not len(cases):
        return cases
    return stack_cases(
        [_retrieved(cases.select(rows), retrievers, depth) for rows in _blocks(cases)]
    )


def _retrieved(cases: ScoredCases, retrievers: Sequence[int], depth: int) -> ScoredCases:
    own = cases.candidates
    values = own.values[list(retrievers)]
    part = select_candidates(values, ~own.valid, depth, always=cases.repeats)
    # what is selected from candidates are places among them
    return take_places(cases, part.items, part.valid)


def take_places(cases: ScoredCases, places: Int64Array, valid: BoolArray) -> ScoredCases:
    """The candidates in the given places of each person's list, with all members' scores.

    Args:
        cases: the people.
        places: (n, width) int64 places among the candidates, ascending; any number if not valid.
        valid: (n, width) which of them hold a candidate.
    """
    own = cases.candidates
    items = np.take_along_axis(own.items, places, axis=1) * valid
    values = np.take_along_axis(own.values, places[np.newaxis], axis=2)
    if not valid.all():
        values[:, ~valid] = np.nan
    relevant = np.take_along_axis(cases.relevant, places, axis=1) & valid
    repeats = cases.repeats
    if repeats is not None:
        repeats = np.take_along_axis(repeats, places, axis=1) & valid
    return ScoredCases(
        Candidates(items, valid, values), relevant, cases.n_relevant, cases.lengths, repeats
    )


def find_brought(cases: ScoredCases, depth: int = DEPTH) -> BoolArray:
    """(n_members, n, width) bool: which of the candidates each member brings."""
    brought = np.zeros(cases.candidates.values.shape, dtype=np.bool_)
    for rows in _blocks(cases):
        values, missing = cases.candidates.values[:, rows], ~cases.candidates.valid[rows]
        for member, own in enumerate(values):
            best = select_candidates(own[np.newaxis], missing, depth, least=0)
            people, columns = np.nonzero(best.valid)
            brought[member, rows[people], best.items[people, columns]] = True
    return brought


def _blocks(cases: ScoredCases) -> Iterator[Int64Array]:
    """The rows of a few people at a time."""
    for start in range(0, len(cases), PEOPLE_AT_ONCE):
        yield np.arange(start, min(start + PEOPLE_AT_ONCE, len(cases)), dtype=np.int64)
