"""What the operator set: which plugins are switched off, and their settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from sqlalchemy import Connection

from tastemaker.errors import InputError, StoreError
from tastemaker.store import meta
from tastemaker.validation import Json, check_name, check_share, check_support

CONFIGURATION = "configuration"
"""The name in `meta` that the configuration is kept under."""

EXPLORATION = 0.02
"""The share of places that goes to new items, unless the operator sets another;
chosen, not measured."""

UNDECLARED_PEOPLE = 3
"""How many people must have chosen an item that was never declared before it is recommended, unless
the operator sets another number; chosen: one person, or two who know each other, cannot."""

SURFACE_NAME_BYTES = 128

REPAIR = (
    "Restore the row 'configuration' of the table tastemaker_meta from a backup, or delete it: the "
    "defaults then hold."
)


@dataclass(frozen=True)
class Configuration:
    """The operator's choices, shared by everyone who opens the database.

    Attributes:
        disabled: the recommenders and re-rankers that are switched off.
        settings: for each plugin, by its name, the settings that differ from its defaults.
        exploration: the share of places that goes to new items, from 0 to 1.
        surfaces: named requests, as JSON.
        isolated: the recommenders that work in processes of their own.
        undeclared: how many people must have chosen an item that was never declared before it is
            recommended.
        links: how many people something learnt from who chose what must rest on.
        enabled: the recommenders that were switched on by name; those that are trained on request
            are trained then.
    """

    disabled: frozenset[str] = frozenset()
    settings: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    exploration: float = EXPLORATION
    surfaces: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    isolated: frozenset[str] = frozenset()
    undeclared: int = UNDECLARED_PEOPLE
    links: int = 1
    enabled: frozenset[str] = frozenset()

    def switched(self, name: str, enabled: bool) -> Self:
        """The same with one recommender switched on or off."""
        on, off = self.enabled - {name}, self.disabled - {name}
        if enabled:
            return replace(self, enabled=on | {name}, disabled=off)
        return replace(self, enabled=on, disabled=off | {name})

    def renamed(self, present: Callable[[str], str]) -> Self:
        """The same with present names of the plugins that are switched on and off."""
        return replace(
            self,
            enabled=frozenset(map(present, self.enabled)),
            disabled=frozenset(map(present, self.disabled)),
        )

    def moved(self, name: str, isolated: bool) -> Self:
        """The same with one recommender in a process of its own, or in this one."""
        names = self.isolated | {name} if isolated else self.isolated - {name}
        return replace(self, isolated=names)

    def adjusted(self, name: str, settings: Mapping[str, Json]) -> Self:
        """The same with some settings of one recommender changed."""
        merged = {**self.settings.get(name, {}), **settings}
        return replace(self, settings={**self.settings, name: merged})

    def reset(self, name: str, settings: Collection[str]) -> Self:
        """The same with some settings of one recommender at their defaults; all where empty."""
        own = self.settings.get(name, {})
        kept = {one: value for one, value in own.items() if settings and one not in settings}
        others = {other: values for other, values in self.settings.items() if other != name}
        return replace(self, settings={**others, name: kept} if kept else others)

    def exploring(self, share: float) -> Self:
        """The same with another share of places for new items.

        Raises:
            InputError: it is no share.
        """
        return replace(self, exploration=check_share(share, "The exploration share"))

    def resting_on(self, undeclared: int | None, links: int | None) -> Self:
        """The same with other numbers of people; None leaves a number as it is.

        Raises:
            InputError: one is no whole number from 1 on.
        """
        return replace(
            self,
            undeclared=self.undeclared if undeclared is None else _support(undeclared, "items"),
            links=self.links if links is None else _support(links, "links"),
        )

    def with_surface(self, name: str, request: Mapping[str, Json]) -> Self:
        """The same with a named request, in place of the one of that name if there is one.

        Raises:
            InputError: the name is refused.
        """
        checked = check_name(name, "The name of a surface", SURFACE_NAME_BYTES)
        return replace(self, surfaces={**self.surfaces, checked: request})

    def without_surface(self, name: str) -> Self:
        """The same without the named request."""
        kept = {own: request for own, request in self.surfaces.items() if own != name}
        return replace(self, surfaces=kept)


def parse_configuration(text: str | None) -> Configuration:
    """The configuration as it stands in `meta`; the empty one where there is none.

    Raises:
        StoreError: it is damaged.
    """
    if text is None:
        return Configuration()
    try:
        value = json.loads(text)
        return Configuration(
            frozenset(_checked(value["disabled"], list, str)),
            _objects(value["settings"]),
            check_share(value.get("exploration", EXPLORATION), "The exploration share"),
            _objects(value.get("surfaces", {})),
            frozenset(_checked(value.get("isolated", []), list, str)),
            _support(value.get("undeclared", UNDECLARED_PEOPLE), "items"),
            _support(value.get("links", 1), "links"),
            frozenset(_checked(value.get("enabled", []), list, str)),
        )
    except (ValueError, TypeError, KeyError, RecursionError, InputError):
        raise StoreError("reading the configuration", "Damaged", REPAIR) from None


def _support(count: object, what: str) -> int:
    return check_support(count, f"The support of {what}")


def usable_configuration(text: str | None) -> tuple[Configuration, str]:
    """The configuration and no problem; the empty one and the problem where it is damaged."""
    try:
        return parse_configuration(text), ""
    except StoreError as error:
        return Configuration(), f"The defaults serve in place of the configuration. {error}"


def _objects(value: Any) -> dict[str, dict[str, Json]]:
    """A mapping of names to mappings."""
    return {name: _checked(own, dict, str) for name, own in _checked(value, dict, str).items()}


def _checked(value: Any, kind: Callable[..., Any], part: type) -> Any:
    """The value, which is of a kind and has parts of one type.

    Raises:
        TypeError: it is not.
    """
    if type(value) is not kind or not all(isinstance(one, part) for one in value):
        raise TypeError
    return value


def read_configuration(connection: Connection) -> Configuration:
    """The configuration of this database."""
    return parse_configuration(meta.get(connection, CONFIGURATION))


def write_configuration(connection: Connection, configuration: Configuration) -> None:
    """Replaces the configuration of this database."""
    value = {
        "disabled": sorted(configuration.disabled),
        "enabled": sorted(configuration.enabled),
        "settings": {name: dict(own) for name, own in configuration.settings.items()},
        "exploration": configuration.exploration,
        "undeclared": configuration.undeclared,
        "links": configuration.links,
        "surfaces": {name: dict(own) for name, own in configuration.surfaces.items()},
        "isolated": sorted(configuration.isolated),
    }
    meta.put(connection, CONFIGURATION, json.dumps(value, sort_keys=True))
