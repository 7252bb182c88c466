"""The checks of `state` and `restore`: what comes back does as before, settings included."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tastemaker.errors import PluginError, SettingsError
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender
from tastemaker.settings import Settings
from tastemaker.testing.calling import shown
from tastemaker.testing.demands import demand, optional_calls, restored, same, scored
from tastemaker.testing.retrieval import every_item
from tastemaker.testing.subject import Check, Subject, extension

RESTORE_ADVICE = (
    "put dataclasses.asdict(self.settings) into the state's values, and begin restore with "
    "cls(cls.settings_type.from_values(state.values))"
)


@Check
def check_state_round_trip(subject: Subject) -> None:
    """What `restore` makes of a stored `state` scores and explains alike."""
    _same_as_before(subject, restored(subject.fitted))


@Check
def check_settings(subject: Subject) -> None:
    """The same with other settings: those that matter after training come back with the state."""
    try:
        _same_as_before(subject, restored(subject.fitted))
    except PluginError:
        return  # whatever the settings: check_state_round_trip tells
    given = subject.kind.settings_type() if subject.settings is None else subject.settings
    for settings in (near_settings(given), lowest_settings(given)):
        other = Subject(subject.kind, settings, subject.data)
        demand(other.fitted.settings == settings, "__init__ must keep the settings given")
        again = restored(other.fitted)
        try:
            _same_as_before(other, again)
        except PluginError as error:
            lost = _lost(settings, again.settings)
            raise PluginError(
                f"restore loses settings ({lost}). {error} {RESTORE_ADVICE}."
            ) from None


def _same_as_before(subject: Subject, again: Recommender) -> None:
    """Demands that what was restored does as the one whose state was taken."""
    people, recommender = subject.data.people, subject.fitted
    wish = "what restore makes of state must score as before"
    same(scored(again, people), scored(recommender, people), f"score: {wish}")
    items, seen = every_item(people), shown(subject.kind, people)
    calls = optional_calls(again, seen, items)
    for method, call in optional_calls(recommender, seen, items).items():
        before, problem = attempt(call)
        if not problem and isinstance(before, np.ndarray):
            after, problem = attempt(calls[method])
            wish = f"{method}: what restore makes of state must give the same as before"
            demand(isinstance(after, np.ndarray), f"{wish}; {problem or 'it gave no array'}")
            same(np.asarray(after), before, wish)
    if subject.extended is not None:
        wish = "extend: what restore makes of state must take in items as before; its score"
        same(scored(*extension(again, subject.data)), scored(*subject.extended), wish)


def _lost(settings: Settings, found: Settings) -> str:
    """The settings that came back as others: "min_length was 4 and came back as 3"."""
    names = [entry.name for entry in dataclasses.fields(settings)]
    pairs = {name: (getattr(settings, name), getattr(found, name, None)) for name in names}
    lost = [
        f"{name} was {one!r} and came back as {other!r}"
        for name, (one, other) in pairs.items()
        if one != other
    ]
    return "; ".join(lost) or "none that it still shows"


def near_settings(settings: Settings) -> Settings:
    """Settings of which each is a little different, as far as it can be."""
    for entry in dataclasses.fields(settings):
        settings = _replaced(settings, entry.name, _near(entry, getattr(settings, entry.name)))
    return settings


def lowest_settings(settings: Settings) -> Settings:
    """Settings of which each number is the least that is allowed: small data feel those too."""
    for entry in dataclasses.fields(settings):
        low, value = entry.metadata.get("low"), getattr(settings, entry.name)
        lowest = [] if low is None else [int(low) if isinstance(value, int) else float(low)]
        settings = _replaced(settings, entry.name, lowest)
    return settings


def _replaced(settings: Settings, name: str, values: Iterable[Any]) -> Settings:
    """The settings with the first of some values that is allowed, or as they are."""
    for value in values:
        try:
            return dataclasses.replace(settings, **{name: value})
        except SettingsError:
            continue
    return settings


def _near(entry: dataclasses.Field[Any], value: Any) -> Iterator[Any]:
    """Values near the one that a setting has; some may not be allowed."""
    if choices := entry.metadata.get("choices"):
        yield from (choice for choice in choices if choice != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        yield from (value * 1.25, value * 0.8) if value else (0.5, -0.5, 0.1)
