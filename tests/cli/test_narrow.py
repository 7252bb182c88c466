"""On a terminal of 80 columns nothing is cut: names and remedies are there, whole."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest


def on_terminal(*arguments: str, columns: int = 80) -> str:
    """What a command prints on a terminal of so many columns."""
    main, terminal = pty.openpty()
    program = str(Path(sys.executable).with_name("tastemaker"))
    wide = {**os.environ, "COLUMNS": str(columns), "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.Popen([program, *arguments], stdout=terminal, stderr=terminal, env=wide)
    os.close(terminal)
    parts = []
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(main)
    done.wait()
    return b"".join(parts).decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("command", "whole"),
    [
        (("plugins", "list"), ["demographic-popularity", "tastemaker", "collaborative"]),
        (("release", "show"), ["item-knn", "popular"]),
        (("release", "list"), ["item-knn", "active"]),
        (("health",), ["sqlite:///tastemaker.db"]),
        (("recommend", "person-0", "--explain"), ["item-"]),
        (("db", "stats"), ["interaction"]),
    ],
)
def test_nothing_is_cut(shop: Path, command: tuple[str, ...], whole: list[str]) -> None:
    shown = on_terminal(*command)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    for text in whole:
        assert text in shown


def test_a_remedy_is_there_to_its_end(shop: Path) -> None:
    (shop / "tastemaker.key").unlink()
    shown = " ".join(on_terminal("health").split())
    for word in ("TASTEMAKER_KEY_FILE,", "TASTEMAKER_KEY_COMMAND"):
        assert word.rstrip(",") in shown


def test_wide_tables_stay_tables(shop: Path) -> None:
    first = on_terminal("db", "stats").splitlines()[1]
    assert first.split() == ["table", "rows", "bytes", "schema"]
