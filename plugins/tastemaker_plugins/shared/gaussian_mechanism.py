"""The Gaussian mechanism: how much noise makes numbers differentially private, and that noise.

A mechanism is (epsilon, delta)-differentially private if for all data with and without any one
person, and every set S of results, Pr[result of one in S] <= e ** epsilon * Pr[of the other in S]
+ delta. The Gaussian mechanism adds normal noise to numbers that one person changes by at most a
known distance, the sensitivity.
"""

from __future__ import annotations

import os

import numpy as np

from tastemaker import Float64Array

HALVINGS = 200
"""Halvings of an interval from 1e-9 to 1e9: more than a float64 can tell apart."""


def delta_of(epsilon: float, mu: float) -> float:
    """The least delta of Gaussian noise at an epsilon.

    With mu = sensitivity / standard deviation of the noise it is
    Phi(mu / 2 - epsilon / mu) - e ** epsilon * Phi(-mu / 2 - epsilon / mu), exactly.

    Balle, B., Wang, Y.-X.: Improving the Gaussian Mechanism for Differential Privacy: Analytical
    Calibration and Optimal Denoising. ICML 2018, theorem 8.

    Args:
        epsilon: not below 0.
        mu: above 0.
    """
    from scipy.special import log_ndtr, ndtr

    above = ndtr(mu / 2 - epsilon / mu)
    # e ** epsilon alone may be too large for a float
    return float(above - np.exp(epsilon + log_ndtr(-mu / 2 - epsilon / mu)))


def largest_mu(epsilon: float, delta: float) -> float:
    """The largest sensitivity / standard deviation that is (epsilon, delta)-private.

    What several Gaussian mechanisms give away of the same people adds up in squares, also where a
    later one depends on what an earlier one gave: mu ** 2 is the sum of theirs.

    Dong, J., Roth, A., Su, W.: Gaussian Differential Privacy. Journal of the Royal Statistical
    Society B 84(1), 2022, corollaries 1 and 2.

    Args:
        epsilon: not below 0.
        delta: between 0 and 1.
    """
    low, high = 1e-9, 1e9
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if delta_of(epsilon, middle) <= delta else (low, middle)
    return low


def secure_uniforms(n: int) -> Float64Array:
    """(n,) numbers above 0, up to 1, drawn by the operating system: nothing tells them again."""
    whole = np.frombuffer(os.urandom(8 * n), dtype=np.uint64) >> np.uint64(11)
    return (whole.astype(np.float64) + 1.0) * 2.0**-53


def secure_noise(n: int, deviation: float, step: float) -> Float64Array:
    """(n,) normal numbers of that standard deviation, drawn by the operating system.

    They are rounded to multiples of `step`: added to such multiples they leave no trace of what
    they were added to in the last digits, as floating-point noise does.

    Box, G. E. P., Muller, M. E.: A note on the generation of random normal deviates. Annals of
    Mathematical Statistics 29(2), 1958. Mironov, I.: On significance of the least significant bits
    for differential privacy. CCS 2012.
    """
    half = (n + 1) // 2
    radii = np.sqrt(-2.0 * np.log(secure_uniforms(half)))
    angles = 2.0 * np.pi * secure_uniforms(half)
    normal = np.concatenate((radii * np.cos(angles), radii * np.sin(angles)))[:n]
    return np.rint(normal * (deviation / step)) * step
