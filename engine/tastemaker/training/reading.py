"""Reading trained releases back: one whole, or all in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from tastemaker.errors import NewerReleaseError, NotFoundError, TastemakerError
from tastemaker.store import meta, releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.training.report import Release
from tastemaker.validation import as_iso


@dataclass(frozen=True)
class ReleaseSummary:
    """A release in a line.

    Attributes:
        number: its number.
        state: "active", "kept", "newer" (than this version can read) or "damaged".
        trained_at: when its data was read, ISO 8601 in UTC.
        recommenders: whose models are in it.
        measures: the blend's held-out measures.
        size: in bytes.
        problem: what is wrong with it, if anything.
    """

    number: int
    state: str
    trained_at: str
    recommenders: tuple[str, ...]
    measures: Mapping[str, float]
    size: int
    problem: str = ""

    def row(self) -> dict[str, object]:
        """The same as a row of a table."""
        return {
            "release": self.number,
            "state": self.state,
            "trained_at": self.trained_at,
            "recommenders": ", ".join(self.recommenders),
            "ndcg@10": self.measures.get("ndcg@10"),
            "size": self.size,
            "problem": self.problem,
        }


def read_releases(connection: Connection, keyring: Keyring) -> list[ReleaseSummary]:
    """All releases, the newest first; one that cannot be read is listed with the reason."""
    active = active_release(connection, keyring)
    summaries: list[ReleaseSummary] = []
    for row in releases.list_releases(connection):
        when = str(as_iso(row.trained_at))
        try:
            release = Release.from_json(releases.read_manifest(connection, keyring, row.number))
        except TastemakerError as error:
            state = "newer" if isinstance(error, NewerReleaseError) else "damaged"
            summaries.append(ReleaseSummary(row.number, state, when, (), {}, row.size, str(error)))
            continue
        state = "active" if row.number == active else "kept"
        found = (release.serving, release.measures, row.size)
        summaries.append(ReleaseSummary(row.number, state, when, *found))
    return summaries


def read_release(connection: Connection, keyring: Keyring, number: int | None) -> Release:
    """A release with its measures; the active one where no number is given.

    Raises:
        NotFoundError: there is no such release, or none is active.
        TamperedError: it was changed.
        ReleaseError: it cannot be read, or a newer version wrote it.
    """
    active = active_release(connection, keyring)
    wanted = active if number is None else number
    if wanted is None:
        raise NotFoundError("No release is active. `tastemaker train` makes one.")
    manifest = releases.read_manifest(connection, keyring, wanted)
    release = Release.from_json(manifest)
    return replace(release, number=wanted, active=wanted == active)


def last_problems(connection: Connection, keyring: Keyring) -> dict[str, str]:
    """Why recommenders failed in the newest training that was kept, by name; none if unreadable."""
    rows = releases.list_releases(connection)
    if not rows:
        return {}
    try:
        manifest = releases.read_manifest(connection, keyring, rows[0].number)
        members = Release.from_json(manifest).members
    except TastemakerError:
        return {}
    return {one.name: one.problem for one in members if one.state == "failed"}


def active_release(connection: Connection, keyring: Keyring) -> int | None:
    """The number of the active release; None where none is, or its pointer was tampered with."""
    try:
        return releases.active_number(keyring, meta.get(connection, releases.ACTIVE))
    except TastemakerError:
        return None
