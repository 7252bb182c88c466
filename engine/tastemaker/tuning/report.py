"""What a search brought, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from tastemaker.recommender import Json


@dataclass(frozen=True)
class TunedRecommender:
    """What the search of one recommender's settings brought.

    Attributes:
        name: the recommender.
        state: "better" (other settings are), "kept" (none is clearly better), "nothing to search"
            (no setting has bounds) or "failed".
        settings: those to use from now on that were searched, by name.
        before: mean NDCG at 10 over the folds, with the settings in use before.
        after: the same with the settings to use from now on.
        trials: how many settings were tried.
        pruned: how many of these were given up early: clear losers, or far too slow.
        problem: what went wrong, if anything.
    """

    name: str
    state: Literal["better", "kept", "nothing to search", "failed"]
    settings: Mapping[str, Json] = field(default_factory=dict)
    before: float | None = None
    after: float | None = None
    trials: int = 0
    pruned: int = 0
    problem: str = ""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "recommender",
        "state",
        "before",
        "after",
        "gain",
        "trials",
        "pruned",
        "settings",
        "problem",
    )

    def row(self) -> dict[str, object]:
        """The same as a row of a table."""
        gain = f"{self.after / self.before - 1:+.1%}" if self.before and self.after else None
        return {
            "recommender": self.name,
            "state": self.state,
            "before": self.before,
            "after": self.after,
            "gain": gain,
            "trials": self.trials,
            "pruned": self.pruned,
            "settings": ", ".join(f"{name}={value}" for name, value in self.settings.items()),
            "problem": self.problem,
        }
