"""Importing a file: all of it, or with bad rows set aside; never half of it.

Interactions are checked and sealed first, all of them, into a spool; only then is anything
written, in segments of whole people, each in a transaction of its own. So a bad row in the last
line leaves the database as it was, standard input works like a file, the write lock is held for
seconds at most, and what a crash leaves is completed by the same import again. Items and users,
which are fewer, are spooled too, and written in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.block import Block, Refusal
from tastemaker.io.intake import ItemIntake, UserIntake
from tastemaker.io.partition import by_people
from tastemaker.io.plugin_rows import RowFormat, open_rows
from tastemaker.io.readers import read_blocks
from tastemaker.io.rejects import Rejects, default_path, rejects_file
from tastemaker.io.rows import item_row, user_row
from tastemaker.io.source import FileFormat, InputFile, open_input
from tastemaker.io.spool import Spool
from tastemaker.io.staging import Stager
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.bulk import write_segment
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.validation import DEFAULT_KIND, check_attribute_name

CheckedRow = TypeVar("CheckedRow")
OnError: TypeAlias = Literal["fail", "skip"]

REQUIRED = {
    "items": ("item_id",),
    "users": ("user_id",),
    "interactions": ("user_id", "item_id"),
}
CORRECT_ROW = "Correct the row, or set bad rows aside with --on-error skip."


@dataclass(frozen=True)
class ImportResult:
    """What came of an import.

    Attributes:
        what: "items", "users" or "interactions".
        read: how many rows the file has.
        new: how many of them were not in the database yet.
        updated: how many replaced one that was there, or an earlier one of the file.
        rejected: how many were set aside.
        rejects: where to; None where there are none.
        unread: names in a file of interactions that mean nothing to the import.
    """

    what: str
    read: int
    new: int
    updated: int
    rejected: int = 0
    rejects: Path | None = None
    unread: tuple[str, ...] = ()


def import_file(
    database: Database,
    keyring: Keyring,
    what: str,
    path: str | Path,
    *,
    form: FileFormat | None = None,
    on_error: OnError = "fail",
    rejects: str | Path | None = None,
    features: Sequence[str] = (),
    kind: str = DEFAULT_KIND,
    renamed: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
    brought: RowFormat | None = None,
) -> ImportResult:
    """Imports a file of items, users or interactions; doing it again changes nothing more.

    Args:
        database: where to.
        keyring: seals what belongs to users.
        what: "items", "users" or "interactions".
        path: the file, or "-" for standard input; .gz is unpacked.
        form: "csv", "jsonl" or "parquet"; by the file's name or first bytes where not given.
        on_error: "fail" refuses the file for its first bad row; "skip" sets bad rows aside.
        rejects: where they are set aside; beside the file where not given.
        features: attributes of users that recommenders may use.
        kind: the kind of the interactions whose row names none.
        renamed: what columns of other names mean, by the name that they have in the file.
        progress: told how far it is.
        brought: a plugin's format in which the rows are written, instead of `form`.

    Raises:
        FileRefusedError: a row cannot be taken; nothing of the file is kept.
        InputError: the file cannot be read, or an argument is refused.
        StoreError: the database failed; import again once it works.
    """
    if what not in REQUIRED:
        raise InputError(f"There is no import of {what!r}; choose {', '.join(REQUIRED)}.")
    opened = (
        open_input(path, form, renamed) if brought is None else open_rows(path, brought, renamed)
    )
    with opened as source:
        job = Job(source, on_error, Path(rejects or default_path(path, source.form)), progress)
        if what == "interactions":
            return import_interactions(database, keyring, job, kind)
        if what == "items":
            return import_items(database, job)
        return import_users(database, keyring, job, features)


@dataclass(frozen=True)
class Job:
    """One file on its way in."""

    source: InputFile
    on_error: OnError
    rejects: Path
    progress: Progress

    def blocks(self, what: str) -> Iterator[Block]:
        """The file's rows, with the progress reported."""
        for block in read_blocks(self.source, REQUIRED[what]):
            yield block
            self.progress(self.source.position(), self.source.size, f"Reading {what}")

    def refuse(self, refused: Sequence[Refusal], block: Block, rejects: Rejects) -> None:
        """Sets rows aside, or refuses the file for the first of them.

        Raises:
            FileRefusedError: bad rows are not to be set aside.
        """
        if refused and self.on_error == "fail":
            first = min(refused, key=lambda refusal: refusal.line)
            reason = first.reason.rstrip(".")
            raise FileRefusedError(self.source.name, first.line, reason, CORRECT_ROW)
        rejects.add(refused, block.names)

    def result(self, what: str, written: Written, rejects: Rejects) -> ImportResult:
        """What came of it."""
        read = written.new + written.updated + rejects.count
        place = self.rejects if rejects.count else None
        return ImportResult(what, read, written.new, written.updated, rejects.count, place)


