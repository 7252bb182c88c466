"""Sampled softmax: a sample of negatives stands for more items than can be scored each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tastemaker import Float32Array, Int32Array
from tastemaker_plugins.neural.keras_training import Batch, Batches, Tensor

SAMPLING_POWER = 0.5
"""The power of an item's count that it is drawn by: between all alike and as often as chosen;
chosen, not measured."""

NEVER = -1e9
"""The score of a negative that is the target itself: its share is 0."""


class SampledNegatives:
    """Adds to each batch the items that its targets are compared with, as its last array.

    Items are numbered from 1 on, 0 stands for padding. The negatives are all items where there are
    no more than `size`; otherwise so many are drawn anew for each batch, the often chosen more
    often.

    Args:
        batches: what to add to.
        shares: (n_items,) float32, how often each item was chosen, of all; more than 0.
        size: how many negatives, at most.
        seed: of what is drawn.

    Attributes:
        log_expected: (n_items + 1,) float32, the logarithm of how often each is expected among the
            negatives: 0 where all are there.
    """

    log_expected: Float32Array

    def __init__(self, batches: Batches, shares: Float32Array, size: int, seed: int) -> None:
        self._batches, self._size = batches, size
        self._draw = np.random.default_rng(seed)
        chances = shares.astype(np.float64) ** SAMPLING_POWER
        chances /= chances.sum()
        self._cumulative = np.cumsum(chances)
        self.log_expected = np.zeros(len(shares) + 1, dtype=np.float32)
        if len(shares) > size:
            self.log_expected[1:] = np.log(size * chances)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._batches:
            yield (*batch, self._drawn())

    def _drawn(self) -> Int32Array:
        n_items = len(self._cumulative)
        if n_items <= self._size:
            return np.arange(1, n_items + 1, dtype=np.int32)
        drawn = np.searchsorted(self._cumulative, self._draw.random(self._size)) + 1
        return np.minimum(drawn, n_items).astype(np.int32)


def softmax_loss(
    keras: Any,
    target_scores: Tensor,
    negative_scores: Tensor,
    targets: Tensor,
    negatives: Tensor,
    log_expected: Tensor,
) -> Tensor:
    """(n,) minus the logarithm of each target's share among itself and the negatives.

    Its gradient takes the shares as they were computed: left to TensorFlow it takes twice as long.

    A negative stands for as many items as it is rarer among the negatives than the once that a
    target is (logQ), so that the sum over the negatives is on average that over all items but the
    target; without that, the often drawn would be held down for being drawn.

    Bengio, Y., Senecal, J.: Adaptive Importance Sampling to Accelerate Training of a Neural
    Probabilistic Language Model. IEEE Transactions on Neural Networks 19(4), 2008.
    Yi, X., et al.: Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations.
    RecSys 2019.

    Args:
        keras: what `keras_for` gave.
        target_scores: (n,).
        negative_scores: (n, n_negatives).
        targets: (n,) integers, the targets' items.
        negatives: (n_negatives,) integers, the negatives' items.
        log_expected: (n_items + 1,) from `SampledNegatives`.
    """
    ops = keras.ops
    corrected = negative_scores - ops.take(log_expected, negatives)
    itself = ops.equal(targets[:, None], negatives[None, :])
    return _missed(target_scores, ops.where(itself, NEVER, corrected))


def _missed(targets: Tensor, others: Tensor) -> Tensor:
    """(n,) minus the logarithm of the share of the (n,) scores among themselves and (n, m)."""
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def missed(targets: Tensor, others: Tensor) -> Any:
        highest = tf.maximum(tf.reduce_max(others, axis=1), targets)
        shares, own = tf.exp(others - highest[:, None]), tf.exp(targets - highest)
        sums = tf.reduce_sum(shares, axis=1) + own

        def gradient(slopes: Tensor) -> tuple[Tensor, Tensor]:
            return slopes * (own / sums - 1), shares * (slopes / sums)[:, None]

        return tf.math.log(sums) + highest - targets, gradient

    return missed(targets, others)
