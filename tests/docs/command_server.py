"""A program: what `tastemaker` does on the pages, begun once and forked for each command.

The pages run more than a hundred commands, and Python takes longer to start one than most of them
take. That they start by themselves is for `tests/cli`.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import sys
import threading
import traceback
from typing import Any

REQUEST_BYTES = 2**20
"""More than arguments and environment take."""

LOOK_SECONDS = 1.0
"""How often the server looks whether the tests are still there."""


def main(place: str) -> None:
    """Answers at a socket as long as the process lives that began this one."""
    parent = os.getppid()
    del sys.path[0]  # the folder of this file, which an installed program would not have
    load()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(place)
        listener.listen()
        listener.settimeout(LOOK_SECONDS)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
        while os.getppid() == parent:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                if not os.fork():
                    listener.close()
                    serve(connection)


def load() -> None:
    """Imports what the commands need, and starts nothing."""
    from pkgutil import resolve_name

    from tastemaker.cli.command_list import COMMANDS
    from tastemaker.plugin.registry import Registry
    from tastemaker.serving import server  # noqa: F401
    from tastemaker.training import train  # noqa: F401

    for command in COMMANDS.values():
        resolve_name(command.place)
    Registry()


def serve(connection: socket.socket) -> None:
    """Does what is asked as a process of its own, tells its exit status, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, files, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 3)
    asked = json.loads(request)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    status = status_of(asked["arguments"])
    connection.send(bytes([status]))
    os._exit(status)


def status_of(arguments: list[str]) -> int:
    """Runs `tastemaker`, to the end of its threads; the status that the process would have."""
    from tastemaker.cli import main as tastemaker

    sys.argv = arguments
    status: Any = 1
    try:
        tastemaker()
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:
        traceback.print_exc()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 1


if __name__ == "__main__":
    main(sys.argv[1])