def import_items(database: Database, job: Job) -> ImportResult:
    """Imports items in one transaction, after the whole file was read."""
    flat = job.source.form != "jsonl"
    with ItemIntake() as intake:
        with rejects_file(job.rejects, job.source.form) as rejects:
            intake.add_rows(checked_rows(job, "items", lambda row: item_row(row, flat), rejects))
        written = database.write(intake.write, "importing items")
    return job.result("items", written, rejects)


def import_users(
    database: Database, keyring: Keyring, job: Job, features: Sequence[str]
) -> ImportResult:
    """Imports users in one transaction, after the whole file was read and sealed."""
    checked = [check_attribute_name(name, "user attribute") for name in features]
    with UserIntake(keyring, checked) as intake:
        with rejects_file(job.rejects, job.source.form) as rejects:
            intake.add_rows(checked_rows(job, "users", user_row, rejects))
        written = database.write(intake.write, "importing users")
    return job.result("users", written, rejects)


def checked_rows(
    job: Job, what: str, check: Callable[[dict[str, object]], CheckedRow], rejects: Rejects
) -> Iterator[CheckedRow]:
    """The rows of a file that pass the check.

    Raises:
        FileRefusedError: one does not, and it is not to be set aside.
    """
    for block in job.blocks(what):
        refused = list(block.refused)
        passed: list[CheckedRow] = []
        for index, line in enumerate(block.lines):
            try:
                passed.append(check(block.row(index)))
            except InputError as error:
                refused.append(Refusal(line, str(error), block.row(index)))
        job.refuse(refused, block, rejects)
        yield from passed


def import_interactions(database: Database, keyring: Keyring, job: Job, kind: str) -> ImportResult:
    """Imports interactions: checks and seals all of them, then writes them in segments."""
    with Spool() as spool:
        with rejects_file(job.rejects, job.source.form) as rejects:
            rows, unread = stage(job, Stager(keyring, kind), spool, rejects)
        written, done = Written(0, 0), 0
        for segment in by_people(spool):
            write = partial(write_segment, keyring=keyring, segment=segment)
            written = written.plus(database.write(write, "importing interactions"))
            done += len(segment)
            job.progress(done, rows, "Writing interactions")
    return replace(job.result("interactions", written, rejects), unread=tuple(sorted(unread)))


def stage(job: Job, stager: Stager, spool: Spool, rejects: Rejects) -> tuple[int, set[str]]:
    """Checks all rows and spools those that pass; how many they are, and what nobody reads.

    Raises:
        FileRefusedError: one does not pass, and it is not to be set aside.
    """
    rows, unread = 0, set[str]()
    for block in job.blocks("interactions"):
        unread.update(unread_names(block))
        refused, segment = stager.add(block)
        job.refuse(refused, block, rejects)
        rows += spool.append(segment)
    return rows + spool.append(stager.finish()), unread


def unread_names(block: Block) -> set[str]:
    """The columns, or the first object's names, that say nothing about an interaction."""
    names = block.names or (block.row(0) if len(block) else ())
    return set(names).difference(FILE_COLUMNS)
