"""What a key command prints, read with a limit on time and size, and shown to nobody."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time

from tastemaker.errors import MissingKeyError

MAX_OUTPUT = 4096
"""More bytes than these are no key."""


def output_of(command: str, timeout: float, source: str) -> str:
    """What the command writes to its standard output; no shell is asked.

    Args:
        command: a program and its arguments, quoted as in a shell.
        timeout: how many seconds it may take; then it is killed with all it started.
        source: what to call it in errors.

    Raises:
        MissingKeyError: it cannot be run, fails, takes too long or prints too much.
    """
    process = _start(command, source)
    deadline = time.monotonic() + timeout
    with process:
        try:
            output = _read(process, deadline)
            status = process.wait(max(deadline - time.monotonic(), 0))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise MissingKeyError(
                f"{source} gave no key within {timeout:g} s. Run it by hand: does it wait for "
                "something?"
            ) from None
        finally:
            _kill_all(process)
    if status:
        raise MissingKeyError(
            f"{source} ended with status {status}. Run it by hand to see what it says."
        )
    return output.decode("ascii", errors="replace")


def _start(command: str, source: str) -> subprocess.Popen[bytes]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise MissingKeyError(f"{source} is empty, or a quotation mark in it is not closed.")
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not a command"
        raise MissingKeyError(
            f"{source} cannot be run: {reason}. Its first word must be a program; no shell is "
            "asked."
        ) from None


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    output = b""
    while len(output) <= MAX_OUTPUT:
        ready, _, _ = select.select([pipe], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        part = os.read(pipe, MAX_OUTPUT)
        if not part:
            break
        output += part
    return output


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    # Its children too: one that keeps the pipe open would outlive it.
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
