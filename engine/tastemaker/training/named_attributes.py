"""Settings that name an attribute or a feature which the data has not."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches

from tastemaker.data import TrainingData
from tastemaker.plugin.discovery import Plugin

MOST_NAMED = 8
"""How many of those that there are a note names."""


def unknown_names(participants: Sequence[Plugin], data: TrainingData) -> list[str]:
    """A note on each setting of a recommender that names what the data has not.

    Args:
        participants: the recommenders that are trained, with their settings.
        data: what they learn from.
    """
    return [note for plugin in participants for note in _notes(plugin, data)]


def _notes(plugin: Plugin, data: TrainingData) -> Iterator[str]:
    if plugin.recommender is None:
        return
    for entry in dataclasses.fields(plugin.recommender.settings_type):
        what, named = entry.metadata.get("names"), plugin.chosen.get(entry.name, entry.default)
        if what is None or not named:
            continue
        known = data.items.attributes if what == "attribute" else data.people.features
        if named not in known:
            yield (
                f"The setting {entry.name} of {plugin.name} names the {what} {named!r:.80}, which "
                f"there is none of; there are: {_shown(str(named), sorted(known))}."
            )


def _shown(wanted: str, known: Collection[str]) -> str:
    """Those that there are, the ones that are spelt alike first."""
    close = get_close_matches(wanted, known, n=3)
    shown = [*close, *(name for name in known if name not in close)][:MOST_NAMED]
    more = len(known) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "") if shown else "none"
