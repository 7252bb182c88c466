"""Erasures: what a receipt says is gone, what is pending, and how what is pending is finished.

A person's rows are deleted in one transaction. Their bytes leave the database's files afterwards,
which may fail, wait for readers, or be killed; so the same transaction notes the erasure as
unfinished (a row of `meta` each), and the note goes when the bytes are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from tastemaker.errors import InputError, KeyProblem, StoreError, TamperedError
from tastemaker.store import meta
from tastemaker.store.crypto.data_keys import INDEX
from tastemaker.store.crypto.sealed_column import as_sealed
from tastemaker.store.key_rows import destroyed_index_keys, learn_index_keys
from tastemaker.store.ledger import Erased, ErasureLedger
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.dialect import LOG, PAGES
from tastemaker.store.sql.tables import erasure, interaction, key, meta as meta_table, user
from tastemaker.validation import MICROSECOND, as_iso

UNFINISHED = "unfinished_erasure/"
"""What the names in `meta` of unfinished erasures begin with; the ref follows."""

TABLES = (user.name, interaction.name)
"""Where a person's bytes were."""

RETRAIN_US = timedelta(days=30) // MICROSECOND
"""Within how many microseconds models are to be trained without a forgotten person: about a month,
which the GDPR (article 12) gives for acting on the request."""

LEDGER = "ledger"
"""What is pending where an erasure is not yet in the ledger outside of the database."""

PLACES = {
    LOG: "the write-ahead log (somebody still reads an older state, or writes)",
    PAGES: "unused space in the files of the tables",
}
"""Where deleted bytes may be, in words."""

FINISH_ADVICE = "`tastemaker users finish-erasures` removes them."

NO_LEDGER = (
    "No ledger of erasures lies outside of the database (TASTEMAKER_LEDGER names one): a backup "
    "made before would bring the person back."
)

