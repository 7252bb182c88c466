"""Messages between the engine and the process of a recommender: numbers and JSON, never code."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.json_types import Json

LARGEST_HEADER = 2**20
LARGEST_MESSAGE = 2**34
"""Bytes of one message at most."""

DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
}
"""The types of arrays that are sent."""

_PIECE = 2**20


class ChannelError(Exception):
    """What came is no message, or nothing comes any more."""


@dataclass(frozen=True)
class Message:
    """Something to do, or what came of it.

    Attributes:
        header: JSON values, of less than 1 MiB.
        arrays: of numbers or bools.
    """

    header: Mapping[str, Json] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


class Channel:
    """One end of a connection. Not for several threads at once.

    What comes from the other end is checked: it cannot make this one run code, or take more memory
    than was sent.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def close(self) -> None:
        """Closes this end."""
        self._connection.close()

    def send(self, message: Message, end: float = math.inf) -> None:
        """Sends a message.

        Args:
            message: what.
            end: until when, by the monotonic clock.

        Raises:
            TimeoutError: the other end has not taken it by then.
            OSError: the other end is gone.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in message.arrays.items()}
        described = [[name, one.dtype.str, list(one.shape)] for name, one in arrays.items()]
        header = json.dumps({"header": dict(message.header), "arrays": described}).encode()
        self._wait_until(end)
        self._connection.sendall(len(header).to_bytes(8, "big") + header)
        for array in arrays.values():
            self._wait_until(end)
            self._connection.sendall(array.reshape(-1).view(np.uint8).data)

    def receive(self, end: float = math.inf) -> Message:
        """The next message.

        Args:
            end: until when, by the monotonic clock.

        Raises:
            TimeoutError: it has not come by then.
            ChannelError: nothing comes any more, or what came is no message.
            OSError: the other end is gone.
        """
        n_header = int.from_bytes(self._read(8, end), "big")
        if n_header > LARGEST_HEADER:
            raise ChannelError("a header is too long")
        try:
            told = json.loads(self._read(n_header, end))
            header, described = dict(told["header"]), list(told["arrays"])
            kinds = [(str(name), _dtype(dtype), _shape(shape)) for name, dtype, shape in described]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ChannelError("a header is none") from None
        if sum(math.prod(shape) * dtype.itemsize for _, dtype, shape in kinds) > LARGEST_MESSAGE:
            raise ChannelError("a message is too large")
        arrays = {
            name: np.frombuffer(self._read(math.prod(shape) * dtype.itemsize, end), dtype).reshape(
                shape
            )
            for name, dtype, shape in kinds
        }
        return Message(header, arrays)

    def _read(self, length: int, end: float) -> bytes:
        """So many bytes; memory is taken as they come, whatever length was announced."""
        pieces: list[bytes] = []
        while length:
            self._wait_until(end)
            piece = self._connection.recv(min(length, _PIECE))
            if not piece:
                raise ChannelError("nothing comes any more")
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _wait_until(self, end: float) -> None:
        if end == math.inf:
            self._connection.settimeout(None)
            return
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


def _dtype(described: object) -> np.dtype[Any]:
    # of a table: from a text, NumPy makes any type, and parses what may be anything
    return DTYPES[str(described)]


def _shape(described: object) -> tuple[int, ...]:
    if not isinstance(described, list) or len(described) > 32:
        raise TypeError
    if not all(type(length) is int and 0 <= length <= LARGEST_MESSAGE for length in described):
        raise ValueError
    return tuple(described)
