"""Every file that a command writes for somebody: private, whole or not there, nobody else's.

Outputs hold ids in clear. So they are made under a name that nobody can foresee, exclusively, for
their owner's eyes only, and get their own name when they are whole: a link that waits under that
name is not followed. What stands there and is no file (a device, a FIFO, a link of one's own) is
written into, for that is why somebody names it.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from tastemaker.errors import InputError
from tastemaker.io.source import STANDARD


@contextmanager
def output_file(path: str | Path) -> Iterator[BinaryIO]:
    """A file to be written, or standard output for "-"; packed where its name ends in .gz.

    It gets its name when the block ends well, and is gone if it does not. Only its owner may read
    it.

    Raises:
        InputError: it cannot be written, or a link of somebody else stands there.
    """
    if str(path) == STANDARD:
        yield cast(BinaryIO, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        if is_written_into(target):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            # Nobody puts a link there in the meantime.
            flags |= 0 if target.is_symlink() else os.O_NOFOLLOW
            with os.fdopen(os.open(target, flags, 0o600), "wb") as raw:
                yield from packed(raw, target)
            return
        yield from _new_file(target)
    except OSError as error:
        raise unwritable(path, error) from None


@contextmanager
def output_text(path: str | Path) -> Iterator[TextIO]:
    """The same for text in UTF-8, with lines that end as they are written.

    Raises:
        InputError: see `output_file`.
    """
    with output_file(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
        try:
            yield text
            text.flush()
        finally:
            text.detach()


def is_written_into(target: Path) -> bool:
    """Whether what stands under the name is no file, and so not to be replaced.

    Raises:
        InputError: it is a link of somebody else, who might have us overwrite a file of ours.
        OSError: nobody can tell.
    """
    try:
        found = target.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
        raise InputError(
            f"{target} is a link that belongs to somebody else, so nothing is written through it. "
            "Remove it, or choose another place."
        )
    return not stat.S_ISREG(found.st_mode)


def _new_file(target: Path) -> Iterator[BinaryIO]:
    # Created exclusively, not through a link, and readable by its owner alone.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as raw:
            yield from packed(raw, target)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def packed(raw: BinaryIO, target: Path) -> Iterator[BinaryIO]:
    """The file itself, or one that packs what is written to it."""
    if target.suffix != ".gz":
        yield raw
        return
    # Without name and time: the same rows make the same file.
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as stream:
        yield cast(BinaryIO, stream)


def unwritable(path: str | Path, error: OSError) -> InputError:
    """Says that a file cannot be written, and why."""
    return InputError(f"{path} cannot be written: {error.strerror}. Choose another place.")
