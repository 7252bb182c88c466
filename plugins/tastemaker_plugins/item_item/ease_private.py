"""EASE with differential privacy: item-item weights that hardly depend on any single person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Float64Array,
    Int32Array,
    PluginError,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.clipping import GRID_STEP, clipped, contributions, newest_of_each
from tastemaker_plugins.item_item.ease import item_weights, kept_links, regularization_setting
from tastemaker_plugins.item_item.gram import gram_memory, gram_of
from tastemaker_plugins.shared.gaussian_mechanism import largest_mu, secure_noise
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting

if TYPE_CHECKING:
    from scipy.sparse import csr_array

COUNT_SHARE = 0.15
"""The share of mu ** 2 that is spent on which items are chosen by many. A third was no better."""

CLEAR = 4.0
"""Items whose noisy count is this many standard deviations of the noise go into the matrix. With 2,
the NDCG@10 at epsilon 3 was .060 instead of .068 (MovieLens 100K, everybody's last choice held out)
and .050 instead of .056 (Online Retail, by time); with 8 it was .049 and .061."""

FEWEST_ITEMS = 100
"""So many items are in the matrix at least, however few stand out. Chosen, not measured."""


@dataclass(frozen=True)
class EasePrivateSettings(HistorySettings):
    """The settings of `ease-private`."""

    epsilon: float = setting(
        1.0, "Epsilon of the guarantee: less is more private.", low=0.01, high=100.0, log=True
    )
    delta: float = setting(
        1e-6,
        "Delta of the guarantee; far below one in the number of people.",
        low=1e-12,
        high=1e-3,
        log=True,
    )
    clip_norm: float = setting(
        3.0,
        "Euclidean norm that what one person contributes is clipped to.",
        low=1.0,
        high=100.0,
        log=True,
    )
    items_each: int = setting(
        200, "Number of items that one person contributes at most, the newest.", low=1, high=1000
    )
    max_items: int = setting(
        1000, "Number of items in the model at most, the most chosen first.", low=1, high=8000
    )
    regularization: float = regularization_setting(3.0, high=100.0)
    half_life: float = half_life_setting(6.0)


class EasePrivate(Linked):
    """EASE learnt from a noisy Gram matrix: (epsilon, delta)-differentially private.

    The guarantee holds for adding or removing one person with the whole history, and covers
    everything in `state`. Which items exist is taken to be public.

    What a person contributes: the newest `items_each` items as a row x with 0 <= x_i <= 1, cut
    down to ||x|| <= c, the `clip_norm`. Two things are made of these rows, and nothing else:

    - the sum of all x, plus normal noise. A person changes it by ||x|| <= c. The `max_items` items
      whose noisy sums stand out of the noise form the matrix;
    - of the rows, cut down to these items and clipped anew, the upper triangle with the diagonal of
      G = sum of x x', plus normal noise, mirrored. A person changes it by the root of the sum
      over i <= j of (x_i x_j) ** 2, which is (||x|| ** 4 + sum of x_i ** 4) / 2 and at most
      (c ** 4 + c ** 2) / 2, as no x_i is above 1.

    Each noise has the deviation sensitivity / mu_k with mu_1 ** 2 + mu_2 ** 2 = mu ** 2, and mu is
    the largest that is (epsilon, delta)-private; see `largest_mu`. All that follows is made of the
    noisy numbers: eigenvalues that noise alone has are dropped, the others shrunk, and the weights
    are those of EASE. The noise comes from the operating system: from a seed it could be drawn
    again and taken off. So the same data and seed give another model each time, and each of k
    trainings that are kept counts: together they have mu * k ** 0.5.

    Dwork, C. et al.: Analyze Gauss: Optimal Bounds for Privacy-Preserving Principal Component
    Analysis. STOC 2014. Balle, B., Wang, Y.-X.: Improving the Gaussian Mechanism for Differential
    Privacy. ICML 2018. Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "ease-private"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Item-item linear model (EASE) with differential privacy"
    because: ClassVar[str] = "goes with {items}"
    private: ClassVar[bool] = True
    on_request: ClassVar[str] = "private at a price in quality"
    settings_type: ClassVar[type[HistorySettings]] = EasePrivateSettings
    settings: EasePrivateSettings

    def memory(self, data: TrainingData) -> int:
        """The matrix, its eigenvectors and what LAPACK works with, in float64, and the rows."""
        n = min(data.n_items, self.settings.max_items)
        return 2 * gram_memory(n) + 64 * n * n + 64 * len(data.people.times)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts and multiplies what people contribute, adds noise, and inverts what is left.

        Raises:
            PluginError: links must rest on several people, which decides by all people's choices
                what each may contribute.
        """
        if data.support > 1:
            raise PluginError(
                f"ease-private cannot keep its guarantee where links rest on {data.support} "
                "people, for then other people decide what of a person counts; its noise hides "
                "single people: `tastemaker support --links 1`."
            )
        settings = self.settings
        mu = largest_mu(settings.epsilon, settings.delta)
        progress(0, 3, "noisy counts")
        matrix = contributions(newest_of_each(data.people, settings.items_each))
        places = noisy_items(matrix, settings, COUNT_SHARE**0.5 * mu)
        progress(1, 3, "noisy co-occurrence")
        part = clipped(matrix[:, places], settings.clip_norm)
        deviation = gram_sensitivity(settings.clip_norm) / ((1 - COUNT_SHARE) ** 0.5 * mu)
        gram = denoised(noisy_gram(part, deviation), deviation)
        progress(2, 3, "inverse")
        ridge = settings.regularization * float(np.diag(gram).mean()) if len(gram) else 0.0
        weights, _ = item_weights(gram.astype(np.float32), ridge)
        self.links = kept_links(places, weights, np.ones(data.n_items, dtype=np.float32))
        progress(3, 3, "inverse")
        return self

    def state(self) -> State:
        """The links, the half-life, and the guarantee."""
        links, settings = super().state(), self.settings
        guarantee = {"epsilon": settings.epsilon, "delta": settings.delta}
        return State(links.arrays, {**links.values, **guarantee})


def gram_sensitivity(norm: float) -> float:
    """By how much one person changes the upper triangle of the Gram matrix; see `EasePrivate`."""
    return float(((norm**4 + norm**2) / 2) ** 0.5)


def noisy_items(matrix: csr_array, settings: EasePrivateSettings, mu: float) -> Int32Array:
    """(n,) int32, ascending: the items that many people chose, as far as the noise lets see.

    Args:
        matrix: sparse (n_people, n_items), what each contributes, not clipped.
        settings: the norm and the number of items.
        mu: sensitivity / deviation of the noise.
    """
    deviation = settings.clip_norm / mu
    counts = noisy_sums(clipped(matrix, settings.clip_norm), deviation)
    clear = max(int(np.count_nonzero(counts > CLEAR * deviation)), FEWEST_ITEMS)
    best = np.argsort(-counts, kind="stable")[: min(clear, settings.max_items)]
    return np.sort(best).astype(np.int32)


def noisy_sums(matrix: csr_array, deviation: float) -> Float64Array:
    """(n,) the sums of the columns, with normal noise.

    Args:
        matrix: sparse (n_people, n), clipped.
        deviation: the standard deviation of the noise.
    """
    sums: Float64Array = np.asarray(matrix.sum(axis=0), dtype=np.float64)
    return sums + secure_noise(len(sums), deviation, GRID_STEP)


def noisy_gram(matrix: csr_array, deviation: float) -> Float64Array:
    """(n, n) X'X with normal noise on the upper triangle and the diagonal, mirrored below.

    Args:
        matrix: sparse (n_people, n), clipped.
        deviation: the standard deviation of the noise.
    """
    gram: Float64Array = np.triu(gram_of(matrix))
    upper = np.triu_indices(len(gram))
    gram[upper] += secure_noise(len(upper[0]), deviation, GRID_STEP * GRID_STEP)
    return gram + np.triu(gram, 1).T


def denoised(gram: Float64Array, deviation: float) -> Float64Array:
    """The nearest there is to the matrix without the noise, made of the noisy one alone.

    The eigenvalues of symmetric noise fill the interval of 2 deviation n ** 0.5 around 0, and a
    larger one l stems from one of t = (l + (l ** 2 - 4 n deviation ** 2) ** 0.5) / 2, whose vector
    it shows in part. Each such is shrunk to t - n deviation ** 2 / t, which has the least squared
    error, and the others are dropped but the largest: at worst all is popularity.

    Gavish, M., Donoho, D. L.: Optimal shrinkage of singular values. IEEE Transactions on
    Information Theory 63(4), 2017. Benaych-Georges, F., Nadakuditi, R. R.: The eigenvalues and
    eigenvectors of finite, low rank perturbations of large random matrices. Advances in Mathematics
    227(1), 2011.

    Args:
        gram: (n, n) symmetric.
        deviation: the standard deviation of its noise.
    """
    if not len(gram):
        return gram
    values, vectors = np.linalg.eigh(gram)
    variance = len(gram) * deviation**2
    clear = values > 2 * variance**0.5
    signal = (values[clear] + np.sqrt(values[clear] ** 2 - 4 * variance)) / 2
    kept = signal - variance / signal if clear.any() else np.ones(1)
    vectors = vectors[:, clear] if clear.any() else vectors[:, -1:]
    return np.asarray((vectors * kept) @ vectors.T)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `ease-private`."""
    register(EasePrivate)
