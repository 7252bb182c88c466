"""What people liked and disliked, as training examples for networks that read texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker import BoolArray, Int32Array, Int64Array, People
from tastemaker_plugins.neural.keras_training import Batch, Shuffled
from tastemaker_plugins.neural.texts import PADDING

HISTORY_REACH = 50
"""How far back in a history examples reach; chosen, not measured."""


def disliked(people: People) -> BoolArray:
    """(n_interactions,) what people did not like.

    A kind of negative weight means so, and a value that is low for this person: below the mean of
    their values by more than the standard deviation. Who gives the same value to all dislikes none.
    """
    values = people.histories.values.astype(np.float64)
    rows, counts = people.histories.rows, np.maximum(people.histories.lengths, 1)
    means = np.bincount(rows, values, minlength=len(counts)) / counts
    below = means[rows] - values
    variances = np.bincount(rows, below * below, minlength=len(counts)) / counts
    # a hair more than nothing, as rounding makes differences where there are none
    low = below > np.sqrt(variances)[rows] + 1e-6 * np.abs(means)[rows]
    return (people.weights < 0) | ((people.weights > 0) & low)


@dataclass(frozen=True)
class LabelledChoices:
    """What people did with items that have words, oldest first, and whether they liked it.

    Attributes:
        items: (n,) the item of each choice.
        positions: (n,) how many choices of the same person came before.
        disliked: (n,) what turned out not to be liked.
    """

    items: Int32Array
    positions: Int64Array
    disliked: BoolArray

    @classmethod
    def of(cls, people: People, readable: BoolArray) -> Self:
        """The choices of the people among the (n_items,) readable items."""
        counted = (people.weights != 0) & readable[people.histories.items]
        kept = people.take(counted)
        histories = kept.histories
        positions = np.arange(len(histories.items)) - histories.indptr[histories.rows]
        return cls(histories.items, positions, disliked(people)[counted])

    def sample(self, most: int, rng: np.random.Generator) -> Int64Array:
        """The numbers of at most so many choices before which the same person made others."""
        able = np.flatnonzero(self.positions > 0)
        return rng.permutation(able)[:most]


class LikingBatches(Shuffled):
    """What people did before, what came next, and negatives drawn at random.

    Args:
        texts: (n_items, n_words) numbers of words.
        choices: what people did.
        sampled: the numbers of the choices to learn from.
        batch_size: choices in a batch.
        history_sample: how many earlier choices to read for each.
        n_negatives: items drawn for each batch.
        seed: of the order and the drawing.
    """

    def __init__(
        self,
        texts: Int32Array,
        choices: LabelledChoices,
        sampled: Int64Array,
        *,
        batch_size: int,
        history_sample: int,
        n_negatives: int,
        seed: int,
    ) -> None:
        super().__init__((sampled,), batch_size, seed)
        self.texts, self.choices = texts, choices
        self._history_sample, self._n_negatives = history_sample, n_negatives
        self._readable = np.flatnonzero((texts != PADDING).any(axis=1))
        self._drawn = np.random.default_rng((seed, 1))

    def __iter__(self) -> Iterator[Batch]:
        """Batches of (size, history_sample, n_words) texts chosen before and (size, history_sample)
        float32, 1 where disliked; the (size, n_words) texts chosen next; the (n_negatives, n_words)
        drawn; and (size,) float32, 0 where what was chosen next was disliked and 1 elsewhere.
        """
        choices = self.choices
        for (chosen,) in super().__iter__():
            shape = (len(chosen), self._history_sample)
            reach = np.minimum(choices.positions[chosen], HISTORY_REACH)[:, np.newaxis]
            # newer ones more often, as they count more when a person is scored
            back = 1 + (reach * self._drawn.random(shape) ** 2).astype(np.int64)
            before = chosen[:, np.newaxis] - back
            yield (
                self.texts[choices.items[before]],
                choices.disliked[before].astype(np.float32),
                self.texts[choices.items[chosen]],
                self.texts[self._drawn.choice(self._readable, self._n_negatives)],
                (~choices.disliked[chosen]).astype(np.float32),
            )
