from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker.errors import InputError
from tastemaker.training import machine
from tastemaker.training.limits import as_size, bytes_of, limits, seconds_of

GIB = 2**30


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8G", 8 * GIB),
        ("8g", 8 * GIB),
        (" 1.5 GiB ", 1.5 * GIB),
        ("512MB", GIB / 2),
        ("1000", 1000),
        (1000, 1000),
        ("2T", 2048 * GIB),
    ],
)
def test_sizes(text: int | str, size: float) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "0", "8X", "0.2", "1e9", "9999999T"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="like 8G"):
        bytes_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1.5h", 5400), (2.5, 2.5)]
)
def test_durations(text: float | str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "-3m", "3w", float("nan"), float("inf")])
def test_what_is_no_duration_is_refused(text: float | str) -> None:
    with pytest.raises(InputError, match="like 15m"):
        seconds_of(text)


def test_limits_that_are_not_given_are_the_machines() -> None:
    assert limits("1G", "2m").memory == GIB
    assert limits("1G", "2m").seconds == 120
    assert 0 < limits().memory <= machine.MOST_MEMORY
    assert limits().seconds == 900


@pytest.mark.parametrize(
    ("size", "text"), [(1.5 * GIB, "1.5 GB"), (20 * 2**20, "20 MB"), (999 * 2**20, "999 MB")]
)
def test_sizes_are_told_to_people(size: float, text: str) -> None:
    assert as_size(size) == text


def test_what_the_machine_has_available(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  9000 kB\nMemAvailable:    2000 kB\n")
    assert machine.machine_room(meminfo) == 2000 * 1024
    meminfo.write_text("MemTotal:  9000 kB\n")
    room = machine.machine_room(meminfo)
    assert room is not None and room > 2000 * 1024  # the whole real machine
    assert machine.machine_room(tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("folder", "names", "freeable"),
    [
        ("", ("memory.max", "memory.current"), "inactive_file"),
        ("memory", ("memory.limit_in_bytes", "memory.usage_in_bytes"), "total_inactive_file"),
    ],
)
def test_what_a_container_has_left(
    tmp_path: Path, folder: str, names: tuple[str, str], freeable: str
) -> None:
    inside = tmp_path / folder
    inside.mkdir(exist_ok=True)
    (inside / names[0]).write_text("1000\n")
    (inside / names[1]).write_text("700\n")
    (inside / "memory.stat").write_text(f"anon 600\n{freeable} 50\nfile 100\n")
    rooms = [machine.group_room(files) for files in machine.group_files(tmp_path)]
    assert [room for room in rooms if room is not None] == [350]


def test_a_container_without_a_limit_has_none(tmp_path: Path) -> None:
    for name, text in (("max", "max"), ("current", "700"), ("stat", "")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert [machine.group_room(files) for files in machine.group_files(tmp_path)] == [None, None]
