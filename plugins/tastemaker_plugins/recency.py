"""How much each interaction of a history counts when a person is scored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from tastemaker import People

Float32Array = npt.NDArray[np.float32]


def recency(people: People, half_life: float) -> Float32Array:
    """How much each interaction counts: the newest most, half as much every `half_life` positions.

    Args:
        people: whose histories.
        half_life: in interactions of the same person.

    Returns:
        (n_interactions,) float32: the kind's weight times 2 ** (-age / half_life); 0 for kinds
        without a positive weight.
    """
    decay = np.exp2(people.histories.ages * np.float32(-1.0 / half_life), dtype=np.float32)
    weights: Float32Array = decay * np.maximum(people.weights, np.float32(0))
    return weights


def strengths(people: People) -> csr_array:
    """How strongly each person chose each item, from 0 to 1, for learning from.

    The weights of the kinds add up to at most the weight of the strongest kind: where all kinds
    weigh alike this is plain presence, and ten views of weight 0.1 are as good as one purchase.

    Returns:
        Sparse (n_people, n_items) float32 without stored zeros.
    """
    matrix = people.matrix(np.maximum(people.weights, 0))
    matrix.eliminate_zeros()
    if matrix.nnz:
        top = people.weights.max()
        np.minimum(matrix.data / top, 1.0, out=matrix.data)
    return matrix
