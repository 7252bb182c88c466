"""Settings of plugins: frozen dataclasses whose fields know their bounds and search space."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeVar

from tastemaker.errors import SettingsError

TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
}
"""What a setting of each type is called."""

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """The base of a plugin's settings: a frozen dataclass whose fields are `setting(…)`."""

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            check_setting(entry, getattr(self, entry.name))

    @classmethod
    def renamed(cls, values: Mapping[str, T]) -> dict[str, T]:
        """Values under the present names of the settings; what is no setting keeps its name.

        Where a value is given under the present name as well as a former one, the present one
        counts.
        """
        present = {
            former: entry.name
            for entry in dataclasses.fields(cls)
            for former in entry.metadata.get("formerly", ())
        }
        return {present.get(name, name): value for name, value in values.items()} | {
            name: value for name, value in values.items() if name not in present
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Settings as a `State` holds them among other values; the defaults for the rest.

        Raises:
            SettingsError: a value is of the wrong type or out of its bounds.
        """
        known = {entry.name for entry in dataclasses.fields(cls)}
        renamed = cls.renamed(values)
        return cls(**{name: renamed[name] for name in known.intersection(renamed)})


def setting(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: tuple[Any, ...] | None = None,
    formerly: tuple[str, ...] = (),
    names: Literal["attribute", "feature"] | None = None,
) -> Any:
    """One setting: a dataclass field that knows its bounds and its search space.

    Args:
        default: the value where none is given.
        help: one sentence on what it does.
        low: the least value allowed, and where a search starts.
        high: the largest value allowed, and where a search ends.
        log: whether a search should step by factors.
        choices: the values allowed, where they are few.
        formerly: names it had before; values stored under them are read as its own.
        names: what the text names, an attribute of items or a feature of people: training tells
            of one that there is none of.
    """
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "log": log,
        "choices": choices,
        "formerly": formerly,
        "names": names,
    }
    return field(default=default, metadata=metadata)


def check_setting(entry: dataclasses.Field[Any], value: Any) -> None:
    """Refuses a value of the wrong type or out of its bounds.

    Raises:
        SettingsError: it names the setting, the value and what is allowed.
    """
    bounds, kind = entry.metadata, type(entry.default)
    alike = (int, float) if kind is float else (kind,)
    if not isinstance(value, alike) or (kind is not bool and isinstance(value, bool)):
        wanted = TYPE_NAMES.get(kind, f"of type {kind.__name__}")
        raise SettingsError(f"Setting {entry.name} is {value!r}; it must be {wanted}.")
    choices = bounds.get("choices")
    if choices is not None and value not in choices:
        raise SettingsError(
            f"Setting {entry.name} is {value!r}; choose one of {', '.join(map(str, choices))}."
        )
    low, high = bounds.get("low"), bounds.get("high")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingsError(
            f"Setting {entry.name} is {value!r}; it must lie between {low} and {high}."
        )


def allowed_values(entry: dataclasses.Field[Any]) -> str:
    """What `check_setting` lets through, in words: "a whole number, 1 to 1000"."""
    bounds, kind = entry.metadata, type(entry.default)
    if (choices := bounds.get("choices")) is not None:
        return ", ".join(map(str, choices))
    words, low, high = TYPE_NAMES.get(kind, kind.__name__), bounds.get("low"), bounds.get("high")
    if low is not None and high is not None:
        return f"{words}, {low} to {high}"
    if low is not None:
        return f"{words}, {low} at least"
    return words if high is None else f"{words}, {high} at most"
