"""What the operator set: which plugins are switched off, and their settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy import Connection

from tastemaker.errors import InputError
from tastemaker.store import meta
from tastemaker.validation import Json

CONFIGURATION = "configuration"
"""The name in `meta` that the configuration is kept under."""

EXPLORATION = 0.02
"""The share of places that goes to new items, unless the operator sets another;
chosen, not measured."""


@dataclass(frozen=True)
class Configuration:
    """The operator's choices, shared by everyone who opens the database.

    Attributes:
        disabled: the recommenders and re-rankers that are switched off.
        settings: for each plugin, by its name, the settings that differ from its defaults.
        exploration: the share of places that goes to new items, from 0 to 1.
    """

    disabled: frozenset[str] = frozenset()
    settings: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    exploration: float = EXPLORATION

    def switched(self, name: str, enabled: bool) -> Self:
        """The same with one recommender switched on or off."""
        disabled = self.disabled - {name} if enabled else self.disabled | {name}
        return replace(self, disabled=disabled)

    def adjusted(self, name: str, settings: Mapping[str, Json]) -> Self:
        """The same with some settings of one recommender changed."""
        merged = {**self.settings.get(name, {}), **settings}
        return replace(self, settings={**self.settings, name: merged})

    def exploring(self, share: float) -> Self:
        """The same with another share of places for new items.

        Raises:
            InputError: it is no share.
        """
        return replace(self, exploration=check_share(share))


def check_share(share: float) -> float:
    """A share of places as it may be set.

    Raises:
        InputError: it is not a number from 0 to 1.
    """
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise InputError(
            f"The exploration share is {share!r}; it must lie between 0 (nothing new is let in) "
            f"and 1, such as {EXPLORATION}."
        )
    return float(share)


def parse_configuration(text: str | None) -> Configuration:
    """The configuration as it stands in `meta`; the empty one where there is none."""
    if text is None:
        return Configuration()
    value = json.loads(text)
    return Configuration(
        frozenset(value["disabled"]), value["settings"], value.get("exploration", EXPLORATION)
    )


def read_configuration(connection: Connection) -> Configuration:
    """The configuration of this database."""
    return parse_configuration(meta.get(connection, CONFIGURATION))


def write_configuration(connection: Connection, configuration: Configuration) -> None:
    """Replaces the configuration of this database."""
    value = {
        "disabled": sorted(configuration.disabled),
        "settings": {name: dict(own) for name, own in configuration.settings.items()},
        "exploration": configuration.exploration,
    }
    meta.put(connection, CONFIGURATION, json.dumps(value, sort_keys=True))
