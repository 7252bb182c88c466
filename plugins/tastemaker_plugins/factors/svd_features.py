"""SVD over who chose what and what items say of themselves, so that new items have a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_array, vstack

from tastemaker import (
    BoolArray,
    Float32Array,
    Items,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.content.term_vectors import TermVectors
from tastemaker_plugins.factors.item_vectors import (
    SPARE,
    ItemVectors,
    by_activity,
    damped_directions,
    popularity,
    power,
    scaled,
)
from tastemaker_plugins.factors.svd import Svd, SvdSettings
from tastemaker_plugins.shared.recency import strengths

DOUBT = 0.1
"""How much to distrust what terms say of an item's place, against what they say on average."""

SHARED = 2
"""How many items must have a term: one that no other has relates its item to none."""

FLOOR = 0.1
"""The rarity of a term that all items have: next to nothing."""

LEAST = 1e-12
"""Keeps the place of items of which no term says anything at 0."""


@dataclass(frozen=True)
class SvdFeaturesSettings(SvdSettings):
    """The settings of `svd-features`."""

    say: float = setting(
        0.3,
        "What the items' terms weigh together, as a multiple of all interactions.",
        low=0.001,
        high=100.0,
        log=True,
    )
    max_terms: int = setting(
        20_000, "Different terms kept, the most frequent first.", low=10, high=1_000_000, log=True
    )


class SvdFeatures(Svd):
    """Truncated SVD of people and terms over items; items that nobody chose are placed by terms.

    X is as for `svd`; below it stand the items' terms as further rows, F' w (words, pairs of words,
    attribute values and steps of numbers; an item's add up to length 1). With V the directions of
    both, L = w F'V says what each term has of each; an item of terms f that nobody chose has the
    place v that makes |w f - L v| ** 2 + lambda |v| ** 2 smallest, and the popularity of a middling
    item. Scores are then those of `svd`.

    Deerwester, S. et al.: Indexing by Latent Semantic Analysis. JASIS 41(6), 1990. Cremonesi, P.,
    Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N Recommendation Tasks.
    RecSys 2010.
    """

    name: ClassVar[str] = "svd-features"
    family: ClassVar[str] = "hybrid"
    settings_type: ClassVar[type[Settings]] = SvdFeaturesSettings
    settings: SvdFeaturesSettings
    terms: TermVectors
    places: Float32Array
    middling: float

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions, and each term's place in them."""
        progress(0, 2, "terms")
        self.terms, described = TermVectors.learnt(
            data.items, self.settings.max_terms, SHARED, FLOOR
        )
        progress(1, 2, "directions")
        matrix = strengths(data.people, self.settings.fading)
        crowds = popularity(matrix)
        evened = scaled(matrix, by_activity(matrix), power(crowds, -self.settings.evening))
        said = self._said(described, evened, crowds > 0)
        size = (self.settings.rank, self.settings.regularization)
        both = csr_array(vstack([evened, said], format="csr", dtype=np.float32))
        directions, lengths = damped_directions(both, *size, data.seed)
        vectors, places = directions * lengths, _regression(said @ directions) * lengths
        chosen = crowds > 0
        self.places = places * _trust(described[chosen] @ places, vectors[chosen])
        self.middling = float(np.median(crowds[chosen])) if chosen.any() else 1.0
        self._put(vectors, crowds, described)
        progress(2, 2, "directions")
        return self

    def _said(self, described: csr_array, evened: csr_array, chosen: BoolArray) -> csr_array:
        """Sparse (n_terms, n_items) float32: the terms' rows, to stand below the people's.

        Items that nobody chose are left out of them: that nothing is known of these does not mean
        that people do not want them.
        """
        entries = np.diff(described.indptr).astype(bool) & chosen
        asked = self.settings.say * float(evened.data @ evened.data)
        weight = np.sqrt(asked / max(1, int(entries.sum())))
        rows = (chosen * weight).astype(np.float32)
        kept = scaled(described, rows, np.ones(described.shape[1], dtype=np.float32)).copy()
        kept.eliminate_zeros()
        return csr_array(kept.T.tocsr())

    def _put(self, vectors: Float32Array, crowds: Float32Array, described: csr_array) -> None:
        """Gives items that nobody chose the place of their terms."""
        unplaced = (crowds == 0) & (np.diff(described.indptr) > 0)
        vectors[unplaced] = described[unplaced] @ self.places
        self._take(vectors, np.where(unplaced, np.float32(self.middling), crowds))

    def extend(self, items: Items) -> None:
        """Gives the items added since training the place of their terms."""
        before, voices = self.items, self.voices
        described = self.terms.of(items)
        rank = self.places.shape[1]
        empty = np.zeros((len(items), rank), dtype=np.float32)
        self._put(empty, np.zeros(len(items), dtype=np.float32), described)
        self.items = ItemVectors(
            np.concatenate((before.vectors, self.items.vectors)),
            np.concatenate((before.known, self.items.known)),
        )
        self.voices = np.concatenate((voices, self.voices))

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        width = (self.settings.rank + SPARE) * 4
        letters = sum(map(len, (*data.items.titles, *data.items.texts)))
        # a word and the pair it begins are some six letters, and a hundred bytes each
        return (
            super().memory(data)
            + self.settings.max_terms * width
            + 35 * letters
            + 2_000 * data.n_items
        )

    def state(self) -> State:
        """The items' vectors, what each says in a history, and the terms and their places."""
        vectors, terms = super().state(), self.terms.state()
        settings = self.settings
        values: dict[str, Any] = {
            **vectors.values,
            **terms.values,
            "middling": self.middling,
            "evening": settings.evening,
            "crowd": settings.crowd,
        }
        return State({**vectors.arrays, **terms.arrays, "places": self.places}, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        names = ("half_life", "evening", "crowd")
        restored = cls(SvdFeaturesSettings(**{name: values[name] for name in names}))
        restored.items, restored.voices = ItemVectors.of(state.arrays), state.arrays["voices"]
        restored.terms, restored.middling = TermVectors.restored(state), values["middling"]
        restored.places = state.arrays["places"]
        return restored


def _regression(loadings: Float32Array) -> Float32Array:
    """(n_terms, k) what to multiply terms by to find the place that speaks of them.

    Args:
        loadings: (n_terms, k) float32, what each term has of each direction.
    """
    gram = (loadings.T @ loadings).astype(np.float64)
    doubt = DOUBT * np.trace(gram) / max(1, len(gram)) + LEAST
    inverse = np.linalg.inv(gram + doubt * np.eye(len(gram)))
    return np.asarray(loadings @ inverse, dtype=np.float32)


def _trust(guessed: Float32Array, true: Float32Array) -> np.float32:
    """What to multiply guessed vectors by, so that they come nearest to the true ones.

    Without it, items placed by their terms would push out those that people chose, or hide.
    """
    size = float(np.vdot(guessed, guessed))
    return np.float32(max(0.0, float(np.vdot(guessed, true)) / size) if size > 0 else 0.0)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `svd-features`."""
    register(SvdFeatures)
