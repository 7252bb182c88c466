"""What the operator set: which recommenders are switched off, and their settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy import Connection

from tastemaker.border import Json
from tastemaker.store import meta

NAME = "configuration"
"""The name in `meta` that the configuration is kept under."""


@dataclass(frozen=True)
class Configuration:
    """The operator's choices, shared by everyone who opens the database.

    Attributes:
        disabled: the recommenders that are switched off.
        settings: for a recommender, the settings that differ from its defaults.
    """

    disabled: frozenset[str] = frozenset()
    settings: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def switched(self, name: str, enabled: bool) -> Self:
        """The same with one recommender switched on or off."""
        disabled = self.disabled - {name} if enabled else self.disabled | {name}
        return replace(self, disabled=disabled)

    def adjusted(self, name: str, settings: Mapping[str, Json]) -> Self:
        """The same with some settings of one recommender changed."""
        merged = {**self.settings.get(name, {}), **settings}
        return replace(self, settings={**self.settings, name: merged})


def parse_configuration(text: str | None) -> Configuration:
    """The configuration as it stands in `meta`; the empty one where there is none."""
    if text is None:
        return Configuration()
    value = json.loads(text)
    return Configuration(frozenset(value["disabled"]), value["settings"])


def read_configuration(connection: Connection) -> Configuration:
    """The configuration of this database."""
    return parse_configuration(meta.get(connection, NAME))


def write_configuration(connection: Connection, configuration: Configuration) -> None:
    """Replaces the configuration of this database."""
    value = {
        "disabled": sorted(configuration.disabled),
        "settings": {name: dict(own) for name, own in configuration.settings.items()},
    }
    meta.put(connection, NAME, json.dumps(value, sort_keys=True))
