"""A training run of a database: snapshot → build → release, saved and activated."""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.store.configuration import read_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.releases import CATALOGUE, StoredModel
from tastemaker.store.sql.database import Database
from tastemaker.training.building import Built, Member, build
from tastemaker.training.data_quality import Announce, ignore_findings
from tastemaker.training.fitting import choose
from tastemaker.training.limits import DEFAULT, Limits
from tastemaker.training.report import MemberReport, Release
from tastemaker.training.saving import UnsavedRelease, save
from tastemaker.training.snapshot import Snapshot, read_snapshot
from tastemaker.validation import now_us


class Trainer:
    """Trains releases of one database.

    Args:
        database: where the data is, and the release goes.
        keyring: seals and signs.
        plugins: what the application brings besides installed distributions.
    """

    def __init__(self, database: Database, keyring: Keyring, plugins: Sequence[object]) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins

    def train(
        self,
        only: Sequence[str],
        seed: int,
        activate: bool,
        progress: Progress,
        limits: Limits = DEFAULT,
        hold_out: str | None = None,
        announce: Announce = ignore_findings,
    ) -> Release:
        """One training run; see `Tastemaker.train`."""
        trained_at = now_us()
        with self._database.reading("reading the training data") as connection:
            configuration = read_configuration(connection)
            registry = Registry(self._plugins, configuration.disabled)
            candidates = choose(registry, configuration.settings, only)
            features = any(candidate.uses_features for candidate in candidates)
            snapshot = read_snapshot(connection, self._keyring, seed, features=features)
        built = build(registry, candidates, snapshot.data, progress, limits, hold_out, announce)
        progress(1, 1, "saving the release")
        unsaved = UnsavedRelease(
            described(snapshot, built, () if only else registry.unavailable),
            [stored_items(snapshot), *(stored_model(registry, one) for one in built.members)],
            trained_at,
        )
        return save(self._database, self._keyring, unsaved, activate)


def stored_items(snapshot: Snapshot) -> StoredModel:
    """The items that a release knows, and how often each was chosen, as they are written."""
    return StoredModel(
        CATALOGUE, arrays={"item_keys": snapshot.item_keys, "counts": snapshot.counts}
    )


def stored_model(registry: Registry, member: Member) -> StoredModel:
    """A member as it is written."""
    plugin, state = registry.find(member.guarded.name), member.state
    return StoredModel(plugin.name, plugin.distribution, plugin.version, state.arrays, state.values)


def described(snapshot: Snapshot, built: Built, unavailable: Sequence[Plugin]) -> Release:
    """The release as its manifest will have it."""
    data = snapshot.data
    n_interactions = len(data.people.times)
    held_out = f", measured on {built.basis}" if built.basis else ", not measured"
    absent = [
        MemberReport(plugin.name, plugin.family, plugin.origin, plugin.state, plugin.problem)
        for plugin in unavailable
    ]
    return Release(
        0,
        False,
        "",
        f"{len(data.people):,} people, {data.n_items:,} items, {n_interactions:,} interactions"
        + held_out,
        (*absent, *built.reports),
        built.curve,
        len(data.people),
        data.n_items,
        n_interactions,
        (*built.notes, *invitations(unavailable)),
        built.findings,
    )


def invitations(unavailable: Sequence[Plugin]) -> list[str]:
    """How to add the recommenders that cannot be trained here, a line for each remedy."""
    names: dict[str, list[str]] = {}
    for plugin in unavailable:
        names.setdefault(plugin.problem, []).append(plugin.name)
    return [f"Not trained here: {', '.join(own)} ({problem})." for problem, own in names.items()]
