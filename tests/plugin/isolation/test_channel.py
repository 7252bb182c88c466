"""What comes from the process of a recommender is believed in nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from tastemaker.plugin.isolation.channel import Channel, ChannelError, Message


def received(sent: bytes) -> Message:
    own, other = socket.socketpair()
    with own:
        with other:
            other.sendall(sent)
        return Channel(own).receive(time.monotonic() + 60)


def framed(header: object) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "big") + text


def test_a_message_arrives_as_it_was_sent() -> None:
    own, other = socket.socketpair()
    with own, other:
        arrays: dict[str, npt.NDArray[Any]] = {
            "whole": np.arange(6, dtype=np.int64).reshape(2, 3),
            "slice": np.arange(10, dtype=np.float32)[::2],
            "none": np.zeros((0, 4)),
            "large": np.ones(2**19, dtype=np.float64),
        }
        message = Message({"do": "score", "list": [1, None, "x"]}, arrays)
        sending = threading.Thread(target=Channel(other).send, args=(message,))
        sending.start()
        found = Channel(own).receive()
        sending.join()
    assert found.header == message.header
    assert found.arrays.keys() == arrays.keys()
    assert all(np.array_equal(found.arrays[name], array) for name, array in arrays.items())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"1234567",
        b"\xff" * 64,
        (2**20 + 1).to_bytes(8, "big"),
        framed([]),
        framed({"header": 3, "arrays": []}),
        framed({"header": {}, "arrays": [["x", "<f4", [2**34]]]}),
        framed({"header": {}, "arrays": [["x", "<f4", [2**33, 2]]]}),
        framed({"header": {}, "arrays": [["x", "O", [1]]]}) + b"12345678",
        framed({"header": {}, "arrays": [["x", "<U9999", [1]]]}),
        framed({"header": {}, "arrays": [["x", "<f4", [-1]]]}),
        framed({"header": {}, "arrays": [["x", "<f4", [True]]]}),
        framed({"header": {}, "arrays": [["x", "<f4", [4]]]}) + b"123",
        framed({"header": {}, "arrays": [["x", "<f4", [1] * 40]]}),
        framed({"header": {}, "arrays": [[1]]}),
        (50_000).to_bytes(8, "big") + b"[" * 50_000,
    ],
)
def test_what_is_no_message_is_refused(sent: bytes) -> None:
    with pytest.raises(ChannelError):
        received(sent)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_damage_is_refused_or_harmless(rubbish: bytes, place: int, byte: int) -> None:
    whole = bytearray(framed({"header": {"a": 1}, "arrays": [["x", "<f4", [2]]]}) + b"12345678")
    whole[place] = byte
    for sent in (rubbish, bytes(whole)):
        try:
            message = received(sent)
        except ChannelError:
            continue
        assert all(array.dtype.kind in "fiub" for array in message.arrays.values())


def test_nobody_waits_longer_than_wanted() -> None:
    own, other = socket.socketpair()
    with own, other, pytest.raises(TimeoutError):
        Channel(own).receive(time.monotonic() + 0.01)
    own, other = socket.socketpair()
    with own, other, pytest.raises(TimeoutError):
        Channel(own).send(Message({}, {"x": np.zeros(2**22)}), time.monotonic() + 0.01)
