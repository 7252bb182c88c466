from __future__ import annotations

import base64
import io
import json

import pytest
from hypothesis import given, strategies as st

from tastemaker.errors import InputError, TamperedError, TastemakerError, WrongKeyError
from tastemaker.store.crypto import archive_cipher
from tastemaker.store.crypto.archive_cipher import ARCHIVE_CHUNK, ArchiveReader, ArchiveWriter
from tastemaker.store.crypto.keys import Key

KEY = Key(base64.b64encode(bytes(range(32))).decode())
ANOTHER = Key(base64.b64encode(bytes(32)).decode())


def archive(*parts: bytes) -> bytes:
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, KEY, {"format": 1})
    for part in parts:
        writer.write(part)
    writer.close()
    return stream.getvalue()


def opened(data: bytes, key: Key = KEY) -> bytes:
    return b"".join(ArchiveReader(io.BytesIO(data), key).chunks())


@pytest.mark.parametrize("size", [0, 1, *range(ARCHIVE_CHUNK - 1, ARCHIVE_CHUNK + 2), 3_000_000])
def test_what_was_written_is_read(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    whole = archive(data[: size // 3], data[size // 3 : size])
    assert opened(whole) == data[:size]
    assert ArchiveReader(io.BytesIO(whole), KEY).about == {"format": 1}
    assert data[:100] not in whole or size < 100


def test_two_archives_of_the_same_have_nothing_in_common() -> None:
    first, second = archive(b"x" * 1000)[-1000:], archive(b"x" * 1000)[-1000:]
    assert first[:16] != second[:16]


def test_another_key_is_refused_before_anything_is_read() -> None:
    with pytest.raises(WrongKeyError, match=f"made under key {KEY.id}, and key {ANOTHER.id}"):
        ArchiveReader(io.BytesIO(archive(b"x")), ANOTHER)


@pytest.mark.parametrize("data", [b"", b"TMB", b"TMB1", b"SQLite format 3\0" * 10])
def test_what_is_no_archive_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(InputError, match="no archive"):
        ArchiveReader(io.BytesIO(data), KEY)


def with_header(header: object) -> bytes:
    head = json.dumps(header).encode()
    return b"TMB1" + len(head).to_bytes(4) + head


@pytest.mark.parametrize(
    "header",
    [
        [],
        {"kek_id": KEY.id, "about": {}},
        {"kek_id": KEY.id, "about": {}, "wrapped": "zz"},
        {"kek_id": KEY.id, "about": {}, "wrapped": "00"},
        {"kek_id": KEY.id, "about": [], "wrapped": "00"},
        {"kek_id": "\x1b[2J", "about": {}, "wrapped": "00"},
        {"kek_id": KEY.id, "about": {"a": "b" * 70_000}, "wrapped": "00"},
    ],
)
def test_a_header_of_somebody_else_is_refused(header: object) -> None:
    with pytest.raises(TamperedError):
        opened(with_header(header))


@pytest.fixture(scope="module")
def whole() -> bytes:
    """An archive of three chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_cipher, "ARCHIVE_CHUNK", 64)
        return archive(bytes(150))


@given(st.data())
def test_one_bit_changed_anywhere_is_found(whole: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[place // 8] ^= 1 << place % 8
    with pytest.raises(TastemakerError):
        opened(bytes(changed))


@given(st.data())
def test_an_end_anywhere_is_found(whole: bytes, data: st.DataObject) -> None:
    with pytest.raises(TastemakerError):
        opened(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(min_size=1, max_size=40))
def test_more_at_the_end_is_found(whole: bytes, more: bytes) -> None:
    with pytest.raises(TamperedError):
        opened(whole + more)


def test_chunks_cannot_be_left_out_or_moved(whole: bytes) -> None:
    start = 8 + int.from_bytes(whole[4:8])
    size = 4 + 64 + 16
    head, first, second, last = (
        whole[:start],
        whole[start : start + size],
        whole[start + size : start + 2 * size],
        whole[start + 2 * size :],
    )
    assert opened(head + first + second + last) == bytes(150)
    for parts in ([first, last], [second, first, last], [first, second], [first, first, last]):
        with pytest.raises(TamperedError):
            opened(head + b"".join(parts))


def test_a_last_chunk_that_is_said_to_be_longer_is_found() -> None:
    whole = archive(b"x" * 100)
    at = len(whole) - 4 - 100 - 16
    assert whole[at : at + 4] == (116).to_bytes(4)
    with pytest.raises(TamperedError, match="the length of chunk 0"):
        opened(whole[:at] + (117).to_bytes(4) + whole[at + 4 :])
