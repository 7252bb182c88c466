from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io import staging
from tastemaker.io.importing import ImportResult, import_file
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.items import iterate_items, read_catalogue
from tastemaker.store.sql.database import Database
from tastemaker.store.users.features import declared_features
from tastemaker.store.users.rows import iterate_users
from tastemaker.validation import ItemRow

State = Callable[[], object]
Write = Callable[[str, str | bytes], Path]
Fork = Callable[[Callable[[], object]], int]

HEADER = "user_id,item_id,kind,value,timestamp\n"
GOOD = HEADER + (
    "alice,tea,purchase,2,1291191960\n"
    "alice,mug,,,\n"
    "bob,tea,view,0.5,2010-12-01T08:26:00+01:00\n"
    "alice,tea,purchase,3,1291191960\n"
)
ITEMS = "item_id,title,text,available,tags,price\ntea,Tea,Hot,no,hot|green,2.5\nmug,Mug,,,,\n"
USERS = "user_id,country\nalice,Iceland\nbob,\n"


def test_interactions_come_in_once_however_often(
    database: Database, keyring: Keyring, write: Write, state: State
) -> None:
    path = write("a.csv", GOOD)
    result = import_file(database, keyring, "interactions", path)
    assert result == ImportResult("interactions", 4, 3, 1)
    first = state()
    assert import_file(database, keyring, "interactions", path).updated == 4
    assert state() == first
    assert len(str(first).split("timestamp")) == 4
    assert "'value', 3.0" in str(first)


def test_a_file_in_pieces_is_the_file(
    database: Database, keyring: Keyring, write: Write, state: State
) -> None:
    lines = GOOD.splitlines(keepends=True)
    for number, line in enumerate(lines[1:]):
        import_file(database, keyring, "interactions", write(f"{number}.csv", HEADER + line))
    pieces = state()
    import_file(database, keyring, "interactions", write("a.csv", GOOD))
    assert state() == pieces


def test_items_with_their_attributes(database: Database, keyring: Keyring, write: Write) -> None:
    path = write("items.csv", ITEMS)
    assert import_file(database, keyring, "items", path) == ImportResult("items", 2, 2, 0)
    assert import_file(database, keyring, "items", path) == ImportResult("items", 2, 0, 2)
    with database.reading() as connection:
        assert {row.item_id: row for row in iterate_items(connection)} == {
            "tea": ItemRow("tea", "Tea", "Hot", {"tags": ["hot", "green"], "price": "2.5"}, False),
            "mug": ItemRow("mug", "Mug"),
        }


def test_users_with_their_features(database: Database, keyring: Keyring, write: Write) -> None:
    path = write("users.csv", USERS)
    import_file(database, keyring, "users", path, features=["country"])
    with database.reading() as connection:
        rows = {row.user_id: dict(row.attributes) for row in iterate_users(connection, keyring)}
        assert declared_features(connection) == ("country",)
    assert rows == {"alice": {"country": "Iceland"}, "bob": {}}


def test_the_kind_of_rows_without_one(
    database: Database, keyring: Keyring, write: Write, state: State
) -> None:
    path = write("a.csv", "user_id,item_id,kind\na,b,\na,b,view\n")
    import_file(database, keyring, "interactions", path, kind="like")
    assert "'like'" in str(state())
    assert "'interaction'" not in str(state())


