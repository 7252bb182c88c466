"""Softmax over more items than can be counted each time: a sample of rivals stands for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tastemaker import Float32Array, Int32Array
from tastemaker_plugins.neural.keras_training import Batch, Batches, Tensor

EVENNESS = 0.5
"""The power of an item's count that it is drawn by: between all alike and as often as chosen."""

NEVER = -1e9


class Rivals:
    """Adds to each batch the items that its targets have to win against, as its last array.

    Items are numbered from 1 on, 0 stands for padding. The rivals are all items where there are no
    more than `size`; otherwise so many are drawn anew for each batch, the often chosen more often.

    Args:
        batches: what to add to.
        shares: (n_items,) float32, how often each item was chosen, of all; more than 0.
        size: how many rivals, at most.
        seed: of what is drawn.

    Attributes:
        log_expected: (n_items + 1,) float32, the logarithm of how often each is expected among the
            rivals: 0 where all are there.
    """

    log_expected: Float32Array

    def __init__(self, batches: Batches, shares: Float32Array, size: int, seed: int) -> None:
        self._batches, self._size = batches, size
        self._draw = np.random.default_rng(seed)
        evened = shares.astype(np.float64) ** EVENNESS
        evened /= evened.sum()
        self._ladder = np.cumsum(evened)
        self.log_expected = np.zeros(len(shares) + 1, dtype=np.float32)
        if len(shares) > size:
            self.log_expected[1:] = np.log(size * evened)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._batches:
            yield (*batch, self._drawn())

    def _drawn(self) -> Int32Array:
        n_items = len(self._ladder)
        if n_items <= self._size:
            return np.arange(1, n_items + 1, dtype=np.int32)
        drawn = np.searchsorted(self._ladder, self._draw.random(self._size)) + 1
        return np.minimum(drawn, n_items).astype(np.int32)


def softmax_loss(
    keras: Any,
    hits: Tensor,
    misses: Tensor,
    targets: Tensor,
    rivals: Tensor,
    log_expected: Tensor,
) -> Tensor:
    """(n,) minus the logarithm of each target's share among itself and the rivals.

    A rival stands for as many items as it is rarer among the rivals than the once that a target is
    (logQ), so that the sum of the rivals is on average that of all items but the target; without
    that, the often drawn would be held down for being drawn.

    Bengio, Y., Senecal, J.: Adaptive Importance Sampling to Accelerate Training of a Neural
    Probabilistic Language Model. IEEE Transactions on Neural Networks 19(4), 2008.
    Yi, X., et al.: Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations.
    RecSys 2019.

    Args:
        keras: what `keras_for` gave.
        hits: (n,) the scores of the targets.
        misses: (n, n_rivals) the scores of the rivals.
        targets: (n,) integers, the targets' items.
        rivals: (n_rivals,) integers, the rivals' items.
        log_expected: (n_items + 1,) from `Rivals`.
    """
    ops = keras.ops
    misses = misses - ops.take(log_expected, rivals)
    itself = ops.equal(targets[:, None], rivals[None, :])
    misses = ops.where(itself, NEVER, misses)
    return ops.logaddexp(hits, ops.logsumexp(misses, axis=1)) - hits
