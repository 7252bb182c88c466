"""From a plugin's class and the operator's settings to a recommender or re-ranker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TypeVar

from tastemaker.errors import PluginError, SettingsError
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker
from tastemaker.settings import Settings

Made = TypeVar("Made", bound=Recommender | Reranker)


def made_of(plugin: Plugin, kind: Callable[[Settings], Made], settings: Settings) -> Made:
    """What a plugin's class makes of settings.

    Raises:
        PluginError: it cannot be made.
    """
    made, problem = attempt(lambda: kind(settings))
    if made is None:
        raise PluginError(f"{titled(plugin)} cannot be made: {problem}.")
    return made


def settings_from(
    kind: type[Recommender] | type[Reranker], overrides: Mapping[str, object]
) -> Settings:
    """A plugin's settings: its defaults but for the overrides, by present or former names.

    Raises:
        SettingsError: a setting is unknown, of the wrong type or out of its bounds.
    """
    title = "Re-ranker" if issubclass(kind, Reranker) else "Recommender"
    known = [entry.name for entry in dataclasses.fields(kind.settings_type)]
    overrides = kind.settings_type.renamed(overrides)
    unknown = sorted(set(overrides) - set(known))
    if unknown:
        raise SettingsError(
            f"{title} {kind.name} has no setting {', '.join(unknown)}; "
            f"it has: {', '.join(known) or 'none'}."
        )
    try:
        return kind.settings_type(**overrides)
    except SettingsError as error:
        raise SettingsError(f"{title} {kind.name}: {error}") from None


def titled(plugin: Plugin) -> str:
    """What it is, its name and where it comes from: "Recommender ease of tastemaker 0.1.0"."""
    title = "Re-ranker" if plugin.reranker is not None else "Recommender"
    return f"{title} {plugin.name} of {plugin.origin}"
