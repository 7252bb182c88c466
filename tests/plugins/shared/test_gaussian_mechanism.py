from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, norm

from tastemaker_plugins.shared.gaussian_mechanism import delta_of, largest_mu, secure_noise


def integrated_delta(epsilon: float, mu: float) -> float:
    """By its definition: how far N(mu, 1) exceeds e ** epsilon times N(0, 1), over all x."""

    def excess(x: float) -> float:
        return max(float(norm.pdf(x, mu) - np.exp(epsilon) * norm.pdf(x)), 0.0)

    # the densities cross where the privacy loss mu * x - mu ** 2 / 2 is epsilon
    crossing = epsilon / mu + mu / 2
    total, _ = quad(excess, crossing, max(crossing, mu) + 40, epsabs=1e-14, limit=500)
    return float(total)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("mu", [0.1, 0.5, 1.0, 3.0])
def test_delta_is_that_of_integrating_the_privacy_loss(epsilon: float, mu: float) -> None:
    integrated = integrated_delta(epsilon, mu)
    assert delta_of(epsilon, mu) == pytest.approx(integrated, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("epsilon", [0.01, 0.5, 1.0, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-12])
def test_the_largest_mu_spends_delta_and_no_more(epsilon: float, delta: float) -> None:
    mu = largest_mu(epsilon, delta)
    assert delta_of(epsilon, mu) <= delta < delta_of(epsilon, 1.0001 * mu)


def test_it_needs_less_noise_than_the_classical_bound() -> None:
    # Dwork and Roth 2014, theorem A.1: for epsilon below 1
    assert largest_mu(0.9, 1e-6) > 0.9 / np.sqrt(2 * np.log(1.25 / 1e-6))


def test_two_mechanisms_together_have_the_root_of_the_sum_of_squares() -> None:
    epsilon, one, other = 1.0, 0.6, 0.8
    axis = np.linspace(-9, 10, 1901)
    with_person = np.outer(norm.pdf(axis, one), norm.pdf(axis, other))
    without = np.outer(norm.pdf(axis), norm.pdf(axis))
    excess = np.maximum(with_person - np.exp(epsilon) * without, 0).sum() * (axis[1] - axis[0]) ** 2
    assert excess == pytest.approx(delta_of(epsilon, (one**2 + other**2) ** 0.5), rel=1e-3)


def test_noise_is_normal_on_a_grid_and_another_each_time() -> None:
    np.random.seed(0)
    first = secure_noise(100_001, 3.0, 0.25)
    np.random.seed(0)
    assert not np.array_equal(secure_noise(100_001, 3.0, 0.25), first)
    assert np.array_equal(np.rint(first / 0.25), first / 0.25)
    fine = secure_noise(100_000, 3.0, 2.0**-24)
    assert kstest(fine / 3.0, "norm").pvalue > 1e-6
    cosines, sines = fine.reshape(2, -1) / 3.0
    assert abs((cosines * sines).mean()) < 0.03
    assert abs(((cosines**2 - 1) * (sines**2 - 1)).mean()) < 0.06
