"""Quick training: what gives most for its cost, and what the rest would have added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from tastemaker.errors import TastemakerError
from tastemaker.plugin.discovery import Plugin
from tastemaker.store import releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.training.limits import Limits
from tastemaker.training.reading import read_release
from tastemaker.training.report import Release

QUICK_FOLDS = 2
"""On so many folds quick training learns: with one alone nothing could be measured on what the
weights were not learnt from."""

HELD_BACK = "not part of quick training"


@dataclass(frozen=True)
class QuickChoice:
    """Who takes part in quick training.

    Attributes:
        participants: they do.
        left_out: the others.
        earlier: the newest release that was trained in full, if there is one.
    """

    participants: tuple[Plugin, ...]
    left_out: tuple[Plugin, ...]
    earlier: Release | None

    def notes(self, release: Release) -> tuple[str, ...]:
        """What the rest would have added to a release, as far as it is known."""
        names = ", ".join(one.name for one in self.left_out)
        if not names:
            return ()
        if self.earlier is None:
            why = "was not measured: no release here was trained in full"
            return (f"Quick training left out {names}. What they would have added {why}.",)
        weight = _weight_of(self.earlier, [one.name for one in self.left_out])
        before, now = (one.measures.get("ndcg@10") for one in (self.earlier, release))
        measured = f"its NDCG@10 was {before:.4f}" if before else "it was not measured"
        this = f"; that of this one is {now:.4f}" if now else ""
        return (
            f"Quick training left out {names}. In release {self.earlier.number}, trained in full, "
            f"they had {weight:.0%} of the weight for long histories, and {measured}{this}.",
        )


def choose_quick(participants: Sequence[Plugin], earlier: Release | None) -> QuickChoice:
    """Those that need no extra modules to train: networks take most of the time.

    Of these, only those that the earlier release gave weight, if it had any of them. Where nobody
    is left, everybody takes part.

    Args:
        participants: all that could take part.
        earlier: the newest release that was trained in full.
    """
    light = [one for one in participants if one.recommender and not one.recommender.requires]
    proven = earlier.serving if earlier else ()
    chosen = [one for one in light if one.name in proven] or light or list(participants)
    names = {one.name for one in chosen}
    others = tuple(one for one in participants if one.name not in names)
    return QuickChoice(tuple(chosen), others, earlier)


def quick_limits(limits: Limits) -> Limits:
    """The limits with fewer folds."""
    return replace(limits, folds=QUICK_FOLDS)


def last_full_release(connection: Connection, keyring: Keyring) -> Release | None:
    """The newest release that was trained in full and can be read; None where there is none."""
    for row in releases.list_releases(connection):
        try:
            release = read_release(connection, keyring, row.number)
        except TastemakerError:
            continue
        if not release.quick:
            return release
    return None


def _weight_of(release: Release, names: Sequence[str]) -> float:
    """The share of weight that some members have for the longest histories."""
    if release.curve is None:
        return 0.0
    weights: Mapping[str, float] = dict(
        zip(release.curve.members, release.curve.weights[-1].tolist(), strict=True)
    )
    return float(np.sum([weights.get(name, 0.0) for name in names]))
