"""A backup of the database, and its restoring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tastemaker.progress import reporting
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.store import Store

if TYPE_CHECKING:
    from tastemaker.io.backup import BackedUp
    from tastemaker.io.restore import Restored

# What moves files is imported where it is called: few who serve do it.


class BackingUp:
    """The methods of `Tastemaker` that back up and restore."""

    _store: Store

    def backup(self, path: str | Path, *, progress: Progress | bool = no_progress) -> BackedUp:
        """Writes one state of the database into one encrypted file, while others read and write.

        The file opens with the database's key alone, on SQLite and on PostgreSQL.

        Args:
            path: the file, which appears when it is whole, or "-" for standard output.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: the file cannot be written.
            SchemaError: the schema is missing, older or newer than it must be.
            TamperedError: a row is damaged.
        """
        from tastemaker.io.backup import back_up

        with reporting(progress) as report:
            return back_up(self._store.database, self._store.key, path, report)

    def restore(
        self,
        path: str | Path,
        *,
        without_ledger: bool = False,
        progress: Progress | bool = no_progress,
    ) -> Restored:
        """Writes a backup into this database, which must be empty; all of it, or nothing.

        People whom the ledger of erasures names, and whom the backup still holds, are left out.

        Args:
            path: the backup.
            without_ledger: whether it may do without a ledger: whoever was forgotten since the
                backup is back then.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: the database is not empty, the file is no backup, or there is no ledger.
            WrongKeyError: the backup was made under another key; nothing was changed.
            TamperedError: it was changed, damaged or cut short; nothing was changed.
            SchemaError: it was made by a newer version of the engine.
        """
        from tastemaker.io.restore import restore

        ledger = None if without_ledger else self._store.require_ledger()
        with reporting(progress) as report:
            return restore(self._store.database, self._store.key, path, ledger, report)
