"""What installed packages announce, read again once a folder of packages has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeAlias

from tastemaker.plugin.discovery import PluginSource

GROUP = "tastemaker"
"""The entry-point group in which packages announce their plugins."""

Announced: TypeAlias = tuple[EntryPoint, PluginSource]
_Place: TypeAlias = tuple[str, tuple[int, ...]]


def announced() -> tuple[Announced, ...]:
    """Every entry point of the group, with where it comes from.

    An engine asks three times until its first answer, and the files of all installed packages
    have to be read for it. Whoever installs or removes one changes the folder that it lies in.
    """
    return _read(tuple((place, _change(place)) for place in sys.path))


@lru_cache(maxsize=1)
def _read(places: tuple[_Place, ...]) -> tuple[Announced, ...]:
    return tuple(_sources_of(entry_points(group=GROUP)))


def _change(place: str) -> tuple[int, ...]:
    """Which folder or archive a path is now, and when it changed last; empty where there is none.

    The empty path is the working directory, as for imports.
    """
    try:
        found = os.stat(place or os.curdir)
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _sources_of(points: Iterable[EntryPoint]) -> list[Announced]:
    """Entry points, each with where it comes from; a distribution's metadata is parsed once."""
    names: dict[int, tuple[str, str]] = {}
    found = []
    for point in points:
        dist = point.dist
        if dist is not None and id(dist) not in names:
            names[id(dist)] = (dist.name, dist.version)
        found.append((point, PluginSource(point.name, *names.get(id(dist), ("unknown", "")))))
    return found
