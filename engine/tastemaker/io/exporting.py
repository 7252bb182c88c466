"""Exporting items, users or interactions, so that an import of the file gives the same again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from tastemaker.errors import InputError
from tastemaker.io.output_file import output_file
from tastemaker.io.rows import SEPARATOR
from tastemaker.io.source import STANDARD, FileFormat, form_of_name
from tastemaker.io.writers import FileRow, as_cell, write_rows
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.columns import FILE_COLUMNS, INTERACTION_COLUMNS
from tastemaker.store.interactions.read import interactions_of
from tastemaker.store.items import iterate_items
from tastemaker.store.kinds import read_kinds
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import interaction, item, user
from tastemaker.store.users.rows import iterate_keys, iterate_users, read_user_ids
from tastemaker.validation import (
    EPOCH,
    MICROSECOND,
    MILLISECONDS_FROM,
    UNTIMED,
    Json,
    looks_like_date,
)

ITEM_COLUMNS = ("item_id", "title", "text", "available")
"""The columns of every file of items; those of its attributes follow."""

USERS_AT_A_TIME = 500
"""Users whose interactions are held while they are written; chosen, not measured."""


def export_file(
    database: Database,
    keyring: Keyring,
    what: str,
    path: str | Path,
    *,
    form: FileFormat | None = None,
    safe: bool = False,
    progress: Progress = no_progress,
) -> int:
    """Writes all items, users or interactions into a file; how many.

    CSV and Parquet hold text: numbers become text, several values of an item's attribute stand in
    one field, separated by `|`. JSON lines keep every attribute as it is. What belongs to users
    is opened: the file is in clear, and only its owner may read it.

    Args:
        database: where from.
        keyring: opens what belongs to users.
        what: "items", "users" or "interactions".
        path: the file, or "-" for standard output; packed where its name ends in .gz.
        form: "csv", "jsonl" or "parquet"; by the file's name where not given (CSV for "-").
        safe: whether no field of CSV may be a formula to a spreadsheet; what begins like one gets
            an apostrophe in front, and does not come back as it was.
        progress: told how far it is.

    Raises:
        InputError: `safe` goes with CSV alone, the file cannot be written, or CSV cannot hold a
            value.
    """
    chosen = form or (None if str(path) == STANDARD else form_of_name(str(path))) or "csv"
    if safe and chosen != "csv":
        raise InputError(f"safe is about formulas in CSV, and {chosen} has none. Leave it out.")
    with database.reading(f"exporting {what}") as connection, output_file(path) as stream:
        columns, rows, total = exported(connection, keyring, what, flat=chosen != "jsonl")
        return write_rows(stream, chosen, columns, reported(rows, total, what, progress), safe)


def exported(
    connection: Connection, keyring: Keyring, what: str, flat: bool
) -> tuple[list[str], Iterator[FileRow], int]:
    """The columns, the rows, and how many there are.

    Args:
        connection: in a reading transaction.
        keyring: opens what belongs to users.
        what: "items", "users" or "interactions".
        flat: whether attributes must become text.

    Raises:
        InputError: there is nothing of that name.
    """
    if what == "items":
        names = attribute_names(row.attributes for row in iterate_items(connection))
        total = count(connection, item)
        return [*ITEM_COLUMNS, *names], exported_items(connection, flat), total
    if what == "users":
        names = attribute_names(row.attributes for row in iterate_users(connection, keyring))
        return (
            ["user_id", *names],
            exported_users(connection, keyring, flat),
            count(connection, user),
        )
    if what == "interactions":
        rows = exported_interactions(connection, keyring)
        return list(FILE_COLUMNS), rows, count(connection, interaction)
    raise InputError(f"There is no export of {what!r}; choose items, users or interactions.")


def count(connection: Connection, table: Any) -> int:
    """How many rows a table has."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def reported(
    rows: Iterable[FileRow], total: int, what: str, progress: Progress
) -> Iterator[FileRow]:
    """The rows, with the progress reported now and then."""
    for done, row in enumerate(rows):
        if done % 10_000 == 0:
            progress(done, total, f"Writing {what}")
        yield row