BAD: list[tuple[str | bytes, str]] = [
    (",tea,view,1,5", "user_id is empty"),
    ("alice,,view,1,5", "item_id is empty"),
    ("  ,tea,view,1,5", "white space"),
    ("al\0ice,tea,view,1,5", "NUL"),
    (f"{'x' * 513},tea,view,1,5", "513 bytes"),
    (b"al\xffice,tea,view,1,5", "UTF-8"),
    (f"alice,tea,{'x' * 65},1,5", "kind is 65 bytes"),
    ("alice,tea,view,nan,5", "finite"),
    ("alice,tea,view,1e999,5", "finite"),
    ("alice,tea,view,1_0,5", "must be a number"),
    ("alice,tea,view,1,soon", "ISO 8601"),
    ("alice,tea,view,1,1291191960000", "milliseconds"),
    ("alice,tea,view,1,20101201", "looks like a date"),
    ("alice,tea,view,1", "number of fields"),
    ("alice,tea,view,1,5,6", "number of fields"),
    ('alice,"tea"x,view,1,5', "quote"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_row_refuses_the_file_and_nothing_is_kept(
    database: Database, keyring: Keyring, write: Write, state: State, row: str | bytes, reason: str
) -> None:
    bad = row if isinstance(row, bytes) else row.encode()
    path = write("a.csv", GOOD.encode() + bad + b"\nzoe,cup,view,1,5\n")
    with pytest.raises(FileRefusedError, match=reason) as caught:
        import_file(database, keyring, "interactions", path)
    assert caught.value.line == 6
    assert "alice" not in str(caught.value)
    assert state() == []


def test_bad_rows_are_set_aside_and_can_be_corrected(
    database: Database, keyring: Keyring, write: Write, state: State, tmp_path: Path
) -> None:
    rows = [row if isinstance(row, bytes) else row.encode() for row, _ in BAD]
    path = write("a.csv", GOOD.encode() + b"\n".join(rows) + b"\nzoe,cup,view,1,5\n")
    result = import_file(database, keyring, "interactions", path, on_error="skip")
    assert (result.read, result.new, result.rejected) == (5 + len(BAD), 4, len(BAD))
    assert result.rejects == tmp_path / "a.rejected.csv"
    assert "xxxx" not in str(state())
    rejected = result.rejects.read_bytes()
    assert rejected.startswith(b"rejected_line,rejected_reason,user_id,item_id,kind")
    assert b"al\xffice" in rejected
    assert result.rejects.stat().st_mode & 0o777 == 0o600

    lines = [
        line for line in rejected.decode("latin-1").splitlines() if "looks like a date" in line
    ]
    header = rejected.decode("latin-1").splitlines()[0]
    corrected = write("b.csv", "\n".join([header, *lines]).replace(",20101201", ",2010-12-01"))
    assert import_file(database, keyring, "interactions", corrected).new == 1


def test_what_was_set_aside_before_and_may_be_half_corrected_stays(
    database: Database, keyring: Keyring, write: Write, tmp_path: Path
) -> None:
    places = []
    for bad in ("zoe,cup,view,nan,5", "zoe,cup,view,inf,5", "zoe,cup,view,-inf,5"):
        path = write("a.csv", f"{HEADER}{bad}\nalice,tea,view,1,5\n")
        result = import_file(database, keyring, "interactions", path, on_error="skip")
        places.append(result.rejects)
    names = ("a.rejected.csv", "a.rejected-2.csv", "a.rejected-3.csv")
    assert places == [tmp_path / name for name in names]
    for name, value in zip(names, (",nan,", ",inf,", ",-inf,"), strict=True):
        assert value in (tmp_path / name).read_text()


def test_nobody_comes_from_a_bad_row(database: Database, keyring: Keyring, write: Write) -> None:
    path = write("a.csv", HEADER + "ghost,phantom,view,nan,5\nalice,tea,view,1,5\n")
    import_file(database, keyring, "interactions", path, on_error="skip")
    with database.reading() as connection:
        assert [row.user_id for row in iterate_users(connection, keyring)] == ["alice"]
        assert read_catalogue(connection).items.ids == ("tea",)


def test_bad_lines_of_json_are_set_aside(
    database: Database, keyring: Keyring, write: Write, tmp_path: Path
) -> None:
    lines = [
        '{"user_id": 7, "item_id": "tea", "value": 2, "timestamp": 5.5}',
        '{"user_id": true, "item_id": "tea"}',
        '{"user_id": "7", "item_id": ["tea"]}',
        '{"user_id": "7", "item_id": "tea", "value": true}',
        '{"user_id": "7", "item_id": "tea", "kind": 1}',
        '{"user_id": "\\ud800", "item_id": "tea"}',
        '{"user_id": 1.0, "item_id": "tea"}',
        "nonsense",
    ]
    path = write("a.jsonl", "\n".join(lines))
    rejects = tmp_path / "elsewhere.jsonl"
    result = import_file(database, keyring, "interactions", path, on_error="skip", rejects=rejects)
    assert (result.new, result.rejected) == (1, 7)
    assert len(rejects.read_text().splitlines()) == 7
    assert '"rejected_text": "nonsense"' in rejects.read_text()


@pytest.mark.parametrize("what", ["items", "users"])
def test_a_bad_item_or_user_refuses_the_file_and_nothing_is_kept(
    database: Database, keyring: Keyring, write: Write, state: State, what: str
) -> None:
    content = f"{what[:4]}_id,colour\n" + "".join(f"{n},red\n" for n in range(1500)) + ",blue\n"
    with pytest.raises(FileRefusedError, match="is empty") as caught:
        import_file(database, keyring, what, write("a.csv", content))
    assert caught.value.line == 1502
    assert state() == []
    result = import_file(database, keyring, what, write("a.csv", content), on_error="skip")
    assert (result.new, result.rejected) == (1500, 1)


def test_a_rejects_file_that_cannot_be_written_stops_the_import(
    database: Database, keyring: Keyring, write: Write, state: State, tmp_path: Path
) -> None:
    path = write("a.csv", GOOD + ",,,,\n")
    rejects = tmp_path / "no folder" / "r.csv"
    with pytest.raises(InputError, match="cannot be written"):
        import_file(database, keyring, "interactions", path, on_error="skip", rejects=rejects)
    assert state() == []


def test_many_segments_are_one_import(
    database: Database,
    keyring: Keyring,
    write: Write,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [f"u{n % 97},i{n % 31},view,{n % 5},{n % 1009}\n" for n in range(7000)]
    path = write("a.csv", HEADER + "".join(rows))
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 1500)
    monkeypatch.setattr("tastemaker.io.spool.MEMORY_BYTES", 1000)
    steps: list[tuple[int, int, str]] = []
    result = import_file(
        database, keyring, "interactions", path, progress=lambda *step: steps.append(step)
    )
    assert result.read == 7000
    assert [what for _, _, what in steps].count("Writing interactions") > 2
    assert steps[-1] == (7000, 7000, "Writing interactions")
    parts = state()
    monkeypatch.undo()
    import_file(database, keyring, "interactions", path)
    assert state() == parts
