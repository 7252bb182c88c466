from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from tastemaker.errors import PluginError
from tastemaker.recommender import no_progress
from tastemaker_plugins.neural.keras_training import Pace, Shuffled, keras_for, train_network

INPUTS = np.linspace(-1, 1, 90, dtype=np.float32)[:, np.newaxis]
OUTPUTS = 3 * INPUTS[:, 0] + 1


def trained_line(
    seed: int, pace: Pace, progress: Any = no_progress
) -> tuple[list[float], list[Any]]:
    """What training makes of a straight line: the losses, and its weights."""
    with keras_for(seed) as keras:
        line = keras.layers.Dense(1)
        line.build((None, 1))

        def loss(inputs: Any, outputs: Any) -> Any:
            return keras.ops.mean((line(inputs)[:, 0] - outputs) ** 2)

        batches = Shuffled((INPUTS, OUTPUTS), 20, seed)
        losses = train_network(keras, loss, line.trainable_variables, batches, pace, progress)
        return losses, line.get_weights()


def test_a_line_is_fitted_through_points_on_it() -> None:
    losses, (slope, start) = trained_line(0, Pace(epochs=60, learning_rate=0.1))
    assert losses[-1] < 0.01 < losses[0]
    assert np.allclose([slope[0, 0], start[0]], [3, 1], atol=0.1)


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    (one, same, other) = (trained_line(seed, Pace(2, 0.1))[1][0][0, 0] for seed in (1, 1, 2))
    assert one == same != other


def test_training_leaves_the_process_as_it_was() -> None:
    from tensorflow.python.framework import config

    def process() -> list[Any]:
        drawn = np.random.get_state(legacy=True)
        return [
            dict(os.environ),
            list(warnings.filters),
            random.getstate(),
            str(drawn),
            list(logging.getLogger().handlers),
            logging.getLogger().level,
            config.is_op_determinism_enabled(),
        ]

    before = process()
    trained_line(3, Pace(1, 0.1))
    assert process() == before


def test_progress_is_reported_after_every_batch() -> None:
    reported: list[tuple[int, int, str]] = []
    trained_line(
        0,
        Pace(epochs=2, learning_rate=0.1),
        lambda done, total, what="": reported.append((done, total, what)),
    )
    assert [done for done, _, _ in reported] == list(range(1, 11))
    assert {total for _, total, _ in reported} == {10}
    assert reported[4][2] == "pass 1 of 2" and reported[5][2] == "pass 2 of 2"


def test_a_loss_that_is_no_number_is_refused() -> None:
    with pytest.raises(PluginError, match="smaller learning_rate"), np.errstate(over="ignore"):
        trained_line(0, Pace(epochs=3, learning_rate=1e30))


def test_a_pass_takes_every_row_and_rows_stay_together() -> None:
    batches = Shuffled((np.arange(10), np.arange(10) * 2), 4, 0)
    passes = [list(batches) for _ in range(2)]
    for batch in passes[0] + passes[1]:
        assert len(batch[0]) == 4
        assert (batch[1] == 2 * batch[0]).all()
    first, second = (np.concatenate([rows for rows, _ in each]) for each in passes)
    assert len(batches) == 3 and len(first) == 12
    assert set(first) == set(second) == set(range(10))
    assert (first != second).any()


def test_fewer_rows_than_a_batch_make_one_batch() -> None:
    batches = Shuffled((np.arange(3),), 100, 0)
    assert len(batches) == 1
    assert sorted(next(iter(batches))[0]) == [0, 1, 2]


QUIET = """
from tastemaker_plugins.neural.keras_training import keras_for
with keras_for(0) as keras:
    print(float(keras.ops.ones(())))
"""


def test_importing_tensorflow_writes_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


def test_another_backend_of_keras_is_refused_in_words() -> None:
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, env=environment
    )
    assert "Keras runs on jax here; train where KERAS_BACKEND is tensorflow" in done.stderr