NOT_ENTERED = (
    "Pending: the ledger of erasures was changed, or cannot be written, so a backup made before "
    "would bring the person back. Correct it, and run `tastemaker users finish-erasures`."
)


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of one person.

    Attributes:
        ref: the keyed hash of the id; the ledger of erasures keeps it.
        time: when, in microseconds since 1970 UTC.
        interactions: how many interactions went with the person.
        members: by the number of each release that was trained since the person came, the
            recommenders whose models may have learnt from the person.
    """

    ref: bytes
    time: int
    interactions: int
    members: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def releases(self) -> tuple[int, ...]:
        """The releases, by number, that were trained since the person came."""
        return tuple(self.members)

    @property
    def retrain_by(self) -> int | None:
        """Until when to train anew, in microseconds since 1970 UTC; None where nobody learnt."""
        return self.time + RETRAIN_US if self.members else None


@dataclass(frozen=True)
class Receipt:
    """What is gone of a person, and what is pending; it names nobody.

    Attributes:
        forgotten: what was deleted, when, and the releases trained while it was there.
        pending: where deleted bytes may still be, and can be removed by `finish_erasures`: "log",
            the write-ahead log, and "pages", unused space in the files of the tables. "ledger":
            the ledger outside of the database could not be written.
        ledger: the file of that ledger; "" where there is none.
        beyond: in words, where they are out of the engine's reach; "" on SQLite.
    """

    forgotten: Forgotten
    pending: tuple[str, ...] = ()
    beyond: str = ""
    ledger: str = ""

    @property
    def complete(self) -> bool:
        """Whether no file of the database holds a deleted byte any more; never on PostgreSQL."""
        return not (self.pending or self.beyond)

    def text(self) -> str:
        """The receipt in words."""
        lines = [f"Forgotten, with {self.forgotten.interactions} interactions."]
        for number, names in self.forgotten.members.items():
            lines.append(f"Trained while they were there: release {number} ({', '.join(names)}).")
        if self.forgotten.retrain_by is not None:
            day = str(as_iso(self.forgotten.retrain_by))[:10]
            lines.append(
                "Models hold items, not people, and yet were learnt from them too; to learn "
                f"without them run `tastemaker train`, by {day}."
            )
        lines += left_in_words(self.pending, self.beyond)
        if not self.ledger:
            lines.append(NO_LEDGER)
        return "\n".join(lines)


class FinishedErasures(NamedTuple):
    """What became of unfinished erasures.

    Attributes:
        finished: how many are finished now.
        unfinished: how many are not.
        pending, beyond: as in a `Receipt`.
    """

    finished: int
    unfinished: int
    pending: tuple[str, ...] = ()
    beyond: str = ""

    def text(self) -> str:
        """The same in words."""
        counted = f"{self.finished:,} erasures finished, {self.unfinished:,} pending."
        return "\n".join([counted, *left_in_words(self.pending, self.beyond)])


def left_in_words(pending: tuple[str, ...], beyond: str) -> list[str]:
    """Where deleted bytes may still be, in sentences."""
    where = " and ".join(PLACES[place] for place in pending if place in PLACES)
    lines = [f"Pending: deleted bytes may still be in {where}. {FINISH_ADVICE}"] if where else []
    if LEDGER in pending:
        lines.append(NOT_ENTERED)
    return [*lines, beyond] if beyond else lines


def note_unfinished(connection: Connection, forgotten: Forgotten) -> None:
    """Notes an erasure as unfinished; in the transaction that deletes."""
    content = {**asdict(forgotten), "ref": forgotten.ref.hex()}
    meta.put(connection, UNFINISHED + forgotten.ref.hex(), json.dumps(content))


def find_unfinished(connection: Connection, refs: Iterable[bytes]) -> Forgotten | None:
    """The unfinished erasure of one person, by all refs of that person, if there is one.

    Raises:
        TamperedError: its note was changed.
    """
    names = {UNFINISHED + ref.hex(): ref for ref in refs}
    found = next(iter(meta.get_many(connection, names).items()), None)
    if found is None:
        return None
    name, noted = found
    try:
        content = json.loads(noted)
        members = {int(key): tuple(own) for key, own in content["members"].items()}
        return Forgotten(names[name], int(content["time"]), int(content["interactions"]), members)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise TamperedError(
            "The note on an unfinished erasure was changed. Delete the rows of tastemaker_meta "
            f"whose names begin with {UNFINISHED}, and finish with VACUUM (SQLite) or VACUUM FULL."
        ) from None


def finish_at_once(database: Database, ledger: ErasureLedger | None) -> FinishedErasures:
    """Finishes what can be finished without making others wait; does not fail for what cannot.

    The rows are deleted and committed already: that the rest is pending is no reason to say that
    it was not done.
    """
    try:
        return _finish(database, ledger, database.wipe_traces)
    except StoreError:
        return FinishedErasures(0, 0, (LOG, PAGES), database.dialect.beyond)


def finish_all(database: Database, ledger: ErasureLedger | None) -> FinishedErasures:
    """Finishes all erasures, however long it takes and whoever waits for it.

    Raises:
        StoreError: the database cannot be reached.
    """
    return _finish(database, ledger, lambda: database.rewrite_tables(TABLES))


def _finish(
    database: Database, ledger: ErasureLedger | None, wipe: Callable[[], frozenset[str]]
) -> FinishedErasures:
    rows = meta_table.c.name.startswith(UNFINISHED, autoescape=True)
    # Read before the wiping begins: what is deleted during it counts as unfinished.
    with database.reading("reading unfinished erasures") as connection:
        noted = connection.execute(select(meta_table.c.name, meta_table.c.value).where(rows)).all()
        pending = _missing_in(ledger, connection)
    if noted:
        pending |= wipe()
    if pending or not noted:
        return FinishedErasures(0, len(noted), tuple(sorted(pending)), database.dialect.beyond)
    with database.writing(operation="noting finished erasures") as connection:
        for name, value in noted:
            same = (meta_table.c.name == name) & (meta_table.c.value == value)
            connection.execute(delete(meta_table).where(same))
    return FinishedErasures(len(noted), 0, (), database.dialect.beyond)


def _missing_in(ledger: ErasureLedger | None, connection: Connection) -> frozenset[str]:
    """Enters all erasures that the ledger does not have; what is pending if that cannot be done.

    All of them: a ledger that was named later, or lost, is whole again.
    """
    if ledger is None:
        return frozenset()
    try:
        learn_index_keys(connection, ledger.keyring)
        gone = destroyed_index_keys(connection)
        ledger.enter([one for one in _entries(connection) if one.key_id not in gone], gone)
    except (InputError, KeyProblem):
        return frozenset({LEDGER})
    return frozenset()


def _entries(connection: Connection) -> list[Erased]:
    """All erasures, the oldest first."""
    # Those of versions before the index key could be rotated name none: it was the first one.
    first = select(key.c.key_id).where(key.c.purpose == INDEX)
    first = first.order_by(key.c.created, key.c.key_id).limit(1)
    key_id = func.coalesce(erasure.c.key_id, first.scalar_subquery())
    rows = connection.execute(
        select(erasure.c.time, erasure.c.ref, key_id).order_by(erasure.c.time)
    )
    return [Erased(time, as_sealed(ref), number) for time, ref, number in rows]
