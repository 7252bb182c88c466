"""What the networks that learn what is chosen next have in common to set."""

from __future__ import annotations

from dataclasses import dataclass

from tastemaker import Settings, setting
from tastemaker_plugins.shared.recency import fading_setting

RUNTIME = 700_000_000
"""Bytes that TensorFlow takes before it does anything."""


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """The base of the settings of networks that learn what is chosen next."""

    anonymity: float = setting(
        0.1,
        "Share of items known by their content only, and of people without features, in training.",
        low=0.0,
        high=0.9,
    )
    fading: float = fading_setting(0.5)
    rivals: int = setting(
        1000, "Items that each next one has to win against.", low=10, high=20_000, log=True
    )
    epochs: int = setting(4, "Passes over the interactions.", low=1, high=100, log=True)
    rate: float = setting(0.01, "Step size of the optimiser.", low=1e-5, high=0.1, log=True)
    max_samples: int = setting(
        600_000,
        "Interactions learnt from over all passes, the newest first.",
        low=100,
        high=1_000_000_000,
        log=True,
    )
    max_words: int = setting(
        20_000, "Different words of the items known.", low=10, high=1_000_000, log=True
    )
