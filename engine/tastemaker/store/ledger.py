"""The ledger of erasures: a file outside of the database, so that no backup brings anybody back.

A line for each erasure and index key: when (microseconds since 1970 UTC), the ref, a keyed hash of
both and of the hash in the line before of the same index key, and the number of that key. So lines
cannot be changed, moved, or taken out from between others; that the last ones were removed, or the
whole file lost, cannot be seen. It names nobody: a ref says something only to who has the
database's key and the id.

A backup has the index keys that there were when it was made, and its people have refs of these. So
an erasure is entered by every index key that is kept, and read by those that the reader has: lines
of other keys say nothing to it. Lines without a number were written before there could be several.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tastemaker.errors import InputError, TamperedError, UnknownKeyError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database

LEDGER_VARIABLE = "TASTEMAKER_LEDGER"
"""The environment variable that names the ledger of erasures."""

LEDGER_SUFFIX = ".erasures"
"""What follows the name of an SQLite file in that of its ledger, if no other place is named."""

Stamper: TypeAlias = Callable[[bytes], bytes]

_LABEL = "ledger of erasures"


class Erased(NamedTuple):
    """One erasure: when, in microseconds since 1970 UTC, whose, by ref, and of which index key."""

    time: int
    ref: bytes
    key_id: int


class _Line(NamedTuple):
    """A line as it stands: `key_id` is None where it has no number."""

    time: int
    ref: bytes
    stamp: bytes
    key_id: int | None


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


class _Verified(NamedTuple):
    """What a ledger says by the keys that are here.

    Attributes:
        found: the erasures.
        last: the last stamp of each key.
        named: the times of these, and of those in lines of keys that are gone.
        others: the times of those in lines of keys that nobody here knows.
    """

    found: list[Erased]
    last: dict[int, bytes]
    named: set[int]
    others: set[int]


class ErasureLedger:
    """One file of erasures. Several processes may write it.

    Args:
        path: the file; made when the first erasure is entered, for its owner's eyes only.
        keyring: of the database, or of a backup of it.
    """

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self.path = path
        self.keyring = keyring

    def read(self, gone: Collection[int] = ()) -> list[Erased]:
        """Every erasure by an index key that is here, the oldest first; none without a file.

        Args:
            gone: index keys of the database that were destroyed: nobody can verify their lines.

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
        return self._verified(lines, gone).found

    def unnamed(self, gone: Collection[int] = ()) -> int:
        """How many people were forgotten who have no line by any index key that is here.

        To a reader with the keys of a backup: whom a restore would bring back, for the index key
        of that backup was destroyed before they were forgotten. Raises as `read` does.
        """
        lines = self.path.read_bytes().split(b"\n")[:-1] if self.read(gone) else []
        verified = self._verified(lines, gone)
        return len(verified.others - verified.named)

    def enter(self, entries: Sequence[Erased], gone: Collection[int] = ()) -> None:
        """Adds the erasures that are not there yet; they are on the disk when this returns.

        The file is made by the first one.

        Args:
            entries: the erasures, by index keys that are here.
            gone: see `read`.

        Raises:
            TamperedError: the file was changed, or is another database's.
            UnknownKeyError: an erasure is by an index key that is not here.
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
                known, stamps, *_ = self._verified(whole.split(b"\n")[:-1], gone)
                present = set(known)
                fresh = [entry for entry in entries if entry not in present]
                file.write(self._lines(fresh, stamps))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unusable(error) from None

    def _verified(self, lines: Iterable[bytes], gone: Collection[int]) -> _Verified:
        stampers = self._stampers()
        found, last, named, others = done = _Verified([], {}, set(), set())
        first_unknown, unnumbered = 0, dict.fromkeys(stampers)
        for number, raw in enumerate(lines, 1):
            line = self._parsed(raw, number)
            keys = unnumbered if line.key_id is None else {line.key_id: None}
            here = [key for key in keys if key in stampers]
            by = [key for key in here if _is_stamped(stampers[key], last.get(key, b""), line)]
            if by:
                found.append(Erased(line.time, line.ref, by[0]))
                named.add(line.time)
                last[by[0]] = line.stamp
                if line.key_id is None:
                    unnumbered = {by[0]: None}
            elif line.key_id in gone or (line.key_id is None and not found and gone):
                named.add(line.time)  # one without a number is of the first key, which is gone
            elif here:
                raise self._changed(number)
            else:
                first_unknown = first_unknown or number
                others.add(line.time)
        if first_unknown and not found:
            raise self._changed(first_unknown)
        return done

    def _lines(self, entries: Iterable[Erased], last: Mapping[int, bytes]) -> bytes:
        stampers, stamps = self._stampers(), dict(last)
        lines = []
        for entry in entries:
            if entry.key_id not in stampers:
                raise UnknownKeyError(
                    f"Index key {entry.key_id} is not among those that were read."
                )
            before = stamps.get(entry.key_id, b"")
            stamp = stampers[entry.key_id](_stamped(before, entry.time, entry.ref))
            stamps[entry.key_id] = stamp
            lines.append(f"{entry.time} {entry.ref.hex()} {stamp.hex()} {entry.key_id}\n")
        return "".join(lines).encode()

    def _stampers(self) -> dict[int, Stamper]:
        return {one.key_id: one.stamper(_LABEL) for one in self.keyring.ref_keys}

    def _parsed(self, line: bytes, number: int) -> _Line:
        try:
            time, ref, stamp, *key_id = line.decode("ascii").split(" ")
            named = int(key_id.pop()) if key_id else None
            int(time).to_bytes(8, signed=True)
            parsed = _Line(int(time), bytes.fromhex(ref), bytes.fromhex(stamp), named)
        except (ValueError, OverflowError):
            raise self._changed(number) from None
        if key_id:
            raise self._changed(number)
        return parsed

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


def _stamped(before: bytes, time: int, ref: bytes) -> bytes:
    return before + time.to_bytes(8, signed=True) + ref


def _is_stamped(stamper: Stamper, before: bytes, line: _Line) -> bool:
    return hmac.compare_digest(stamper(_stamped(before, line.time, line.ref)), line.stamp)
