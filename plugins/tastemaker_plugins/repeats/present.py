"""What time it is when people are scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np

from tastemaker import Float64Array, People
from tastemaker_plugins.repeats.return_gaps import median_gap


@dataclass(frozen=True)
class Present:
    """Tells the moment that a person is scored at.

    It is `People.now` where that is given, but no earlier than what is known to have happened, and
    not much later: data that ends years ago is no data of people who have stopped.

    Attributes:
        newest: the newest time that was learnt from; NaN where none was known.
        horizon: how many seconds beyond the newest known time it counts on.
    """

    newest: float
    horizon: float

    @classmethod
    def of(cls, people: People) -> Present:
        """What training data says of it; the horizon is the median gap."""
        known = people.times[np.isfinite(people.times)]
        return cls(float(known.max()) if len(known) else nan, median_gap(people))

    def moments(self, people: People) -> Float64Array:
        """(len(people),) seconds since 1970; NaN where no time is known.

        Nobody's moment depends on anybody else.
        """
        counts = np.isfinite(people.times) & (people.weights > 0)
        known = np.where(counts, people.times, -inf)
        latest = np.full(len(people), -inf if isnan(self.newest) else self.newest)
        np.maximum.at(latest, people.histories.rows, known)
        if not isnan(people.now):
            latest = np.clip(people.now, latest, latest + self.horizon)
        return np.where(np.isfinite(latest), latest, nan)

    def values(self) -> dict[str, float | None]:
        """It as values of a state."""
        return {"newest": None if isnan(self.newest) else self.newest, "horizon": self.horizon}

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Present:
        """What a state holds."""
        newest, horizon = values["newest"], float(str(values["horizon"]))
        return cls(nan if newest is None else float(str(newest)), horizon)
