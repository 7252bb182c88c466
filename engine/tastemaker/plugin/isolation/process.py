"""Starting, calling and ending the process of one recommender."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence

from tastemaker.plugin.guard import IsolationError
from tastemaker.plugin.isolation.channel import Channel, ChannelError, Message

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""What a process is told of this one's environment: nothing that may hold a key or a password."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

TellProgress = Callable[[int, int, str], object]
"""What is called with progress: steps done, in all, and what it is."""


class IsolatedProcess:
    """A process of its own for one recommender, in a session of its own.

    Its environment has no keys and no database, no file or connection of this process is open in
    it, and it works in the root directory. It is ended as soon as nobody holds this object.
    """

    def __init__(self) -> None:
        own, other = socket.socketpair()
        with other:
            command = [sys.executable, "-P", "-m", "tastemaker.plugin.isolation.child"]
            self._process = subprocess.Popen(
                [*command, str(other.fileno())],
                pass_fds=(other.fileno(),),
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._channel = Channel(own)
        self._pid = os.getpid()
        self.end = weakref.finalize(self, _end, self._process, own, self._pid)
        """Ends it, whatever it does."""

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process started it, rather than the one that it was forked from."""
        return self._pid == os.getpid()

    def call(self, message: Message, seconds: float, report: TellProgress | None = None) -> Message:
        """What comes of a message.

        Args:
            message: what to do.
            seconds: how long it may take; the process is ended then.
            report: called with its progress.

        Raises:
            IsolationError: it took longer, its process ended, or it has a problem.
        """
        end = time.monotonic() + seconds
        timed = Message({**message.header, "seconds": seconds}, message.arrays)
        try:
            self._channel.send(timed, end)
            reply = self._next(end, report)
        except TimeoutError:
            self.end()
            raise IsolationError(
                f"took longer than {seconds:.2g} s: its process was ended"
            ) from None
        except (ChannelError, OSError):
            self.end()
            raise IsolationError("its process ended") from None
        except BaseException:  # what `report` raises: nobody waits for the result any more
            self.end()
            raise
        if problem := reply.header.get("problem"):
            raise IsolationError(str(problem)[:500])
        return reply

    @property
    def has_ended(self) -> bool:
        """Whether it takes no more messages."""
        return not self.end.alive

    def _next(self, end: float, report: TellProgress | None) -> Message:
        while True:
            reply = self._channel.receive(end)
            progress = reply.header.get("progress")
            if not isinstance(progress, list):
                return reply
            if report is not None:
                report(*_progress(progress))


def _progress(told: Sequence[object]) -> tuple[int, int, str]:
    if len(told) != 3:
        raise ChannelError("progress is none")
    done, total, what = told
    if type(done) is not int or type(total) is not int:
        raise ChannelError("progress is none")
    return done, total, str(what)[:100]


def environment() -> dict[str, str]:
    """The environment of a process: what it needs to import what this one can import."""
    places = [os.path.abspath(place) for place in sys.path]
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(places)}


def _end(process: subprocess.Popen[bytes], connection: socket.socket, pid: int) -> None:
    """Ends a process; in a forked child, which did not start it, lets go of it alone."""
    connection.close()
    if pid != os.getpid():
        process.returncode = 0  # nothing that this process could wait for
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        # To take back gigabytes costs the system a while, for which no answer needs to wait.
        threading.Thread(target=process.wait, name="tastemaker: ending", daemon=True).start()
    except RuntimeError:  # the interpreter ends, and starts no thread any more
        process.wait()
