"""What a training run may take: memory for one fit, and time for all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tastemaker.errors import InputError
from tastemaker.holdout.methods import FOLD_STARTS
from tastemaker.training import machine

SECONDS = 900.0
"""How long a training run may take unless set otherwise. Chosen, not measured."""

SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", re.IGNORECASE)
DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What training may take.

    Attributes:
        memory: bytes that one fit may take, besides the data.
        seconds: for the whole run; what cannot be done in it is left out.
        folds: on how many folds, at most, the blend is learnt.
        release: bytes for the models of the release; as many as they need where None.
        serving: bytes that each process which serves may hold for them; likewise.
    """

    memory: int = machine.MOST_MEMORY
    seconds: float = SECONDS
    folds: int = len(FOLD_STARTS)
    release: int | None = None
    serving: int | None = None


DEFAULT = Limits()


def limits(
    memory: int | str | None = None,
    seconds: float | str | None = None,
    release: int | str | None = None,
    serving: int | str | None = None,
) -> Limits:
    """The limits given, and the machine's own for the others.

    Args:
        memory: bytes, or text such as "8G"; a share of what the machine has where not given.
        seconds: seconds, or text such as "15m".
        release: bytes, or text; without a limit where not given.
        serving: likewise.

    Raises:
        InputError: a text cannot be read, or a number is not above 0.
    """
    return Limits(
        machine.default_memory() if memory is None else bytes_of(memory),
        SECONDS if seconds is None else seconds_of(seconds),
        release=None if release is None else bytes_of(release, "The size of a release"),
        serving=None if serving is None else bytes_of(serving, "The memory for serving"),
    )


def bytes_of(size: int | str, what: str = "The memory limit") -> int:
    """A size in bytes: "8G", "512 MiB", 1000000; K, M, G and T are powers of 1024.

    Args:
        size: bytes, or text.
        what: its name in the message.

    Raises:
        InputError: it is not a size, or not above 0.
    """
    found = SIZE.fullmatch(str(size))
    count = float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ") if found else 0.0
    if not 1 <= count < 2**60:
        raise InputError(f"{what} {size!r} is not a size. Write it like 8G or 512M.")
    return int(count)


def seconds_of(duration: float | str) -> float:
    """A time limit in seconds: "15m", "90", "1.5h", 900.

    Raises:
        InputError: it is not a duration, or not above 0.
    """
    return duration_of(duration, "The time limit")


def duration_of(duration: float | str, what: str) -> float:
    """A duration in seconds: "15m", "90", "1.5h", "1d", 900.

    Args:
        duration: seconds, or text.
        what: its name in the message.

    Raises:
        InputError: it is not a duration, or not above 0.
    """
    found = DURATION.fullmatch(str(duration))
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
    count = float(found[1]) * units[found[2].lower()] if found else 0.0
    if not 0 < count < 1e9:
        raise InputError(f"{what} {duration!r} is not a duration. Write it like 15m, 90s or 1d.")
    return count


def as_size(count: float) -> str:
    """Bytes as a person reads them: "1.5 GB", "20 MB"."""
    megabytes = count / 2**20
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1000 else f"{megabytes:,.0f} MB"
