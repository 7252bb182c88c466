"""Attacks by people, to try recommenders with: fake profiles, and one person who does too much.

Lam, S. K., Riedl, J.: Shilling recommender systems for fun and profit. WWW 2004.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tastemaker.data import Histories, Int64Array, Items, People, TrainingData

SESSION_SECONDS = 3600.0
"""All fakes act within the hour before the newest interaction: now; unless they take days."""

DAY_SECONDS = 86_400.0

Filler = Callable[[Int64Array, int, np.random.Generator], Int64Array]
"""Draws some items, of which it is known how many people chose each, to hide the target among."""


def random_filler(counts: Int64Array, n: int, rng: np.random.Generator) -> Int64Array:
    """Items drawn evenly."""
    return rng.choice(len(counts), n, replace=False)


def average_filler(counts: Int64Array, n: int, rng: np.random.Generator) -> Int64Array:
    """Items drawn by their popularity, as genuine people's are."""
    return rng.choice(len(counts), n, replace=False, p=counts / counts.sum())


def bandwagon_filler(counts: Int64Array, n: int, rng: np.random.Generator) -> Int64Array:
    """The most popular items for a half, the others drawn evenly."""
    popular = np.argsort(-counts, kind="stable")[: n - n // 2]
    others = np.setdiff1d(np.arange(len(counts)), popular)
    return np.concatenate((popular, rng.choice(others, n // 2, replace=False)))


def no_filler(counts: Int64Array, n: int, rng: np.random.Generator) -> Int64Array:
    """Nothing but the target."""
    return np.zeros(0, dtype=np.int64)


def copied_filler(counts: Int64Array, n: int, rng: np.random.Generator) -> Int64Array:
    """The same items for every fake, drawn by popularity, but for a tenth."""
    shared = average_filler(counts, n, np.random.default_rng(0))
    other = np.setdiff1d(average_filler(counts, n, rng), shared)[: n // 10]
    return np.concatenate((shared[: n - len(other)], other))


FILLERS: dict[str, Filler] = {
    "random": random_filler,
    "average": average_filler,
    "bandwagon": bandwagon_filler,
    "burst": no_filler,
    "copies": copied_filler,
}


def with_target(data: TrainingData) -> TrainingData:
    """The same with one more item, the last, that nobody has chosen."""
    one = Items(("target",), ("",), ("",))
    own = data.people.histories
    histories = replace(own, n_items=own.n_items + 1)
    return replace(
        data, items=data.items.joined(one), people=replace(data.people, histories=histories)
    )


def fake_profiles(
    data: TrainingData, filler: Filler, share: float, seed: int = 0, days: float = 0.0
) -> TrainingData:
    """The data, and after its people as many fakes as that share of them, who chose the last item.

    Each fake chooses as many items as a median person does, all within an hour, or over so many
    days before the newest interaction.
    """
    rng = np.random.default_rng(seed)
    presence = data.people.presence()
    counts = np.bincount(presence.indices, minlength=data.n_items)[:-1].astype(np.int64)
    length = min(int(np.median(np.diff(presence.indptr))), int(np.count_nonzero(counts)) - 1)
    histories = []
    for _ in range(max(1, round(share * len(data.people)))):
        items = np.append(filler(counts, length - 1, rng), data.n_items - 1)
        histories.append(rng.permutation(items))
    return added_people(data, histories, rng, max(days * DAY_SECONDS, SESSION_SECONDS))


def busy_person(data: TrainingData, events: int, seed: int = 0) -> TrainingData:
    """The data, and after its people one who chose the last item so many times."""
    items = np.full(events, data.n_items - 1, dtype=np.int64)
    return added_people(data, [items], np.random.default_rng(seed))


def added_people(
    data: TrainingData,
    histories: list[Int64Array],
    rng: np.random.Generator,
    seconds: float = SESSION_SECONDS,
) -> TrainingData:
    """The data, and after its people others, who choose items within the last seconds."""
    own, known = data.people, np.isfinite(data.people.times)
    newest = float(own.times[known].max()) if known.any() else np.nan
    lengths = [len(items) for items in histories]
    times = [np.sort(newest - rng.random(length) * seconds) for length in lengths]
    n = sum(lengths)
    histories_of_all = Histories(
        np.concatenate((own.histories.indptr, own.histories.indptr[-1] + np.cumsum(lengths))),
        np.concatenate((own.histories.items, *histories)).astype(np.int32),
        np.concatenate((own.histories.values, np.ones(n, dtype=np.float32))),
        own.n_items,
    )
    people = People(
        histories_of_all,
        np.concatenate((own.times, *times)),
        np.concatenate((own.kinds, np.zeros(n, dtype=np.int16))),
        np.concatenate((own.weights, np.ones(n, dtype=np.float32))),
    )
    return replace(data, people=people)
