"""Settings that networks have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tastemaker import Settings, setting
from tastemaker_plugins.shared.recency import time_decay_setting

RUNTIME = 700_000_000
"""Bytes that TensorFlow takes before it does anything: what TensorFlow 2.21 with Keras 3.15 had
resident after its import, on two processors without a GPU."""


def embedding_size_setting(default: int, what: str, log: bool = True) -> Any:
    """The size of the vectors of items, and of whatever meets them.

    Args:
        default: the size where none is given.
        what: whose vectors, for people.
        log: whether a search steps by factors.
    """
    return setting(
        default, f"Embedding size of {what}.", low=4, high=512, log=log, formerly=("size",)
    )


def word_embedding_size_setting(default: int) -> Any:
    """The size of the vectors of words."""
    return setting(
        default, "Embedding size of words.", low=4, high=512, log=True, formerly=("words",)
    )


def learning_rate_setting(default: float) -> Any:
    """The step size of the optimiser."""
    return setting(
        default,
        "Learning rate of the optimiser (Adam); it falls to 0 along a half cosine.",
        low=1e-5,
        high=0.1,
        log=True,
        formerly=("rate",),
    )


def batch_size_setting(default: int, what: str, low: int, high: int) -> Any:
    """The size of a training step.

    Args:
        default: the size where none is given.
        what: what is counted, for people.
        low: the least.
        high: the most.
    """
    return setting(
        default, f"Number of {what} in a step.", low=low, high=high, log=True, formerly=("batch",)
    )


def history_length_setting(default: int, help: str) -> Any:
    """How much is read of a history at once."""
    return setting(default, help, low=2, high=200, log=True, formerly=("length",))


def horizon_setting(default: int) -> Any:
    """How far ahead the target may lie."""
    return setting(
        default,
        "Horizon of the prediction: the target is one of so many items that come next, the nearer "
        "ones more often.",
        low=1,
        high=50,
        log=True,
    )


def text_negatives_setting(default: int) -> Any:
    """How many negatives a step draws, where texts are read."""
    return setting(
        default,
        "Number of negative samples in a step, drawn at random from all items.",
        low=1,
        high=8192,
        formerly=("strangers",),
    )


def negative_weight_setting(default: float) -> Any:
    """How much negatives count."""
    return setting(
        default,
        "Weight of the negative samples together, as a multiple of the positive ones.",
        low=0.1,
        high=100.0,
        log=True,
        formerly=("caution",),
    )


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """The base of the settings of networks that learn what is chosen next."""

    id_dropout: float = setting(
        0.1,
        "Share of items known by their content only, and of people without features, in training.",
        low=0.0,
        high=0.9,
        formerly=("anonymity",),
    )
    time_decay: float = time_decay_setting(0.5)
    n_negatives: int = setting(
        400,  # with more a step takes longer and nothing is gained; see the page of `sequence`
        "Number of negative samples in a step; all items where there are no more.",
        low=10,
        high=20_000,
        log=True,
        formerly=("rivals",),
    )
    epochs: int = setting(
        4, "Number of epochs: passes over the interactions.", low=1, high=100, log=True
    )
    learning_rate: float = learning_rate_setting(0.01)
    max_samples: int = setting(
        600_000,
        "Number of interactions over all epochs at most, the newest first.",
        low=100,
        high=1_000_000_000,
        log=True,
    )
    max_words: int = setting(
        20_000,
        "Number of words known at most, the most frequent first.",
        low=10,
        high=1_000_000,
        log=True,
    )
