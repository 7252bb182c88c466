"""Cadence: who is due to choose an item again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    Float64Array,
    Int64Array,
    Items,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.repeats.own_history import OwnHistory, OwnScores
from tastemaker_plugins.repeats.own_items import OwnItems
from tastemaker_plugins.repeats.present import Present
from tastemaker_plugins.repeats.return_curve import learn_curve, on_curve
from tastemaker_plugins.repeats.return_gaps import PairTimes, pair_times, usual_gaps
from tastemaker_plugins.repeats.windows import item_factors, one_column, windows


@dataclass(frozen=True)
class CadenceSettings(Settings):
    """The settings of `cadence`."""

    gap_shrinkage: float = setting(
        1.0,
        "How many gaps of the person's own the item's usual gap counts as.",
        low=0.1,
        high=20.0,
        log=True,
    )
    item_shrinkage: float = setting(
        2.0,
        "Added to an item's expected repeats, so that rare items are taken for average ones.",
        low=0.5,
        high=50.0,
        log=True,
    )


class Cadence(OwnHistory):
    """Cadence: how probable it is that a person is due to choose an item again.

    score(u, i) = curve(n, t / g) * factor(i), and 0 for what u never chose. n is how many times u
    chose i, t how long ago the last time was and g the usual gap: the mean of u's own gaps and of
    the item's, which counts as `gap_shrinkage` of them. The curve is what share of such pairs were
    chosen again in the windows that training looked back on, among people who chose anything in
    them; factor(i) is how many repeats of i there were in these, over how many the curve expected,
    each earlier window counting half. Where the time is not known, everything scores NaN.

    After Bhagat, R. et al.: Buy It Again: Modeling Repeat Purchase Recommendations. KDD 2018, with
    a curve read off the data for its gamma distributions; Hu, H. et al.: Modeling Personalized Item
    Frequency Information for Next-basket Recommendation. SIGIR 2020 (why one's own counts matter).
    """

    name: ClassVar[str] = "cadence"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "you may want {items} again"
    summary: ClassVar[str] = "What a person is due to choose again, by how often and how long ago"
    settings_type: ClassVar[type[Settings]] = CadenceSettings
    settings: CadenceSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Looks back on who chose what again in the latest windows of time."""
        people, shrinkage = data.people, self.settings.item_shrinkage
        progress(0, 1, "cadence")
        self.present = Present.of(people)
        self.gaps, self.usual_gap = usual_gaps(people)
        seen = windows(people)
        phases = [self._phases(one.past, one.items, one.start) for one in seen]
        counts = [one.past.counts for one in seen]
        self.curve = learn_curve(
            one_column(counts), one_column(phases), one_column([one.again for one in seen])
        )
        expected = [on_curve(self.curve, *pair) for pair in zip(counts, phases, strict=True)]
        self.factors = item_factors(seen, expected, data.n_items, shrinkage)
        return self

    def extend(self, items: Items) -> None:
        """Items added since training are taken for average ones."""
        self.gaps = np.concatenate((self.gaps, np.full(len(items), self.usual_gap)))
        self.factors = np.concatenate((self.factors, np.ones(len(items))))

    def own_scores(self, people: People) -> OwnScores:
        """The scores of the people's own items."""
        own = OwnItems.of(people, timed=True)
        past, items = pair_times(own, people), own.items
        phases = self._phases(past, items, self.present.moments(people)[own.people])
        scores = on_curve(self.curve, past.counts, phases) * self.factors[items]
        return OwnScores(own, scores.astype(np.float32), np.ones(len(own.counting)))

    def _gaps(self, past: PairTimes, items: Int64Array) -> Float64Array:
        """(n_pairs,) after how many seconds each person usually chooses the item again."""
        shrinkage = self.settings.gap_shrinkage
        sums = past.last - past.first + shrinkage * self.gaps[items]
        return np.asarray(sums / (past.counts - 1 + shrinkage))

    def _phases(
        self, past: PairTimes, items: Int64Array, moments: Float64Array | float
    ) -> Float64Array:
        """(n_pairs,) how many of these gaps ago the last time was."""
        return np.asarray((moments - past.last) / self._gaps(past, items))

    def state(self) -> State:
        """The curve, and each item's gap and factor."""
        arrays = {"gaps": self.gaps, "factors": self.factors, "curve": self.curve}
        values = {"usual_gap": self.usual_gap, **self.present.values()}
        return State(arrays, {**values, **asdict(self.settings)})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(CadenceSettings.from_values(state.values))
        restored.present = Present.from_values(state.values)
        restored.usual_gap = float(str(state.values["usual_gap"]))
        restored.gaps, restored.factors = state.arrays["gaps"], state.arrays["factors"]
        restored.curve = state.arrays["curve"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `cadence`."""
    register(Cadence)