def attribute_names(rows: Iterable[Mapping[str, Json]]) -> list[str]:
    """All names, sorted."""
    return sorted({name for row in rows for name in row})


def exported_items(connection: Connection, flat: bool) -> Iterator[FileRow]:
    """All items as rows."""
    for row in iterate_items(connection):
        attributes = row.attributes
        if flat:
            attributes = {n: flat_values(n, value) for n, value in attributes.items()}
        special = (row.item_id, row.title or None, row.text or None, row.available)
        yield {**dict(zip(ITEM_COLUMNS, special, strict=True)), **attributes}


def exported_users(connection: Connection, keyring: Keyring, flat: bool) -> Iterator[FileRow]:
    """All users as rows, in clear."""
    for row in iterate_users(connection, keyring):
        attributes = row.attributes
        if flat:
            attributes = {n: flat_value("an attribute", v) for n, v in attributes.items()}
        yield {"user_id": row.user_id, **attributes}


def exported_interactions(connection: Connection, keyring: Keyring) -> Iterator[FileRow]:
    """All interactions as rows, user after user, oldest first."""
    named = connection.execute(select(item.c.id, item.c.external_id))
    texts: dict[str, Callable[[Any], Any]] = {
        "item_id": {key: item_id for key, item_id in named}.__getitem__,
        "kind_id": {kind.key: kind.name for kind in read_kinds(connection)}.__getitem__,
        "time": as_timestamp,
    }
    for keys in batches(iterate_keys(connection), USERS_AT_A_TIME):
        texts["user_id"] = read_user_ids(connection, keyring, keys).__getitem__
        arrays = interactions_of(connection, keys).arrays
        columns = [
            map(texts[column.name], array.tolist()) if column.name in texts else array.tolist()
            for column, array in zip(INTERACTION_COLUMNS, arrays, strict=True)
        ]
        for values in zip(*columns, strict=True):
            yield dict(zip(FILE_COLUMNS, values, strict=True))


def as_timestamp(time_us: int) -> str | None:
    """A time as text that an import reads back to the microsecond."""
    if time_us == UNTIMED:
        return None
    seconds, microseconds = divmod(time_us, 1_000_000)
    if seconds >= MILLISECONDS_FROM or looks_like_date(seconds):
        return (EPOCH + time_us * MICROSECOND).isoformat()
    if not microseconds:
        return str(seconds)
    sign, magnitude = ("-", -time_us) if time_us < 0 else ("", time_us)
    whole, rest = divmod(magnitude, 1_000_000)
    return f"{sign}{whole}.{rest:06d}"


def flat_values(name: str, value: Json) -> str | None:
    """An attribute of an item as the text of one field.

    Raises:
        InputError: it would come back as something else.
    """
    if not isinstance(value, list):
        text = flat_value(f"the attribute {name}", value)
        if text is not None and SEPARATOR in text:
            raise not_flat(f"the attribute {name}")
        return text
    parts = [flat_value(f"the attribute {name}", part) or "" for part in value]
    if any(SEPARATOR in part for part in parts) or len(parts) == 1 and not parts[0]:
        raise not_flat(f"the attribute {name}")
    return SEPARATOR.join(parts) or None


def flat_value(what: str, value: Json) -> str | None:
    """An attribute as text; `what` is how a message calls it.

    Raises:
        InputError: it is a list or a mapping.
    """
    if isinstance(value, list | dict):
        raise not_flat(what)
    return None if value is None else as_cell(value)


def not_flat(what: str) -> InputError:
    """Says that a form without structure cannot hold an attribute."""
    return InputError(
        f"CSV and Parquet cannot hold every value of {what} so that it could be "
        "read back: it has lists, mappings, or a | in its text. Export to JSON lines (*.jsonl)."
    )
