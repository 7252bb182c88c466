"""The ledger of erasures: a file outside of the database, so that no backup brings anybody back.

A line for each erasure: when (microseconds since 1970 UTC), the ref, and a keyed hash of both and
of the hash in the line before. So lines cannot be changed, moved, or taken out from between others;
that the last ones were removed, or the whole file lost, cannot be seen. It names nobody: a ref says
something only to who has the database's key and the id.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tastemaker.errors import InputError, TamperedError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database

LEDGER_VARIABLE = "TASTEMAKER_LEDGER"
"""The environment variable that names the ledger of erasures."""

LEDGER_SUFFIX = ".erasures"
"""What follows the name of an SQLite file in that of its ledger, if no other place is named."""

_LABEL = "ledger of erasures"


class Erased(NamedTuple):
    """One erasure: when, in microseconds since 1970 UTC, and whose, by ref."""

    time: int
    ref: bytes


def ledger_place(
    database: Database,
    given: str | os.PathLike[str] | None,
    environment: Mapping[str, str] | None = None,
) -> Path | None:
    """Where the ledger of a database lies; None where nothing names a place.

    Args:
        database: on SQLite, it lies beside its file unless another place is named.
        given: the place that the application names.
        environment: the variables; those of the process where not given.
    """
    variables = os.environ if environment is None else environment
    named = variables.get(LEDGER_VARIABLE) if given is None else given
    if named:
        return Path(named)
    file = database.file
    return None if file is None else file.with_name(file.name + LEDGER_SUFFIX)


class ErasureLedger:
    """One file of erasures. Several processes may write it.

    Args:
        path: the file; made when the first erasure is entered, for its owner's eyes only.
        keyring: of the database, or of a backup of it.
    """

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self.path = path
        self._stamper = keyring.stamper(_LABEL)

    def read(self) -> list[Erased]:
        """Every erasure, the oldest first; none where there is no file.

        Raises:
            TamperedError: the file was changed, or is another database's.
            InputError: it cannot be read.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error) from None
        found, before = [], b""
        for number, line in enumerate(lines, 1):
            entry, stamp = self._parsed(line, number)
            if not hmac.compare_digest(self._stamp(before, entry), stamp):
                raise self._changed(number)
            found.append(entry)
            before = stamp
        return found

    def enter(self, entries: Sequence[Erased]) -> None:
        """Adds the erasures that are not there yet; they are on the disk when this returns.

        The file is made by the first one.

        Raises:
            TamperedError: the file was changed, or is another database's.
            InputError: it cannot be written.
        """
        if not entries:
            return
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self.path, flags, 0o600), "rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                content = file.read()
                whole = content[: content.rfind(b"\n") + 1]
                if len(whole) < len(content):
                    # The end of a line that was being written when its process was killed.
                    file.truncate(len(whole))
                known = set(self.read())
                fresh = [entry for entry in entries if entry not in known]
                file.write(self._lines(fresh, whole))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unusable(error) from None

    def _lines(self, entries: Iterable[Erased], before: bytes) -> bytes:
        stamp = bytes.fromhex(before[-65:-1].decode()) if before else b""
        lines = []
        for entry in entries:
            stamp = self._stamp(stamp, entry)
            lines.append(f"{entry.time} {entry.ref.hex()} {stamp.hex()}\n")
        return "".join(lines).encode()

    def _stamp(self, before: bytes, entry: Erased) -> bytes:
        content = before + entry.time.to_bytes(8, signed=True) + entry.ref
        return self._stamper(content)

    def _parsed(self, line: bytes, number: int) -> tuple[Erased, bytes]:
        try:
            time, ref, stamp = line.decode("ascii").split(" ")
            entry = Erased(int(time), bytes.fromhex(ref))
            entry.time.to_bytes(8, signed=True)
            return entry, bytes.fromhex(stamp)
        except (ValueError, OverflowError):
            raise self._changed(number) from None

    def _changed(self, number: int) -> TamperedError:
        return TamperedError(
            f"Line {number} of the ledger of erasures {self.path} was changed, or belongs to "
            "another database. Restore the file from a copy."
        )

    def _unusable(self, error: OSError) -> InputError:
        return InputError(
            f"The ledger of erasures {self.path} cannot be used: {error.strerror}. Name another "
            f"place ({LEDGER_VARIABLE}), or correct the rights of its folder."
        )
