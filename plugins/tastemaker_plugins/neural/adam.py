"""Adam, as one operation of TensorFlow for each variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tastemaker import Float32Array

DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-7
"""What Keras has as defaults."""


class Adam:
    """Adjusts variables step by step; a step reads and writes each of them once.

    Kingma, D., Ba, J.: Adam: A Method for Stochastic Optimization. ICLR 2015.

    Args:
        variables: of TensorFlow, float32.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        import tensorflow

        self.variables = list(variables)
        self._means, self._squares = (
            [tensorflow.Variable(tensorflow.zeros_like(variable)) for variable in self.variables]
            for _ in range(2)
        )

    @staticmethod
    def rates(done: int, learning_rate: float) -> Float32Array:
        """(3,) what `apply` needs to know of a step: its rate, and both decays so far.

        Args:
            done: how many steps came before.
            learning_rate: of this one.
        """
        decays = DECAY ** (done + 1), SQUARE_DECAY ** (done + 1)
        return np.array((learning_rate, *decays), dtype=np.float32)

    def apply(self, gradients: Sequence[Any], rates: Any) -> None:
        """Moves the variables against their gradients; to be called while a graph is made."""
        import tensorflow

        slots = zip(self.variables, gradients, self._means, self._squares, strict=True)
        for variable, gradient, mean, square in slots:
            tensorflow.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                lr=rates[0],
                beta1_power=rates[1],
                beta2_power=rates[2],
                beta1=DECAY,
                beta2=SQUARE_DECAY,
                epsilon=EPSILON,
                grad=tensorflow.convert_to_tensor(gradient),
            )
