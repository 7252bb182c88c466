"""The search space of a recommender: its settings that have bounds or choices."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tastemaker.json_types import Json
from tastemaker.recommender import Recommender

if TYPE_CHECKING:
    import optuna

DIGITS = 3
"""How many significant digits a suggested number has. Chosen, not measured."""


@dataclass(frozen=True)
class Dimension:
    """One setting that can be searched.

    Attributes:
        name: the setting's name.
        default: its value where nobody searched.
        low, high: the bounds of a number.
        log: whether to step by factors.
        choices: the values of a setting that is no number between bounds.
    """

    name: str
    default: Any
    low: float = 0
    high: float = 0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def suggested(self, trial: optuna.Trial) -> Json:
        """The value that a trial tries, with few digits."""
        if self.choices:
            chosen: Json = trial.suggest_categorical(self.name, list(self.choices))
            return chosen
        if isinstance(self.default, int):
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return self.rounded(trial.suggest_float(self.name, self.low, self.high, log=self.log))

    def rounded(self, value: float) -> float:
        """A number with few digits, within the bounds."""
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


def dimensions(kind: type[Recommender]) -> list[Dimension]:
    """What can be searched of a recommender; nothing where no setting has bounds or choices.

    Nothing of a private one either: what is chosen by its quality keeps no guarantee, and would
    be the one that promises least.
    """
    found: list[Dimension] = []
    if kind.private:
        return found
    for entry in dataclasses.fields(kind.settings_type):
        bounds, default = entry.metadata, entry.default
        choices = bounds.get("choices") or ((False, True) if isinstance(default, bool) else ())
        low, high = bounds.get("low"), bounds.get("high")
        if choices:
            found.append(Dimension(entry.name, default, choices=tuple(choices)))
        elif low is not None and high is not None and low < high:
            log = bool(bounds.get("log")) and low > 0
            found.append(Dimension(entry.name, default, low, high, log))
    return found


def defaults(space: list[Dimension]) -> dict[str, Json]:
    """The default of every setting that can be searched."""
    return {dimension.name: dimension.default for dimension in space}
