"""Putting tables of items, users and interactions, without a file in between."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tastemaker.io.importing import REQUIRED, ImportResult, unread_names
from tastemaker.io.intake import (
    Intake,
    InteractionIntake,
    ItemIntake,
    ItemUpdateIntake,
    UserIntake,
    UserUpdateIntake,
)
from tastemaker.io.partition import by_people
from tastemaker.io.tables import TableRows, read_table
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.bulk import write_segment
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session


def put_item_table(
    database: Database, rows: TableRows, connection: Connection | Session | None = None
) -> Written:
    """Writes items in one transaction; see `Tastemaker.put_items`."""
    with ItemIntake() as intake:
        add_all(intake, "items", rows)
        return database.write(intake.write, "writing items", connection)


def put_user_table(
    database: Database,
    keyring: Keyring,
    rows: TableRows,
    features: Sequence[str],
    connection: Connection | Session | None = None,
) -> Written:
    """Writes users in one transaction; see `Tastemaker.put_users`."""
    with UserIntake(keyring, features) as intake:
        add_all(intake, "users", rows)
        return database.write(intake.write, "writing users", connection)


def update_item_table(
    database: Database, rows: TableRows, connection: Connection | Session | None = None
) -> int:
    """Changes items in one transaction; see `Tastemaker.update_items`."""
    with ItemUpdateIntake() as intake:
        add_all(intake, "items", rows)
        return database.write(intake.write, "updating items", connection).updated


def update_user_table(
    database: Database,
    keyring: Keyring,
    rows: TableRows,
    features: Sequence[str],
    connection: Connection | Session | None = None,
) -> int:
    """Changes users in one transaction; see `Tastemaker.update_users`."""
    with UserUpdateIntake(keyring, features) as intake:
        add_all(intake, "users", rows)
        return database.write(intake.write, "updating users", connection).updated


def add_all(intake: Intake, what: str, rows: TableRows) -> None:
    """Takes in all rows.

    Raises:
        RowRefusedError: a row cannot be taken.
        InputError: it is no table, or lacks a column.
    """
    for block in read_table(rows, REQUIRED[what]).blocks:
        intake.add(block)


def record_table(
    database: Database,
    keyring: Keyring,
    rows: TableRows,
    kind: str,
    connection: Connection | Session | None = None,
) -> ImportResult:
    """Writes interactions; see `Tastemaker.record_many`."""
    with InteractionIntake(keyring, kind) as intake:
        table = read_table(rows, REQUIRED["interactions"], FILE_COLUMNS)
        unread = set(table.names).difference(FILE_COLUMNS)
        for block in table.blocks:
            intake.add(block)
            unread.update(unread_names(block))
        if connection is None:
            written = write_each(intake, database, keyring)
        else:
            written = database.write(intake.write, "recording", connection)
    return ImportResult(
        "interactions", intake.count, written.new, written.updated, unread=tuple(sorted(unread))
    )


def write_each(intake: InteractionIntake, database: Database, keyring: Keyring) -> Written:
    """Writes segments of whole people, each in a transaction of its own, as an import does."""
    written = Written(0, 0)
    for segment in by_people(intake.finish()):
        new = database.write(partial(write_segment, keyring=keyring, segment=segment), "recording")
        written = written.plus(new)
    return written
