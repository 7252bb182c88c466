"""TensorFlow without its marks on the process: environment, warnings, standard error, seeds."""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tastemaker import PluginError

LOG_LINES = re.compile(
    rb"[IWE]\d{4} \d\d:\d\d:\d\d|[IWE]\d{4} \d+\.\d+|WARNING: All log messages before absl"
    rb"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] |To enable the following instructions"
)
"""How the lines begin that TensorFlow's native half writes about itself."""


def keras_on_tensorflow() -> tuple[Any, Any]:
    """The modules `keras` and `tensorflow`, imported without a trace but themselves.

    Raises:
        ImportError: one is missing.
        PluginError: the application runs Keras on something else.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        backend = sys.modules["keras"].backend.backend()
    if backend != "tensorflow":
        raise PluginError(f"Keras runs on {backend} here; train where KERAS_BACKEND is tensorflow.")
    if "keras" in sys.modules and "tensorflow" in sys.modules:
        import keras
        import tensorflow
    else:
        with _as_it_was(), _without_log_lines():
            os.environ.setdefault("KERAS_BACKEND", "tensorflow")
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            import keras
            import tensorflow

            _limit_threads(tensorflow)
            tensorflow.config.list_logical_devices()  # looks at the hardware now, not at first use
    return keras, tensorflow


def _limit_threads(tensorflow: Any) -> None:
    """As many threads as this process may use processors, or as OpenMP is set to use."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    threads = int(allowed) if allowed.isdigit() else processors()
    tensorflow.config.threading.set_intra_op_parallelism_threads(max(1, threads))
    # one operation after the other: networks this small gain nothing from more
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def processors() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def seeded(keras: Any, tensorflow: Any, seed: int) -> Iterator[None]:
    """The block draws the same random numbers and computes in the same order for the same seed.

    Whatever the application had drawn or set before goes on afterwards as if nothing had been.
    """
    from tensorflow.python.framework import config  # the public half can only switch it on

    deterministic = config.is_op_determinism_enabled()
    policy = keras.config.dtype_policy()
    with _same_draws():
        try:
            keras.config.set_dtype_policy("float32")
            keras.utils.set_random_seed(seed % 2**32)
            config.enable_op_determinism()
            yield
        finally:
            if not deterministic:
                config.disable_op_determinism()
            keras.config.set_dtype_policy(policy)


@contextmanager
def _same_draws() -> Iterator[None]:
    """What is drawn at random after the block is what would have been drawn without it."""
    drawn, drawn_by_numpy = random.getstate(), np.random.get_state(legacy=False)
    try:
        yield
    finally:
        random.setstate(drawn)
        np.random.set_state(drawn_by_numpy)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Puts the environment and the warnings back as they were before the block."""
    before = dict(os.environ)
    try:
        with warnings.catch_warnings(), _same_draws():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _without_log_lines() -> Iterator[None]:
    """Keeps the log lines of native code off standard error; all else gets there, a bit later.

    The native half writes to the file descriptor, out of reach of `sys.stderr` and of logging.
    """
    try:
        real = os.dup(2)
    except OSError:  # standard error is closed: nobody can see it
        yield
        return
    with tempfile.TemporaryFile() as held, os.fdopen(real, "wb", buffering=0) as stderr:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            held.seek(0)
            for line in held:
                if not LOG_LINES.match(line):
                    stderr.write(line)
