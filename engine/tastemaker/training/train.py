"""A training run of a database: snapshot → build → release, saved and activated."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from tastemaker.border import now_us
from tastemaker.errors import TastemakerError
from tastemaker.recommender import Progress
from tastemaker.registry import Plugin, Registry
from tastemaker.store import releases
from tastemaker.store.configuration import read_configuration
from tastemaker.store.database import Database
from tastemaker.store.keyring import Keyring
from tastemaker.store.persons import as_iso
from tastemaker.store.releases import CATALOGUE, StoredModel
from tastemaker.training.building import Built, Member, build
from tastemaker.training.limits import DEFAULT, Limits
from tastemaker.training.members import choose
from tastemaker.training.quality import Announce, unheard
from tastemaker.training.reading import active_release, read_release
from tastemaker.training.report import MemberReport, Release
from tastemaker.training.snapshot import Snapshot, read_snapshot

CLEARLY_WORSE = 0.8
"""A release is not activated if its held-out NDCG is below this share of the active one's."""


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
        announce: Announce = unheard,
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
        release = described(snapshot, built, () if only else registry.unavailable)
        models = [stored_model(registry, member) for member in built.members]
        return self._saved(release, models, snapshot, trained_at, activate)

    def _saved(
        self,
        release: Release,
        models: Sequence[StoredModel],
        snapshot: Snapshot,
        trained_at: int,
        activate: bool,
    ) -> Release:
        """Writes the release and, if it measures well enough, activates it: all or nothing."""
        items = StoredModel(
            CATALOGUE, arrays={"item_keys": snapshot.item_keys, "counts": snapshot.counts}
        )
        stored = [items, *models]
        with self._database.writing(operation="saving a release") as connection:
            objection = worse_than_active(connection, self._keyring, release) if activate else ""
            active = activate and not objection
            noted = release.dated(str(as_iso(trained_at)), [objection] if objection else [])
            number = releases.save_release(
                connection, self._keyring, noted.to_json(), stored, trained_at
            )
            if active:
                releases.activate(connection, self._keyring, number)
            serving = active_release(connection, self._keyring)
            releases.prune(connection, serving, number)
        return noted.numbered(number, active)


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


def worse_than_active(connection: Connection, keyring: Keyring, release: Release) -> str:
    """Why a new release should not be activated; empty where nothing speaks against it."""
    try:
        active = read_release(connection, keyring, None)
    except TastemakerError:
        return ""  # none is active, or it is damaged: anything is better
    before, now = active.measures.get("ndcg@10"), release.measures.get("ndcg@10")
    if not before or now is None or now >= CLEARLY_WORSE * before:
        return ""
    return (
        f"Not activated: its held-out NDCG@10 is {now:.4f}, that of the active release "
        f"{active.number} was {before:.4f}. To let it answer all the same run `tastemaker "
        "release activate NUMBER`."
    )
