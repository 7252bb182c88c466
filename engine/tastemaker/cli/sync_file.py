"""The file that says what `tastemaker sync` does."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from tastemaker.errors import InputError
from tastemaker.io.importing import REQUIRED
from tastemaker.io.syncing import Into
from tastemaker.validation import DEFAULT_KIND

REFERENCE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, repr=False)
class SyncEntry:
    """One `[[sync]]` table. It is never shown whole: the source may hold a password.

    Attributes: see `Tastemaker.sync`.
    """

    name: str
    query: str
    into: Into
    watermark: str = "updated_at"
    source: str | None = None
    start: Any = None
    kind: str = DEFAULT_KIND
    features: Sequence[str] = ()
    batch_rows: int | None = None


SYNC_FIELDS = tuple(field.name for field in fields(SyncEntry))
SYNC_TEXTS = ("name", "query", "into", "watermark", "source", "kind")


def read_sync_file(path: Path, only: Sequence[str] = ()) -> list[SyncEntry]:
    """The syncs of a file, all checked before the first is run.

    Args:
        path: the file.
        only: the names of those that are wanted; all of them where none is given.

    Raises:
        InputError: the file cannot be read, or it is not clear what it says.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be read as TOML: {reason}.") from None
    tables = found.get("sync")
    if set(found) != {"sync"} or not isinstance(tables, list) or not tables:
        raise InputError(f"{path} must hold [[sync]] tables and nothing else.")
    entries = [sync_entry(table, f"{path}, sync {n}") for n, table in enumerate(tables, start=1)]
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has two syncs called {twice[0]}. Rename one.")
    if unknown := [name for name in only if name not in names]:
        raise InputError(f"{path} has no sync {unknown[0]}, only {', '.join(names)}.")
    chosen = [entry for entry in entries if not only or entry.name in only]
    return [with_source(entry, str(path)) for entry in chosen]


def sync_entry(table: Any, place: str) -> SyncEntry:
    """A `[[sync]]` table, checked.

    Raises:
        InputError: a name is missing or unknown, or a value of the wrong type.
    """
    if not isinstance(table, Mapping):
        raise InputError(f"{place} is no table. Write [[sync]].")
    if unknown := sorted(set(table).difference(SYNC_FIELDS)):
        known = ", ".join(SYNC_FIELDS)
        raise InputError(f"{place} has the unknown name {unknown[0]}; it may have {known}.")
    if missing := [name for name in ("name", "query", "into") if name not in table]:
        raise InputError(f"{place} has no {missing[0]}. Every sync needs one.")
    if wrong := [name for name in SYNC_TEXTS if name in table and not isinstance(table[name], str)]:
        raise InputError(f"{place}: {wrong[0]} must be text.")
    if table["into"] not in REQUIRED:
        raise InputError(f"{place}: into is none of {', '.join(REQUIRED)}.")
    return SyncEntry(**table)


def with_source(entry: SyncEntry, place: str) -> SyncEntry:
    """The sync with environment variables put into its source.

    Raises:
        InputError: one is not set.
    """
    if entry.source is None:
        return entry
    if missing := [name for name in REFERENCE.findall(entry.source) if name not in os.environ]:
        raise InputError(f"{place}: {entry.name} needs {missing[0]} in the environment. Set it.")
    source = REFERENCE.sub(lambda found: os.environ[found[1]], entry.source)
    return replace(entry, source=source)
