"""BPR: item vectors trained to rank what people chose next before what they did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.factors.pairwise import (
    START,
    Adagrad,
    Choices,
    side_by_side,
    sums_by_item,
)
from tastemaker_plugins.shared.half_precision import whole
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    decay_weights,
    half_life_setting,
    recency,
    time_decay_setting,
)
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

BATCH_SIZE = 4096
"""Interactions in one step; chosen, not measured."""

LEAST_STEPS = 250
"""Where interactions are few, batches are smaller, so that there are about so many steps; chosen,
not measured."""

LEAST_SAMPLES = 20_000
"""Where interactions are few, each is drawn more often, so that about so many are; chosen, not
measured."""

TRIES = 2
"""How many of the best negatives are looked at for one that the person never chose; chosen, not
measured."""

SPREAD = 0.1
"""The standard deviation of the vectors at the start; chosen, not measured."""


DRAWS_LEFT = 1 / 3
"""The share of the interactions drawn where it starts from where another one has ended. On
MovieLens 100K, after a fit on an older fold, NDCG@10 was 1.00 of that of a whole fit by time and
1.05 on everyone's last interaction; with half of them 1.01 and 1.04."""

MOVED = 0.1
"""The sum of squares that Adagrad then starts with, so that its first steps undo nothing. Of 0.01,
0.1 and 1 each did as well on the same data."""


@dataclass(frozen=True)
class BprSettings(HistorySettings):
    """The settings of `bpr`."""

    factors: int = setting(64, "Number of latent factors.", low=2, high=256, log=True)
    epochs: int = setting(
        12, "Number of epochs: how often each interaction is drawn, on average.", low=1, high=500
    )
    max_samples: int = setting(
        1_000_000,
        "Number of interactions drawn over all epochs, at most.",
        low=1_000,
        high=1_000_000_000,
        log=True,
    )
    learning_rate: float = setting(
        0.1,
        "Learning rate of the optimiser (Adagrad).",
        low=0.001,
        high=1.0,
        log=True,
        formerly=("rate",),
    )
    regularization: float = setting(
        0.002, "Strength of the L2 regularization, whenever a vector is used.", low=0.0, high=1.0
    )
    n_negatives: int = setting(
        8,
        "Number of negative samples for each interaction; the one that scores best is used.",
        low=1,
        high=100,
        formerly=("rivals",),
    )
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(6.0)


