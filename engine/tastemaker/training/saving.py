"""Saving a release and letting it answer: in one transaction, so that it is all there or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tastemaker.errors import TastemakerError
from tastemaker.store import releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.releases import StoredModel
from tastemaker.store.sql.database import Database
from tastemaker.training.reading import active_release, read_release
from tastemaker.training.report import Release
from tastemaker.validation import as_iso

CLEARLY_WORSE = 0.8
"""A release is not activated if its held-out NDCG is below this share of the active one's."""


@dataclass(frozen=True)
class UnsavedRelease:
    """A release that is not stored yet.

    Attributes:
        release: what it says about itself; it has no number yet.
        models: its items, and what its members are made of.
        trained_at: when its data was read, in microseconds since 1970 UTC.
    """

    release: Release
    models: Sequence[StoredModel]
    trained_at: int


def save(database: Database, keyring: Keyring, unsaved: UnsavedRelease, activate: bool) -> Release:
    """Writes a release and, if it may answer and measures well enough, activates it."""
    release = unsaved.release
    with database.writing(operation="saving a release") as connection:
        objection = worse_than_active(connection, keyring, release) if activate else ""
        active = activate and not objection
        noted = release.dated(str(as_iso(unsaved.trained_at)), [objection] if objection else [])
        number = releases.save_release(
            connection, keyring, noted.to_json(), unsaved.models, unsaved.trained_at
        )
        if active:
            releases.activate(connection, keyring, number)
        serving = active_release(connection, keyring)
        releases.prune(connection, serving, number)
    return noted.numbered(number, active)


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
