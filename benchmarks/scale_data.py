"""Made-up interactions of any size, drawn by array work: the same for the same size and seed.

People like a few of twenty topics, items belong to one topic each and are popular by Zipf's law,
people are active by a lognormal law, and what is popular drifts as time goes by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

TOPICS = 20
LIKED = 3
"""Topics that a person likes."""

STRAYS = 0.2
"""The share of choices that are of any topic."""

START, YEAR = 1_600_000_000, 365 * 86_400
CHUNK = 1_000_000
"""Interactions that are drawn, and written, at once."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How much data is made."""

    interactions: int = 20_000_000
    items: int = 27_000
    people: int = 138_000


@dataclass(frozen=True)
class Choices:
    """Interactions in the order of time: who chose what, and when (seconds since 1970)."""

    people: Int64Array
    items: Int64Array
    times: Int64Array


def choices(size: Size, seed: int = 0) -> Iterator[Choices]:
    """All interactions, a million at a time, the oldest first."""
    random = np.random.default_rng(seed)
    activity = np.cumsum(random.lognormal(0.0, 1.0, size.people))
    liked = random.integers(0, TOPICS, (size.people, LIKED))
    by_topic = np.argsort(random.integers(0, TOPICS, size.items), kind="stable")
    width = size.items // TOPICS
    law = np.cumsum(1 / np.arange(3, 3 + width) ** 0.9)
    for first in range(0, size.interactions, CHUNK):
        count = min(CHUNK, size.interactions - first)
        people = np.searchsorted(activity, random.random(count) * activity[-1])
        topics = liked[people, random.integers(0, LIKED, count)]
        strays = random.random(count) < STRAYS
        topics = np.where(strays, random.integers(0, TOPICS, count), topics)
        ranks = np.searchsorted(law, random.random(count) * law[-1])
        drift = first * width // (4 * size.interactions)  # a quarter of a topic within the year
        items = by_topic[topics * width + (ranks + drift) % width]
        span = (first + np.sort(random.random(count)) * count) / size.interactions
        yield Choices(people, items, START + (span * YEAR).astype(np.int64))


def write_csv(file: Path, size: Size, seed: int = 0) -> None:
    """Writes a file that `tastemaker import interactions` takes."""
    with file.open("w") as stream:
        stream.write("user_id,item_id,timestamp\n")
        for part in choices(size, seed):
            columns = (part.people.tolist(), part.items.tolist(), part.times.tolist())
            rows = zip(*columns, strict=True)
            stream.writelines(
                f"person-{who:07d},item-{what:07d},{when}\n" for who, what, when in rows
            )
