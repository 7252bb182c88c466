"""What a key command prints, read with a limit on time and size, and shown to nobody."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time

from tastemaker.errors import MissingKeyError

SOURCE = "The key command (TASTEMAKER_KEY_COMMAND)"
"""What errors call it: neither its arguments nor its output may be shown."""

MAX_OUTPUT = 4096
"""More bytes than these are no key."""


def output_of(command: str, timeout: float) -> str:
    """What the command writes to its standard output; no shell runs it.

    Args:
        command: a program and its arguments, quoted as in a shell.
        timeout: how many seconds it may take; then it is killed with all it started.

    Raises:
        MissingKeyError: it cannot be run, fails, takes too long or prints too much.
    """
    deadline = time.monotonic() + timeout
    try:
        output, status = _finish(_start(command), deadline)
    except (TimeoutError, subprocess.TimeoutExpired):
        problem = f"gave no key within {timeout:g} s. Run it by hand: does it wait for something?"
    else:
        if not status:
            return output.decode("ascii", errors="replace")
        problem = f"ended with status {status}. Run it by hand to see what it says."
    raise MissingKeyError(f"{SOURCE} {problem}")


def _start(command: str) -> subprocess.Popen[bytes]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise MissingKeyError(f"{SOURCE} is empty, or a quotation mark in it is not closed.")
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
            f"{SOURCE} cannot be run: {reason}. Its first word must be a program; no shell runs it."
        ) from None


def _finish(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, int]:
    with process:
        try:
            output = _read(process, deadline)
            return output, process.wait(_left(deadline))
        except BaseException:
            # Its children too: one that keeps the pipe open would outlive it.
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    output = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], _left(deadline))
        if not ready:
            raise TimeoutError
        part = os.read(pipe, MAX_OUTPUT)
        if not part:
            return output
        output += part
        if len(output) > MAX_OUTPUT:
            raise MissingKeyError(f"{SOURCE} prints more than a key. It must print only the key.")


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0)
