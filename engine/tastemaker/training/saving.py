"""Saving a release and activating it: in one transaction, so that it is all there or not."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from tastemaker.errors import TastemakerError
from tastemaker.store import releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.releases import CATALOGUE, StoredModel
from tastemaker.store.store import Store
from tastemaker.training.building import UnsavedRelease
from tastemaker.training.profile import SAVING, Profile
from tastemaker.training.reading import active_release, read_release
from tastemaker.training.report import Release
from tastemaker.training.snapshot import Snapshot
from tastemaker.training.together import chosen_together
from tastemaker.validation import as_iso

CLEARLY_WORSE = 0.8
"""A release is not activated if its held-out NDCG is below this share of the active one's.

Chosen, not measured.
"""


def save(store: Store, unsaved: UnsavedRelease, snapshot: Snapshot, activate: bool) -> Release:
    """Writes a release and, if wanted and if it measures well enough, activates it.

    Args:
        store: where it goes.
        unsaved: what was trained.
        snapshot: what it was trained on.
        activate: whether it should serve.

    Raises:
        ReleaseError: a model cannot be stored.
    """
    keyring, release = store.keyring, described(unsaved, snapshot)
    models = [stored_items(snapshot), *unsaved.models]
    with store.writing("saving a release") as connection:
        objection = worse_than_active(connection, keyring, release) if activate else ""
        active = activate and not objection
        if objection:
            release = replace(release, notes=(*release.notes, objection))
        saving = Profile()
        with saving.measure(SAVING):
            number = releases.save_release(
                connection, keyring, release.to_json(), models, snapshot.taken_at
            )
        release = replace(release, profile=(*release.profile, *saving.spans))
        releases.write_manifest(connection, keyring, number, release.to_json())
        if active:
            releases.activate(connection, keyring, number)
        serving = active_release(connection, keyring)
        releases.prune(connection, serving, number)
    return replace(release, number=number, active=active)


def described(unsaved: UnsavedRelease, snapshot: Snapshot) -> Release:
    """The release as its manifest will have it: not active, and without a number yet."""
    data = snapshot.data
    n_users, n_interactions = len(data.people), len(data.people.times)
    size = f"{n_users:,} people, {data.n_items:,} items, {n_interactions:,} interactions"
    measured = f"measured on {unsaved.basis}" if unsaved.basis else "not measured"
    return Release(
        number=0,
        active=False,
        trained_at=str(as_iso(snapshot.taken_at)),
        basis=f"{size}, {measured}",
        members=unsaved.members,
        curve=unsaved.curve,
        n_users=n_users,
        n_items=data.n_items,
        n_interactions=n_interactions,
        notes=unsaved.notes,
        findings=unsaved.findings,
        retrieval=unsaved.retrieval,
        profile=unsaved.profile,
        quick=unsaved.quick,
        repeats=unsaved.repeats,
        moved=unsaved.moved,
        steps=unsaved.steps,
        support=data.support,
    )


def stored_items(snapshot: Snapshot) -> StoredModel:
    """The items that a release knows, by how many each was chosen, and which together."""
    pairs = chosen_together(snapshot.data.people)
    return StoredModel(
        CATALOGUE,
        arrays={
            "item_keys": snapshot.items.keys,
            "counts": snapshot.counts,
            "pair_starts": pairs.starts,
            "partners": pairs.partners,
            "pair_people": pairs.people,
        },
    )


def worse_than_active(connection: Connection, keyring: Keyring, release: Release) -> str:
    """Why a new release should not be activated; empty where nothing stands against it."""
    try:
        active = read_release(connection, keyring, None)
    except TastemakerError:
        return ""  # none is active, or it cannot be read: anything is better
    before, now = active.measures.get("ndcg@10"), release.measures.get("ndcg@10")
    if not before or now is None or now >= CLEARLY_WORSE * before:
        return ""
    return (
        f"Not activated: its held-out NDCG@10 is {now:.4f}, that of the active release "
        f"{active.number} was {before:.4f}. To activate it all the same run `tastemaker "
        "release activate NUMBER`."
    )
