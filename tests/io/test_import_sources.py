from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest
from tests.io.test_importing import GOOD, HEADER, Fork, Write

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.importing import ImportResult, import_file
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_standard_input_is_recognised(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, name: str, packed: bool
) -> None:
    content = GOOD if name == "csv" else '{"user_id": "a", "item_id": "b"}\n'
    data = gzip.compress(content.encode()) if packed else content.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert import_file(database, keyring, "interactions", "-").new in (1, 3)
    sys.stdin.buffer.readable()


def test_a_pipe_is_read_like_a_file(
    database: Database, keyring: Keyring, tmp_path: Path, fork: Fork
) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    fork(lambda: pipe.write_text(GOOD))
    assert import_file(database, keyring, "interactions", pipe).new == 3
    os.wait()


def test_an_empty_file_of_interactions_is_fine(
    database: Database, keyring: Keyring, write: Write
) -> None:
    result = import_file(database, keyring, "interactions", write("a.csv", HEADER))
    assert result == ImportResult("interactions", 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "user_id,item_id,rating,time,rejected_line\na,b,5,2025-01-01,1\n"),
        ("a.jsonl", '{"user_id": "a", "item_id": "b", "rating": 5, "time": 1}\n'),
    ],
)
def test_what_was_not_read_of_interactions_is_named(
    database: Database, keyring: Keyring, write: Write, name: str, content: str
) -> None:
    result = import_file(database, keyring, "interactions", write(name, content))
    assert (result.new, result.unread) == (1, ("rating", "time"))


def test_a_field_beyond_all_bounds_is_called_so(
    database: Database, keyring: Keyring, write: Write
) -> None:
    path = write("a.csv", HEADER + "a" * 200_000 + ",b,,,\n")
    with pytest.raises(FileRefusedError, match="line 2: a field is longer than 131,072 characters"):
        import_file(database, keyring, "interactions", path)


def test_an_unknown_kind_of_import_is_refused(database: Database, keyring: Keyring) -> None:
    with pytest.raises(InputError, match="choose items, users, interactions"):
        import_file(database, keyring, "orders", "a.csv")


def test_the_shipped_data(sqlite_database: Database, tmp_path: Path) -> None:
    from importlib.resources import as_file, files

    from tastemaker.store.crypto.keys import create_key_file
    from tastemaker.store.key_rows import create_keyring

    with sqlite_database.writing() as connection:
        keyring = create_keyring(connection, create_key_file(tmp_path / "key"))
    expected = {"items": 3665, "users": 4338, "interactions": 397_884}
    for what, count in expected.items():
        with as_file(files("tastemaker.demo") / "data" / f"{what}.csv.gz") as path:
            result = import_file(sqlite_database, keyring, what, path)
        assert (result.read, result.rejected) == (count, 0)
    assert result.new == 387_763
