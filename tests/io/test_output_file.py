"""What a command writes is private and whole, and nothing that waits under its name is followed."""

from __future__ import annotations

import gzip
import os
import stat
import threading
from pathlib import Path

import pytest

from tastemaker.errors import InputError
from tastemaker.io.output_file import is_written_into, output_file, output_text


def test_a_file_is_private_and_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    target.chmod(0o644)
    with output_text(target) as stream:
        stream.write("after\r\n")
        assert target.read_text() == "before"
        (part,) = set(tmp_path.iterdir()) - {target}
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert target.read_bytes() == b"after\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError), output_file(target) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_name_that_can_be_foreseen_is_not_used(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / "out.csv.part").symlink_to(mine)
    with output_text(tmp_path / "out.csv") as stream:
        stream.write("x")
    assert mine.read_text() == "precious"
    assert (tmp_path / "out.csv.part").is_symlink()


def test_a_link_of_ones_own_is_written_into(tmp_path: Path) -> None:
    link, file = tmp_path / "link.gz", tmp_path / "file"
    link.symlink_to(file)
    for content in (b"longer", b"short"):
        with output_file(link) as stream:
            stream.write(content)
        assert link.is_symlink()
        assert gzip.decompress(file.read_bytes()) == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    if os.geteuid() == 0:
        os.chown(link, 65_534, 65_534, follow_symlinks=False)
    else:
        own = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(InputError, match="belongs to somebody else"), output_file(link):
        pass
    assert not (tmp_path / "file").exists()


def test_a_fifo_is_written_into(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
    reader.start()
    with output_file(fifo) as stream:
        stream.write(b"rows")
    reader.join()
    assert read == [b"rows"]
    assert is_written_into(fifo)


def test_a_device_is_written_into() -> None:
    with output_file("/dev/null") as stream:
        stream.write(b"rows")
    assert is_written_into(Path("/dev/null"))


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none" / "out.csv"):
        with pytest.raises(InputError, match="cannot be written"), output_file(place):
            pass


def test_the_report_and_lists_go_to_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with output_text("-") as stream:
        stream.write("naïve\n")
    assert capfdbinary.readouterr().out == "naïve\n".encode()
