from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.store.crypto.test_keys import ID, TEXT, python

from tastemaker.errors import MissingKeyError
from tastemaker.store.crypto.keys import (
    KeyCommand,
)


def test_a_command_prints_the_key() -> None:
    assert KeyCommand(python(f"print({TEXT!r})")).id == ID


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('canary'); raise SystemExit(3)", "status 3"),
        ("import sys; print('canary', file=sys.stderr); raise SystemExit(1)", "status 1"),
        (f"print({TEXT!r}); raise SystemExit(1)", "status 1"),
        ("print('canary')", "is not base64"),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)))", "is not base64"),
        ("pass", "is empty"),
        ("while True: print('canary')", "more than a key"),
        ("import os; os.kill(os.getpid(), 9)", "status -9"),
    ],
)
def test_a_command_that_fails_is_reported_without_its_output(code: str, reason: str) -> None:
    with pytest.raises(MissingKeyError, match=reason) as caught:
        KeyCommand(python(code))
    assert "canary" not in str(caught.value)
    assert TEXT not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "TASTEMAKER_KEY_COMMAND" in str(caught.value)


@pytest.mark.parametrize("command", ["", "  ", "'open", "no-such-program-at-all", "a\0b", "/"])
def test_what_is_no_command_is_refused(command: str) -> None:
    with pytest.raises(MissingKeyError, match="TASTEMAKER_KEY_COMMAND"):
        KeyCommand(command)


def test_no_shell_runs_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingKeyError):
        KeyCommand(f"echo {TEXT} ; touch {tmp_path / 'made'}")
    assert not (tmp_path / "made").exists()


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "child"
    code = (
        "import os, time, pathlib\n"
        "child = os.fork()\n"
        f"if child: pathlib.Path({str(note)!r}).write_text(str(child))\n"
        "time.sleep(600)"
    )
    start = time.monotonic()
    with pytest.raises(MissingKeyError, match="within 2 s"):
        KeyCommand(python(code), timeout=2)
    assert time.monotonic() - start < 60
    assert ended(int(note.read_text()))


def ended(process: int) -> bool:
    """Whether the process is gone, or dead and not yet collected, within five seconds."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
