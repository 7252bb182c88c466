"""Likeness between a few items of a sparse matrix, by the terms that they have in common.

Terms are numbered anew among those at hand, in an array that is left as it was allocated but for
what is looked up: nothing here grows with the number of items, nor with that of terms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Float64Array, Int64Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class TermRows(NamedTuple):
    """Some rows of a sparse matrix of items by terms.

    Attributes:
        lengths: (n_rows,) how many terms each row has.
        terms: (n_terms,) one row after the other.
        values: (n_terms,) float32.
        n_all_terms: how many terms there are.
    """

    lengths: Int64Array
    terms: npt.NDArray[Any]
    values: Float32Array
    n_all_terms: int

    @classmethod
    def of(cls, matrix: csr_array, rows: npt.NDArray[Any]) -> Self:
        """The given rows (n_rows,) of a matrix, in that order."""
        starts = matrix.indptr.take(rows)
        lengths = matrix.indptr[1:].take(rows) - starts
        shifts = starts - (np.cumsum(lengths) - lengths)
        cells = np.repeat(shifts, lengths)
        cells += np.arange(len(cells), dtype=cells.dtype)
        return cls(lengths, matrix.indices.take(cells), matrix.data.take(cells), matrix.shape[1])


def scores_between(
    history: TermRows,
    weights: Float32Array,
    people: Int64Array,
    candidates: TermRows,
    shape: tuple[int, ...],
) -> Float64Array:
    """Each person's weighted sum of their history's rows, times the rows of their candidates.

    Args:
        history: a row for each interaction.
        weights: (n_interactions,) what each counts.
        people: (n_interactions,) ascending, whose each is.
        candidates: a row for each candidate, person by person.
        shape: (n_people, width).

    Returns:
        (n_people, width) float64.
    """
    numbers, n_numbers = _numbered(history, others=candidates)
    owners = np.repeat(people * n_numbers, history.lengths)
    amounts = history.values * np.repeat(weights, history.lengths)
    profiles = np.bincount(
        owners + numbers.take(history.terms), amounts, minlength=shape[0] * n_numbers
    )
    places = np.repeat(np.arange(len(candidates.lengths)), candidates.lengths)
    cells = places // max(1, shape[1]) * n_numbers + numbers.take(candidates.terms)
    products = profiles.take(cells) * candidates.values
    sums = np.bincount(places, products, minlength=shape[0] * shape[1])
    return np.asarray(sums, dtype=np.float64).reshape(shape)


def likeness_between(
    history: TermRows, people: Int64Array, candidates: TermRows, shape: tuple[int, ...]
) -> Float64Array:
    """The rows of histories times those of candidates of the same person.

    Args:
        history: a row for each interaction.
        people: (n_interactions,) whose each is.
        candidates: a row for each candidate, person by person.
        shape: (n_people, width).

    Returns:
        (n_interactions, width) float64.
    """
    from scipy.sparse import csr_array

    numbers, n_numbers = _numbered(candidates, others=history)
    places = np.repeat(np.arange(len(candidates.lengths)) * n_numbers, candidates.lengths)
    table = np.bincount(
        places + numbers.take(candidates.terms),
        candidates.values,
        minlength=shape[0] * shape[1] * n_numbers,
    )
    shared = numbers.take(history.terms)
    kept = np.flatnonzero(shared)  # most terms of a history are in no candidate
    rows = np.repeat(np.arange(len(people)), history.lengths)[kept]
    own = people[rows][:, np.newaxis] * shape[1] + np.arange(shape[1])
    products = table.take(own * n_numbers + shared[kept][:, np.newaxis])
    ends = np.searchsorted(rows, np.arange(len(people) + 1))
    every = np.arange(len(kept))
    sums = csr_array((history.values[kept], every, ends), shape=(len(people), len(every)))
    return np.asarray(sums @ products)


def _numbered(rows: TermRows, others: TermRows) -> tuple[Int64Array, int]:
    """For each term of some rows a number from 1 on, 0 for those of others alone; and the end."""
    numbers = np.empty(rows.n_all_terms, dtype=np.int64)
    numbers[others.terms] = 0
    numbers[rows.terms] = np.arange(1, len(rows.terms) + 1)
    return numbers, len(rows.terms) + 1
