"""What the networks that read histories are trained on, as arrays of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, Int64Array, TrainingData
from tastemaker_plugins.neural.keras_training import Batch, Batches
from tastemaker_plugins.neural.windows import Windows, target_weights

LEAST_EPOCHS = 2
"""However many interactions there are, there are so many epochs; chosen, not measured."""


@dataclass(frozen=True)
class TrainingExamples:
    """Windows of histories, and which items come next in them.

    The items somebody chose are numbered from 1 on, in the order of their index; 0 stands for
    padding.

    Attributes:
        numbers: (n_items,) int32, the number of each item; 0 for those that nobody chose.
        chosen: (n_chosen,) int64, the item of each number from 1 on.
        counts: (n_chosen,) float32, how often each was chosen, older times counting less.
        read: (n_windows, length) int32 numbers of what is read, the newest last.
        read_weights: (n_windows, length) float32, the kind's weight; the largest is 1.
        next: (n_windows, length) int32, the number of what came next after each column.
        next_weights: (n_windows, length) float32, its weight as a target; 0 for padding.
        next_values: (n_windows, length) float32, the value that was recorded with it.
        rows: (n_windows,) int64, whose window it is.
        epochs: how many passes over all of it.
        largest_weight: the weight of the kind that counts most.
    """

    numbers: Int32Array
    chosen: Int64Array
    counts: Float32Array
    read: Int32Array
    read_weights: Float32Array
    next: Int32Array
    next_weights: Float32Array
    next_values: Float32Array
    rows: Int64Array
    epochs: int
    largest_weight: float

    @classmethod
    def of(
        cls, data: TrainingData, length: int, time_decay: float, epochs: int, max_samples: int
    ) -> TrainingExamples:
        """The training examples of the data.

        Args:
            data: what to learn from.
            length: how many interactions are read at once, at most; fewer where nearly everybody
                has fewer.
            time_decay: the half-life of interactions, as a multiple of the median age of all.
            epochs: passes over everything.
            max_samples: interactions over all epochs. Where there are too many there are fewer
                epochs, and then only the newest interactions are kept.
        """
        people = data.people.take(data.people.weights > 0)
        length = _useful_length(people.histories.lengths, length)
        items = people.histories.items
        chosen = np.unique(items).astype(np.int64)
        numbers = np.zeros(data.n_items, dtype=np.int32)
        numbers[chosen] = np.arange(1, len(chosen) + 1, dtype=np.int32)
        weights = target_weights(people, time_decay)
        epochs = max(min(epochs, max_samples // max(1, len(items))), min(epochs, LEAST_EPOCHS))
        windows = Windows.of(people, length).newest(people.times, max_samples // epochs, data.seed)
        places = windows.places
        largest = float(people.weights.max(initial=0)) or 1.0
        numbered = _at(places, numbers[items])
        return cls(
            numbers,
            chosen,
            np.bincount(numbers[items], weights, len(chosen) + 1)[1:].astype(np.float32),
            numbered[:, :-1],
            _at(places[:, :-1], people.weights / np.float32(largest)),
            numbered[:, 1:],
            _at(places[:, 1:], weights),
            _at(places[:, 1:], people.histories.values),
            windows.rows,
            epochs,
            largest,
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to learn."""
        return not self.next_weights.any()

    @property
    def shares(self) -> Float32Array:
        """(n_chosen,) each item's share of all that was chosen, smoothed; their sum is 1."""
        smoothed = self.counts + 1
        shares: Float32Array = smoothed / smoothed.sum()
        return shares


def _useful_length(lengths: Int64Array, most: int) -> int:
    """How many interactions nine in ten people have at most: more would be padding for them."""
    there = lengths[lengths > 0]
    return max(1, min(most, int(np.quantile(there, 0.9)))) if len(there) else 1


def _at(places: Int64Array, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values of the interactions at those places, 0 at -1."""
    found: npt.NDArray[Any] = np.append(values, values.dtype.type(0))[places]
    return found


class HorizonBatches:
    """Batches of windows in which the target is not always the very next item.

    In each window it is the r-th item from there, where r is drawn anew each time: 1 twice as
    often as 2, three times as often as 3, and so on. Who predicts only the next one learns the
    order in which things are shown; who looks further, taste.

    Args:
        batches: (read, read_weights) and any arrays of what came next, all (n, length).
        horizon: the largest distance; 1 for the very next item only.
        seed: of what is drawn.
    """

    def __init__(self, batches: Batches, horizon: int, seed: int) -> None:
        self._batches = batches
        self._cumulative = np.cumsum(1 / np.arange(1, horizon + 1))
        self._draw = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        for read, weights, *following in self._batches:
            drawn = self._draw.random(len(read)) * self._cumulative[-1]
            further = np.searchsorted(self._cumulative, drawn)
            columns = np.arange(read.shape[1]) + further[:, np.newaxis]
            beyond = columns >= read.shape[1]
            columns[beyond] = 0
            moved = [np.take_along_axis(array, columns, axis=1) for array in following]
            for array in moved:
                array[beyond] = 0
            yield (read, weights, *moved)
