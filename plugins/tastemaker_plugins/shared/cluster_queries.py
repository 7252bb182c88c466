"""What recommenders ask a cluster: the sums over all interactions, in SQL.

Each of these functions says the same as one that works on arrays; see there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tastemaker import Float32Array, Int32Array, People
from tastemaker_plugins.shared.neighbours import AnyArray


def number(value: float) -> str:
    """A number as SQL's DOUBLE; without the D it would be a decimal."""
    return f"{float(value)!r}D"


def decay_query(people: People, time_decay: float) -> str:
    """An expression of `time`: what `decay_weights` gives each interaction.

    Args:
        people: whose times give the newest and the median age.
        time_decay: the half-life of interactions, as a multiple of the median age of all.
    """
    times = people.times[np.isfinite(people.times)]
    median = float(np.median(times.max() - times)) if len(times) else 0.0
    if median <= 0:
        return number(1)
    age = f"({number(times.max())} - time) / {number(median * time_decay)}"
    return f"power(2, -coalesce({age}, {number(1 / time_decay)}))"


def strengths_query(people: People, time_decay: float) -> str:
    """A query of `person`, `item` and `rating`: what `strengths` gives each pair."""
    weight = f"sum(greatest(weight, 0) * {decay_query(people, time_decay)})"
    most = number(people.weights.max(initial=0) or 1)
    return (
        f"SELECT person, item, least({weight} / {most}, {number(1)}) AS rating"
        f" FROM interactions GROUP BY person, item HAVING {weight} > 0"
    )


def strongest_query(links: str, k: int) -> str:
    """A query of the k strongest links of each source, of a query of `source, target, weight`.

    Links that are not above 0 are left out; of equals the first item comes first.
    """
    order = "row_number() OVER (PARTITION BY source ORDER BY weight DESC, target)"
    return (
        f"SELECT source, target, CAST(weight AS FLOAT) AS weight, place FROM"
        f" (SELECT *, {order} AS place FROM ({links}) WHERE weight > 0) WHERE place <= {k}"
    )


def padded(links: Mapping[str, AnyArray], n_items: int, k: int) -> tuple[Int32Array, Float32Array]:
    """What `strongest` gives, of the columns of a `strongest_query`.

    Returns:
        (n_items, min(k, n_items)) int32 items and float32 weights, strongest first.
    """
    k = min(k, n_items)
    items = np.zeros((n_items, k), dtype=np.int32)
    weights = np.zeros((n_items, k), dtype=np.float32)
    cells = links["source"], links["place"] - 1
    items[cells], weights[cells] = links["target"], links["weight"]
    return items, weights


def summed(sums: Mapping[str, AnyArray], n_items: int) -> Float32Array:
    """(n_items,) float32 the `total` of each `item` of a query, 0 for the others."""
    totals = np.zeros(n_items, dtype=np.float32)
    totals[sums["item"]] = sums["total"]
    return totals
