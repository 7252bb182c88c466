"""Modules that a fit imports first: that takes time, and cannot be stopped."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tastemaker.plugin.discovery import Plugin

LEAST_SECONDS_OF: Mapping[str, float] = {"tensorflow": 5.0}
"""What importing a module takes at least: 5.8 s were measured, and 30 on a busy machine."""


def no_time_to_import(plugin: Plugin, seconds: float) -> str:
    """Why a fit is not begun: its modules are not imported yet, and alone would take its time.

    Args:
        plugin: what would be fitted.
        seconds: how long the fit may take.
    """
    needed = plugin.recommender.requires if plugin.recommender else ()
    missing = [name for name in needed if name not in sys.modules]
    least = sum(LEAST_SECONDS_OF.get(name, 0.0) for name in missing)
    if least <= seconds:
        return ""
    return (
        f"not begun: importing {', '.join(missing)} takes {least:g} s or more, and one fit may "
        f"take {seconds:.2g} s at this time limit; see --time-limit"
    )
