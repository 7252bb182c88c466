"""BPR: item vectors learnt by ranking what people chose next before what they did not."""

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
from tastemaker_plugins.factors.item_vectors import ItemVectors, able
from tastemaker_plugins.factors.pairwise import Choices, Climber, beside, sums_by_item
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    fade,
    fading_setting,
    half_life_of,
    half_life_setting,
    recency,
)

BATCH = 4096
"""Choices learnt from at once."""

STEPS = 250
"""Where choices are few, batches are smaller, so that there are about so many steps."""

LEAST = 20_000
"""Where choices are few, each is drawn more often, so that about so many are."""

TRIES = 2
"""How many of the best rivals are looked at for one that the person never chose."""

SPREAD = 0.1
"""How far apart vectors are at the start."""


@dataclass(frozen=True)
class BprSettings(HistorySettings):
    """The settings of `bpr`."""

    factors: int = setting(64, "Numbers in an item's vector.", low=2, high=256, log=True)
    epochs: int = setting(12, "How often each choice is drawn, on average.", low=1, high=500)
    max_samples: int = setting(
        1_000_000, "Choices drawn at most.", low=1_000, high=1_000_000_000, log=True
    )
    rate: float = setting(0.1, "The size of a step.", low=0.001, high=1.0, log=True)
    regularization: float = setting(
        0.002, "How strongly a vector is pulled to zero whenever it is used.", low=0.0, high=1.0
    )
    rivals: int = setting(
        8, "Items drawn beside a choice; it learns to rank before the best.", low=1, high=100
    )
    fading: float = fading_setting(0.5)
    half_life: float = half_life_setting(6.0)


class Bpr(Recommender):
    """Bayesian personalised ranking, a person being the mean of the vectors of their items.

    score(u, i) = b[i] + q[i] . (sum over the history j of recency(j) p[j] / sum of recency).
    Of each choice drawn, the history before it (sometimes after it) stands for the person;
    log sigmoid(score of the choice - score of a rival) is raised by a step of Adagrad, the rival
    being the best of some drawn evenly.

    Rendle, S. et al.: BPR: Bayesian Personalized Ranking from Implicit Feedback. UAI 2009.
    Kabbur, S., Ning, X., Karypis, G.: FISM: Factored Item Similarity Models. KDD 2013.
    Zhang, W. et al.: Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling.
    SIGIR 2013.
    """

    name: ClassVar[str] = "bpr"
    family: ClassVar[str] = "collaborative"
    settings_type: ClassVar[type[HistorySettings]] = BprSettings
    settings: BprSettings
    sources: ItemVectors
    targets: ItemVectors
    biases: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Draws choices and learns to rank each before its rival."""
        settings = self.settings
        people = data.people.take(data.people.weights > 0)
        choices = Choices(
            people, fade(people, settings.fading) * people.weights, settings.half_life
        )
        known = np.bincount(people.histories.items, minlength=data.n_items) > 0
        random = np.random.default_rng(data.seed)
        shape = (data.n_items, settings.factors)
        starts = random.standard_normal((2, *shape), dtype=np.float32) * np.float32(SPREAD)
        climbers = [
            Climber(values, settings.rate)
            for values in (*starts, np.zeros(data.n_items, dtype=np.float32))
        ]
        total = min(max(settings.epochs * len(choices), LEAST), settings.max_samples)
        total *= len(choices) > 0
        batch = min(BATCH, total // STEPS + 1)
        for done in range(0, total, batch):
            progress(done, total, "choices")
            self._learn(choices, choices.draw(batch, random), climbers, known, random)
        ends = [climber.values for climber in climbers]
        self.sources, self.targets = (ItemVectors(vectors, known) for vectors in ends[:2])
        self.biases = ends[2]
        return self

    def _learn(
        self,
        choices: Choices,
        drawn: Int64Array,
        climbers: list[Climber],
        known: BoolArray,
        random: np.random.Generator,
    ) -> None:
        """One step for every choice drawn."""
        sources, targets, biases = (climber.values for climber in climbers)
        contexts, chosen = choices.contexts(drawn, random), choices.items(drawn)
        profiles = np.asarray(contexts @ sources)
        pool = np.flatnonzero(known)
        rivals = pool[random.integers(0, len(pool), (len(drawn), self.settings.rivals))]
        scores = np.matmul(targets[rivals], profiles[:, :, np.newaxis])[:, :, 0] + biases[rivals]
        rival, fair = _best_rivals(choices, drawn, rivals, scores)
        apart = targets[chosen] - targets[rival]
        lead = np.einsum("nd,nd->n", profiles, apart) + biases[chosen] - biases[rival]
        teaches = fair & profiles.any(axis=1)
        push = (teaches / (1 + np.exp(lead))).astype(np.float32)
        pushed = beside((chosen, rival), (push, -push), len(biases))
        used = beside((chosen, rival), (np.ones_like(push), np.ones_like(push)), len(biases))
        pull = np.float32(self.settings.regularization)
        ones = np.ones(len(drawn), dtype=np.float32)
        gradients = (
            sums_by_item(contexts, push[:, np.newaxis] * apart)
            - pull * sums_by_item(contexts, ones)[:, np.newaxis] * sources,
            sums_by_item(pushed, profiles)
            - pull * sums_by_item(used, ones)[:, np.newaxis] * targets,
            sums_by_item(pushed, ones),
        )
        for climber, gradient in zip(climbers, gradients, strict=True):
            climber.climb(gradient)

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for unknown items and empty histories."""
        weights = self._shares(people)
        scores = self.targets.scores(self.sources.sums(people, weights), able(people, weights))
        scores += self.biases
        return scores

    def _shares(self, people: People) -> Float32Array:
        """(n_interactions,) how much of its person each interaction is."""
        weights = self.sources.counted(people, recency(people, self.settings.half_life))
        sums = np.bincount(people.histories.rows, weights, minlength=len(people))
        totals = sums.astype(np.float32)[people.histories.rows]
        return np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score, bias included."""
        if not self.targets.known[item_index]:
            return np.zeros(len(people.histories.items), dtype=np.float32)
        links = self.sources.vectors @ self.targets.vectors[item_index] + self.biases[item_index]
        # shares of a person add up to 1, and so all of the bias is told
        shares: Float32Array = self._shares(people) * links[people.histories.items]
        return shares

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of every item's vector with this one's."""
        return self.targets.similar(item_index)

    def state(self) -> State:
        """The vectors, the biases and the half-life."""
        arrays = {
            "sources": self.sources.vectors,
            "targets": self.targets.vectors,
            "biases": self.biases,
            "known": self.targets.known,
        }
        return State(arrays, {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(BprSettings(half_life=half_life_of(state)))
        known = state.arrays["known"]
        restored.sources = ItemVectors(state.arrays["sources"], known)
        restored.targets = ItemVectors(state.arrays["targets"], known)
        restored.biases = state.arrays["biases"]
        return restored


def _best_rivals(
    choices: Choices, drawn: Int64Array, rivals: Int64Array, scores: Float32Array
) -> tuple[Int64Array, BoolArray]:
    """The best rival of each choice, and whether the person never chose it.

    Args:
        choices: who chose what.
        drawn: (n,) the choices.
        rivals: (n, k) items.
        scores: (n, k) how well each ranks; changed.
    """
    rows = np.arange(len(drawn))
    for _ in range(TRIES):
        places = scores.argmax(axis=1)
        best: Int64Array = rivals[rows, places]
        taken = choices.chosen(drawn, best)
        scores[rows[taken], places[taken]] = -np.inf
    return best, ~taken


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `bpr`."""
    register(Bpr)
