"""What reads bytes of strangers: each target takes any bytes, and lets typed errors alone pass by.

Atheris drives them (`make fuzz`), and so does `test_targets.py`, with fewer bytes.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.errors import InputError, ReleaseError, TastemakerError
from tastemaker.io.intake import Intake, InteractionIntake, ItemIntake, UserIntake
from tastemaker.io.readers import read_blocks
from tastemaker.io.source import FileFormat, open_input
from tastemaker.request.json_form import request_as_json, request_from_json
from tastemaker.rules.json_form import rule_from_json
from tastemaker.rules.parsing import parse_rule
from tastemaker.store.crypto.archive_cipher import ArchiveReader, ArchiveWriter
from tastemaker.store.crypto.container import LABEL, MAGIC, pack, unpack
from tastemaker.store.crypto.data_keys import PURPOSES, DataKey
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealing import AES_256_GCM_SIV
from tastemaker.store.crypto.typed_values import DamagedValueError, decode, encode

Target = Callable[[bytes], None]

RING = Keyring(
    bytes(16),
    [DataKey(n, purpose, AES_256_GCM_SIV, True, bytes(32)) for n, purpose in enumerate(PURPOSES)],
)
KEY = Key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
REF = bytes(16)
SEALED = RING.seal("user", "attributes", REF, {"town": "Ulm"})
REQUIRED = {
    "items": ("item_id",),
    "users": ("user_id",),
    "interactions": ("user_id", "item_id"),
}


def container(data: bytes) -> None:
    """A container as it is, and one with a good signature: what is read can be packed again."""
    with suppress(TastemakerError):
        unpack(data, RING.verify)
        raise AssertionError("bytes of a stranger were taken for a signed container")
    signed = MAGIC + RING.sign(LABEL, memoryview(data)) + data
    with suppress(TastemakerError):
        read = unpack(signed, RING.verify)
        try:
            pack(read.arrays, read.values, read.manifest, RING.sign)
        except ReleaseError as error:
            raise AssertionError("what was read cannot be packed") from error


def sealed_value(data: bytes) -> None:
    """A cell: nothing but what was sealed opens."""
    if data != SEALED:
        with suppress(TastemakerError):
            RING.open("user", "attributes", REF, data)
            raise AssertionError("bytes of a stranger were opened")
        with suppress(TastemakerError):
            RING.open_blob("model", [data])
            raise AssertionError("bytes of a stranger were opened as a blob")


def typed_value(data: bytes) -> None:
    """The bytes inside of a cell: what is read can be written again."""
    with suppress(DamagedValueError):
        value = decode(data)
        with suppress(InputError):  # JSON may hold what we never write, such as a lone surrogate
            encode(value)


def archive(data: bytes) -> None:
    """A backup, and the chunks of one whose header is whole."""
    with suppress(TastemakerError):
        for _ in ArchiveReader(io.BytesIO(data), KEY).chunks():
            pass
        raise AssertionError("bytes of a stranger were taken for an archive")
    start = io.BytesIO()
    ArchiveWriter(start, KEY, {"about": 1})
    with suppress(TastemakerError):
        for _ in ArchiveReader(io.BytesIO(start.getvalue() + data), KEY).chunks():
            raise AssertionError("a chunk of a stranger was opened")


def request(data: bytes) -> None:
    """A request in JSON: what is read can be told again."""
    with suppress(InputError):
        request_as_json(request_from_json(data.decode(errors="replace")))


def rule(data: bytes) -> None:
    """The text of a rule: what is read reads the same from its own text and from its JSON."""
    with suppress(InputError):
        read = parse_rule(data.decode(errors="replace"))
        assert parse_rule(str(read)) == read
        assert rule_from_json(json.loads(json.dumps(read.as_json()))) == read


def csv(data: bytes) -> None:
    """A file of values with commas between them, of items, users or interactions."""
    _imported("csv", data)


def jsonl(data: bytes) -> None:
    """A file with a JSON object a line."""
    _imported("jsonl", data)


def parquet(data: bytes) -> None:
    """A Parquet file."""
    _imported("parquet", data)


def packed(data: bytes) -> None:
    """A file of any name that may be packed."""
    _imported(None, data)


def _imported(form: FileFormat | None, data: bytes) -> None:
    """Takes a file in as an import does, up to where the database comes in."""
    what = tuple(REQUIRED)[len(data) % 3]
    intakes: dict[str, Callable[[], Intake]] = {
        "items": ItemIntake,
        "users": lambda: UserIntake(RING, ()),
        "interactions": lambda: InteractionIntake(RING, "view"),
    }
    with TemporaryDirectory(dir=MEMORY) as folder, suppress(InputError):
        path = Path(folder, "file")
        path.write_bytes(data)
        with open_input(path, form) as source, intakes[what]() as taking:
            for block in read_blocks(source, REQUIRED[what]):
                taking.add(block)


MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where small files cost no disk."""

TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        *(container, sealed_value, typed_value, archive, request, rule),
        *(csv, jsonl, parquet, packed),
    )
}


def _archive() -> bytes:
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, KEY, {"revision": "1"})
    writer.write(b"rows")
    writer.close()
    return stream.getvalue()


def _parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet as writer

    table = pyarrow.table({"item_id": ["a", "b"], "price": [1.5, None], "tags": [["x"], []]})
    stream = io.BytesIO()
    writer.write_table(table, stream)
    return stream.getvalue()


def _container() -> bytes:
    arrays: dict[str, npt.NDArray[Any]] = {
        "factors": np.arange(6, dtype=np.float32).reshape(2, 3),
        "ids": np.arange(3),
    }
    return pack(arrays, {"names": ["a"]}, {"member": "ease"}, RING.sign)


def seeds(name: str) -> list[bytes]:
    """Some bytes that a target takes, from which others are made."""
    whole = _container()
    return {
        "container": [whole[:-1] + b"x", whole[40:], struct.pack(">I", 2) + b"{}"],
        "sealed_value": [bytes(SEALED[:-1] + b"x"), *RING.seal_blob("other", b"data")],
        "typed_value": [encode(one) for one in ("ö", b"x", 3, -1.5, {"a": [1]}, None, True)],
        "archive": [_archive()[:-1], struct.pack(">I", 17) + bytes(17)],
        "request": [b'{"user_id":"a","k":3,"where":"price < 3","recent":["b"],"boost":{}}'],
        "rule": [b"price < 3 and not (tags has 'x' or title contains \"y\")", b"a in (1, 2)"],
        "csv": [b"item_id,user_id,value,timestamp\na,b,1,2024-01-01\n", b'item_id,t\n"a,""",\n'],
        "jsonl": [b'{"item_id":"a","user_id":"b","timestamp":1700000000,"tags":["x"]}\n'],
        "parquet": [_parquet()],
        "packed": [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", b"item_id\na\n", _parquet()],
    }[name]
