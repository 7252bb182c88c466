"""What recommenders are fitted with where several machines hold the interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from tastemaker.data.arrays import Float32Array, Int64Array


@dataclass(frozen=True)
class Factors:
    """Vectors of some items.

    Attributes:
        items: (n,) int64 indexes.
        vectors: (n, size) float32.
    """

    items: Int64Array
    vectors: Float32Array


class Cluster(Protocol):
    """Several machines that hold the interactions, and answer questions about all of them.

    Queries are in Spark's SQL, over the one table `interactions` with the columns `person`, `item`
    (indexes), `place` (how many of the same person's came before), `kind` (index), `weight` (the
    kind's), `value` and `time` (seconds since 1970 UTC, null where not known).
    """

    def select(self, query: str) -> Mapping[str, npt.NDArray[Any]]:
        """The columns of what the query selects, by name: what one machine can hold."""

    def factorize(
        self,
        ratings: str,
        *,
        factors: int,
        epochs: int,
        alpha: float,
        regularization: float,
        seed: int,
    ) -> Factors:
        """The items' vectors by alternating least squares for implicit feedback.

        Args:
            ratings: a query that selects `person`, `item` and `rating`, each pair once.
            factors: how long the vectors are.
            epochs: how often items and people are fitted in turn.
            alpha: a pair of rating r counts 1 + alpha * r, and one that is not selected 1.
            regularization: of each vector, times how many pairs it is in.
            seed: where everything random starts from.
        """
