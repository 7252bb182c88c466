"""A program: `tastemaker` on the pages' path. It hands the command to the server beside it."""

from __future__ import annotations

import json
import os
import socket
import sys


def main() -> int:
    """The exit status of the command; 1 where it was killed."""
    asked = {
        "arguments": sys.argv,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(os.path.join(os.path.dirname(sys.argv[0]), "socket"))
        socket.send_fds(connection, [json.dumps(asked).encode()], [0, 1, 2])
        answer = connection.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    sys.exit(main())