class Bpr(VectorRecommender):
    """Bayesian personalised ranking, a person being the mean of the vectors of their items.

    score(u, i) = b[i] + q[i] . (sum over the history j of recency(j) p[j] / sum of recency).
    Of each interaction drawn, the history before it (sometimes after it) stands for the person;
    log sigmoid(score of the item - score of a negative) is raised by a step of Adagrad, the
    negative being the best of some drawn uniformly.

    Rendle, S. et al.: BPR: Bayesian Personalized Ranking from Implicit Feedback. UAI 2009.
    Kabbur, S., Ning, X., Karypis, G.: FISM: Factored Item Similarity Models. KDD 2013.
    Zhang, W. et al.: Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling.
    SIGIR 2013.
    """

    name: ClassVar[str] = "bpr"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Matrix factorisation by Bayesian personalised ranking (BPR)"
    settings_type: ClassVar[type[HistorySettings]] = BprSettings
    settings: BprSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Draws interactions and learns to rank each before its negative."""
        return self._learn(data, progress, None)

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Draws a share of the interactions, from where another one has ended."""
        alike = before.items.vectors.shape == (data.n_items, self.settings.factors)
        return self._learn(data, progress, before.items if alike else None)

    def _learn(self, data: TrainingData, progress: Progress, before: ItemVectors | None) -> Self:
        settings = self.settings
        people = data.people.take(data.people.weights > 0)
        weights = decay_weights(people, settings.time_decay) * people.weights
        choices = Choices(people, weights, settings.half_life)
        known = np.bincount(people.histories.items, minlength=data.n_items) > 0
        random = np.random.default_rng(data.seed)
        starts, moved = self._starts(data.n_items, before, random)
        optimisers = [Adagrad(values, settings.learning_rate, moved) for values in starts]
        total = min(max(settings.epochs * len(choices), LEAST_SAMPLES), settings.max_samples)
        total = round(total * (1 if before is None else DRAWS_LEFT)) * (len(choices) > 0)
        batch = min(BATCH_SIZE, total // LEAST_STEPS + 1)
        for done in range(0, total, batch):
            progress(done, total, "interactions")
            self._step(choices, choices.draw(batch, random), optimisers, known, random)
        sources, targets, biases = (optimiser.values for optimiser in optimisers)
        self.items = ItemVectors(targets, known, sources, biases).finished()
        return self

    def _starts(
        self, n_items: int, before: ItemVectors | None, random: np.random.Generator
    ) -> tuple[list[Float32Array], Float32Array]:
        """The vectors in histories and as candidates and the biases to start with.

        And (n_items,) the sums of squares that Adagrad starts with.
        """
        shape = (2, n_items, self.settings.factors)
        fresh = random.standard_normal(shape, dtype=np.float32) * np.float32(SPREAD)
        starts = [*fresh, np.zeros(n_items, dtype=np.float32)]
        moved = np.full(n_items, START, dtype=np.float32)
        if before is not None and before.biases is not None:
            known = before.known
            parts = (whole(before.sources), whole(before.vectors), before.biases)
            for start, part in zip(starts, parts, strict=True):
                start[known] = part[known]
            moved[known] = MOVED
        return starts, moved

    def _step(
        self,
        choices: Choices,
        drawn: Int64Array,
        optimisers: list[Adagrad],
        known: BoolArray,
        random: np.random.Generator,
    ) -> None:
        """One step for every interaction drawn."""
        sources, targets, biases = (optimiser.values for optimiser in optimisers)
        contexts, chosen = choices.contexts(drawn, random), choices.items(drawn)
        profiles = np.asarray(contexts @ sources)
        pool = np.flatnonzero(known)
        sampled = pool[random.integers(0, len(pool), (len(drawn), self.settings.n_negatives))]
        scores = np.matmul(targets[sampled], profiles[:, :, np.newaxis])[:, :, 0] + biases[sampled]
        negative, never_chosen = _hardest_negatives(choices, drawn, sampled, scores)
        apart = targets[chosen] - targets[negative]
        lead = np.einsum("nd,nd->n", profiles, apart) + biases[chosen] - biases[negative]
        usable = never_chosen & profiles.any(axis=1)
        push = (usable / (1 + np.exp(lead))).astype(np.float32)
        pair, ones_of_pair = (chosen, negative), (np.ones_like(push), np.ones_like(push))
        pushed = side_by_side(pair, (push, -push), len(biases))
        used = side_by_side(pair, ones_of_pair, len(biases))
        pull = np.float32(self.settings.regularization)
        ones = np.ones(len(drawn), dtype=np.float32)
        gradients = (
            sums_by_item(contexts, push[:, np.newaxis] * apart)
            - pull * sums_by_item(contexts, ones)[:, np.newaxis] * sources,
            sums_by_item(pushed, profiles)
            - pull * sums_by_item(used, ones)[:, np.newaxis] * targets,
            sums_by_item(pushed, ones),
        )
        for optimiser, gradient in zip(optimisers, gradients, strict=True):
            optimiser.step(gradient)

    def profiles(self, people: People) -> Float32Array:
        """(len(people), factors) float32: the mean of each history; NaN for empty ones."""
        shares = self.items.shares(people, recency(people, self.settings.half_life))
        return self.items.profiles(people, shares)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to scores, bias included."""
        return self.items.mean_reasons(people, recency(people, self.settings.half_life), items)

    def state(self) -> State:
        """The vectors, the biases and the half-life."""
        return State(self.items.arrays(), {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(BprSettings.from_values(state.values))
        restored.items = ItemVectors.of(state.arrays)
        return restored


def _hardest_negatives(
    choices: Choices, drawn: Int64Array, sampled: Int64Array, scores: Float32Array
) -> tuple[Int64Array, BoolArray]:
    """(n,) the sampled item of the highest score, and whether the person never chose it.

    Args:
        choices: who chose what.
        drawn: (n,) the interactions.
        sampled: (n, k) items.
        scores: (n, k) their scores; changed.
    """
    rows = np.arange(len(drawn))
    for _ in range(TRIES):
        places = scores.argmax(axis=1)
        best: Int64Array = sampled[rows, places]
        taken = choices.chosen(drawn, best)
        scores[rows[taken], places[taken]] = -np.inf
    return best, ~taken


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `bpr`."""
    register(Bpr)
