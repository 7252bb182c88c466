"""How much memory the machine, or the container, has left."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOST_MEMORY = 4 * 2**30
MEMORY_SHARE = 0.6
"""A fit may take this share of what is left, never more than the above. Chosen, not measured."""

Files = tuple[Path, Path, Path]
"""The files of a control group with its limit, its use, and the details of it."""

CONTROL_GROUPS = Path("/sys/fs/cgroup")


def default_memory() -> int:
    """A share of what the machine, or the container, has left; never more than 4 GiB."""
    rooms = (machine_room(Path("/proc/meminfo")), *map(group_room, group_files(CONTROL_GROUPS)))
    known = [room for room in rooms if room is not None]
    return min(MOST_MEMORY, int(MEMORY_SHARE * min(known, default=MOST_MEMORY)))


def machine_room(meminfo: Path) -> int | None:
    """Bytes that the machine has available; None where that is not known."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # AttributeError: Windows has no sysconf
        return None


def group_files(root: Path) -> list[Files]:
    """The files of version 2 of control groups, and of version 1."""
    second = (root / "memory.max", root / "memory.current", root / "memory.stat")
    first = root / "memory"
    return [
        second,
        (first / "memory.limit_in_bytes", first / "memory.usage_in_bytes", first / "memory.stat"),
    ]


def group_room(files: Files) -> int | None:
    """Bytes that a control group has left, what it can free counted; None where it has no limit."""
    try:
        limit, used, details = (file.read_text() for file in files)
        freeable = re.search(r"^(?:total_)?inactive_file (\d+)", details, re.MULTILINE)
        return max(int(limit) - int(used) + (int(freeable[1]) if freeable else 0), 0)
    except (OSError, ValueError):  # ValueError: the limit is "max"
        return None
