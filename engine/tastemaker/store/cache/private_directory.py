"""A directory that this account alone can write: whole files in, whole files out.

Every file is opened relative to the directory that was checked, and no link is followed, so that
nobody who can write a directory above it leads the engine elsewhere. Errors are OSError throughout.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PART = ".part"
"""How the names of files end that are not complete yet."""

LOCK_WAIT = 10.0
"""Seconds to wait for another worker that writes, before doing without it. Chosen, not measured."""

ABANDONED_AFTER = 3600.0
"""Seconds after which an incomplete file is nobody's any more. Chosen, not measured."""

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateDirectory:
    """An open directory that was found to be private. Use `open_directory`.

    Args:
        handle: its file descriptor.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def open(self, name: str) -> int | None:
        """A descriptor to read a file by; None where there is none.

        Raises:
            OSError: it is a link, no file, or a file that others could have written or can read.
        """
        try:
            # Not blocking: opening a pipe that somebody has put there must not wait for a writer.
            found = os.open(name, _READ | os.O_NONBLOCK, dir_fd=self._handle)
        except FileNotFoundError:
            return None
        status = os.fstat(found)
        private = status.st_uid == os.geteuid() and not status.st_mode & _OTHERS
        if stat.S_ISREG(status.st_mode) and private and status.st_nlink == 1:
            return found
        os.close(found)
        raise OSError(errno.EPERM, "it is no file, or not this account's alone")

    def write(self, name: str, parts: Iterable[bytes | memoryview]) -> int:
        """Writes a file and gives a descriptor to read it by; it is there whole or not at all."""
        part = f"{name}.{os.urandom(8).hex()}{PART}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        written = os.open(part, flags, 0o600, dir_fd=self._handle)
        try:
            for piece in parts:
                _write_all(written, memoryview(piece))
            os.fsync(written)
            os.rename(part, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
            os.fsync(self._handle)
        except BaseException:
            os.close(written)
            self.remove(part)
            raise
        return written

    def remove(self, name: str) -> None:
        """Removes a file; nothing where it is not there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._handle)

    def names(self) -> list[str]:
        """The names of what is in the directory."""
        return os.listdir(self._handle)

    def is_abandoned(self, name: str) -> bool:
        """Whether a file is incomplete, and whoever wrote it is gone."""
        if not name.endswith(PART):
            return False
        try:
            written = os.stat(name, dir_fd=self._handle, follow_symlinks=False).st_mtime
        except FileNotFoundError:
            return False
        return time.time() - written > ABANDONED_AFTER

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other workers out; goes on without after a while, since a lock is only thrift."""
        until = time.monotonic() + LOCK_WAIT
        while not self._lock() and time.monotonic() < until:
            time.sleep(0.01)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _lock(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def open_directory(path: Path) -> Iterator[PrivateDirectory]:
    """A private directory, made if it is not there.

    Raises:
        OSError: it cannot be made or opened, is a link, belongs to another account, or others can
            write it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    handle = os.open(path, _READ | os.O_DIRECTORY)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "it belongs to another account; choose another directory")
        if status.st_mode & _OTHERS_WRITE:
            raise OSError(errno.EPERM, "others can write it; run chmod 700, or choose another")
        yield PrivateDirectory(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: memoryview) -> None:
    while data:
        data = data[os.write(handle, data) :]
