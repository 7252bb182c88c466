from __future__ import annotations

import base64
import json
import os
import random
import signal
import stat
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, event, insert, select
from tests.conftest import created
from tests.store.erasing import left, sealed_cells

from tastemaker.engine import Tastemaker
from tastemaker.errors import (
    InputError,
    SchemaError,
    StoreError,
    TamperedError,
    TastemakerError,
    WrongKeyError,
)
from tastemaker.io import archive_rows, backup
from tastemaker.store import releases
from tastemaker.store.crypto.archive_cipher import ArchiveWriter
from tastemaker.store.crypto.keys import Key
from tastemaker.store.releases import StoredModel
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import metadata, release, user

Fork = Callable[[Callable[[], object]], int]
Rows = dict[str, list[tuple[object, ...]]]

GONE, STAYS, BACK = "gone@example.org", "stays@example.org", "back@example.org"


def rows_of(database: Database) -> Rows:
    """All rows of all tables, in the order of their keys."""
    with database.reading() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def shop(database: Database, key: Key, ledger: Path) -> Tastemaker:
    """A database with something in every table."""
    shop = Tastemaker(database, key=key, ledger=ledger)
    shop.upgrade()
    shop.put_items(
        {"item_id": f"item-{number}", "title": "Tee ☕", "attributes": {"price": 0.1}}
        for number in range(30)
    )
    shop.put_users([{"user_id": GONE, "attributes": {"town": "Reykjavík", "n": [1, None]}}])
    for one in (GONE, STAYS, BACK, "erased"):
        for number in range(10):
            shop.record(one, f"item-{number}", "view", value=0.1 * number, at=10**9 + number)
    shop.set_kind("view", repeatable=True)
    shop.forget("erased")
    keyring = shop._store.keyring
    large = StoredModel("a", "b", "1", {"x": np.arange(400_000, dtype="<f8")}, {"y": [1.5, None]})
    with database.writing() as connection:
        models = [StoredModel(releases.CATALOGUE), large]
        releases.save_release(connection, keyring, {"curve": None}, models, trained_at=10**16)
    return shop


@pytest.fixture
def archive(shop: Tastemaker, tmp_path: Path) -> Path:
    done = shop.backup(tmp_path / "a.backup")
    assert done.users == 3
    return tmp_path / "a.backup"


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database without a schema: from each system to each."""
    if request.param == "sqlite":
        with Database(f"sqlite:///{tmp_path}/target.db") as database:
            yield database
        return
    server: Engine = request.getfixturevalue("postgresql_server")
    for url in created(server, "template1"):
        with Database(url) as database:
            yield database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path}/empty.db") as database:
        yield database


def test_a_restored_database_is_the_same_row_for_row(
    shop: Tastemaker, database: Database, archive: Path, target: Database, key: Key, ledger: Path
) -> None:
    with Tastemaker(target, key=key, ledger=ledger) as restored:
        done = restored.restore(archive)
        assert (done.users, done.erased) == (3, 0)
        expected = rows_of(database)
        assert done.rows == sum(len(rows) for rows in expected.values())
        assert all(len(rows) > 0 for rows in expected.values())
        assert rows_of(target) == expected
        migrate.check(target)
        assert restored.export(GONE) == shop.export(GONE)
        # what comes next gets a number of its own
        restored.record("new", "item-new", "new kind")
        shop.record("new", "item-new", "new kind")
        with target.writing() as connection:
            values = {"created": 0, "trained_at": 0, "state": "", "manifest": b"", "bytes": 0}
            number = connection.execute(insert(release).values(values)).inserted_primary_key
        assert number is not None and number[0] == 2


def test_an_archive_says_nothing_in_clear_and_is_its_owners(archive: Path) -> None:
    content = archive.read_bytes()
    assert b"interaction" in content  # the names of tables are said
    assert b"item-1" not in content
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path for path in archive.parent.iterdir() if path.name.startswith(".")] == []


def test_whoever_was_forgotten_since_stays_forgotten(
    shop: Tastemaker, database: Database, archive: Path, target: Database, key: Key, ledger: Path
) -> None:
    cells = sealed_cells(database, shop._store.keyring, [GONE, BACK])
    gone = shop.forget(GONE).forgotten
    shop.forget(BACK)
    assert str(ledger) == shop.forget(STAYS).ledger
    with Tastemaker(target, key=key, ledger=ledger) as restored:
        done = restored.restore(archive)
        assert (done.users, done.erased) == (0, 3)
        assert list(restored.user_ids()) == []
        assert restored.export_file("interactions", os.devnull, form="csv") == 0
    assert left(target, cells) == 0
    entries = {(row[1], row[0], row[2]) for row in rows_of(target)["tastemaker_erasure"]}
    assert (gone.time, gone.ref, "[1]") in entries
    assert len(entries) == 4


def test_whoever_came_back_before_the_backup_is_restored(
    shop: Tastemaker, tmp_path: Path, empty: Database, key: Key, ledger: Path
) -> None:
    shop.forget(BACK)
    shop.record(BACK, "item-3")
    shop.backup(tmp_path / "later.backup")
    shop.forget(GONE)
    with Tastemaker(empty, key=key, ledger=ledger) as restored:
        assert restored.restore(tmp_path / "later.backup").erased == 1
        assert sorted(restored.user_ids()) == sorted([BACK, STAYS])


def test_without_its_ledger_a_restore_is_refused_unless_told(
    shop: Tastemaker, archive: Path, empty: Database, key: Key, tmp_path: Path
) -> None:
    shop.forget(GONE)
    for place in (tmp_path / "nowhere", tmp_path):
        restored = Tastemaker(empty, key=key, ledger=place)
        with pytest.raises(InputError, match="whoever was forgotten since"):
            restored.restore(archive)
    with Tastemaker(empty, key=key, ledger=tmp_path / "nowhere") as restored:
        assert restored.restore(archive, without_ledger=True).erased == 0
        assert restored.show(GONE)["interactions"] == 10


def test_a_changed_ledger_is_refused(
    shop: Tastemaker, archive: Path, empty: Database, key: Key, ledger: Path
) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content.replace(content[:3], b"111", 1))
    assert shop.forget(GONE).pending[0] == "ledger"
    with Tastemaker(empty, key=key, ledger=ledger) as restored:
        with pytest.raises(TamperedError, match="Line 1 of the ledger"):
            restored.restore(archive)
        assert not any(rows_of(empty).values())
        # once it is as it was, the erasure is entered, and the restore heeds it
        ledger.write_bytes(content)
        assert shop.finish_erasures().unfinished == 0
        assert restored.restore(archive).erased == 1


def test_a_database_that_is_not_empty_is_refused(
    shop: Tastemaker, database: Database, archive: Path, key: Key
) -> None:
    before = rows_of(database)
    with pytest.raises(InputError, match="not empty: it has rows of .* createdb"):
        shop.restore(archive)
    assert rows_of(database) == before


def test_keys_alone_count_as_not_empty(archive: Path, empty: Database, key: Key) -> None:
    with Tastemaker(empty, key=key) as restored:
        restored.upgrade()
        with pytest.raises(InputError, match="tastemaker init"):
            restored.restore(archive, without_ledger=True)


def test_a_wrong_key_and_damage_are_refused_before_anything_is_written(
    archive: Path, empty: Database, key: Key, tmp_path: Path
) -> None:
    another = base64.b64encode(bytes(32)).decode()
    wrong_one = Tastemaker(empty, key=another)
    with pytest.raises(WrongKeyError, match="This archive was made under key"):
        wrong_one.restore(archive, without_ledger=True)
    content = archive.read_bytes()
    generator = random.Random(3)
    damaged = tmp_path / "damaged"
    with Tastemaker(empty, key=key) as restored:
        for _ in range(40):
            place = generator.randrange(len(content))
            flipped = bytes([content[place] ^ 1 << generator.randrange(8)])
            for wrong in (content[:place], content[:place] + flipped + content[place + 1 :]):
                damaged.write_bytes(wrong)
                with pytest.raises(TastemakerError):
                    restored.restore(damaged, without_ledger=True)
        assert migrate.current(empty) is None
        for none in (tmp_path, tmp_path / "nothing", "/dev/null"):
            with pytest.raises(InputError):
                restored.restore(none, without_ledger=True)


def test_an_archive_of_an_older_schema_is_brought_up_to_date(
    shop: Tastemaker, database: Database, empty: Database, key: Key, tmp_path: Path, ledger: Path
) -> None:
    shop.set_kind("like", 0.5)
    migrate.downgrade(database, "0001")
    later = {("kind", "repeatable"), ("item", "declared"), ("erasure", "key_id")}
    old = {name: [c for c in columns if (name, c) not in later] for name, columns in columns_now()}
    with database.reading() as connection, (tmp_path / "old").open("wb") as stream:
        writer = ArchiveWriter(stream, key, {**backup.about(connection), "columns": old})
        for name, columns in old.items():
            table = archive_rows.TABLES_BY_NAME[name]
            chosen = select(*(table.c[column] for column in columns)).order_by(*table.primary_key)
            rows = [list(row) for row in connection.execute(chosen)]
            if rows and name != "erasure":  # those come out of the ledger
                writer.write(json.dumps([name, rows], default=in_base64).encode() + b"\n")
        writer.close()
    with Tastemaker(empty, key=key, ledger=ledger) as restored:
        restored.restore(tmp_path / "old")
        migrate.check(empty)
        assert [row[-1] for row in rows_of(empty)["tastemaker_erasure"]] == [None]
        weights = {kind.kind: kind.weight for kind in restored.kinds()}
        assert weights == {"like": 0.5, "view": 1.0}


def in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def columns_now() -> list[tuple[str, list[str]]]:
    return list(archive_rows.columns_by_table().items())


@pytest.mark.parametrize(
    "changed", [{"format": 2}, {"revision": "9999"}, {"columns": {"moon": ["id"]}}]
)
def test_an_archive_of_a_newer_version_is_refused(
    shop: Tastemaker,
    database: Database,
    empty: Database,
    key: Key,
    tmp_path: Path,
    changed: dict[str, object],
) -> None:
    with database.reading() as connection, (tmp_path / "newer").open("wb") as stream:
        writer = ArchiveWriter(stream, key, {**backup.about(connection), **changed})
        writer.close()
    with pytest.raises(SchemaError, match="pip install"):
        Tastemaker(empty, key=key).restore(tmp_path / "newer", without_ledger=True)
    assert migrate.current(empty) is None


def test_a_restore_that_is_killed_leaves_the_database_empty(
    archive: Path, target: Database, key: Key, fork: Fork, ledger: Path, database: Database
) -> None:
    migrate.upgrade(target)
    address = target.engine.url.set(drivername=target.dialect.system)
    url = address.render_as_string(hide_password=False)
    killed = 0
    for statement in range(2, 200, 3):

        def work(statement: int = statement) -> None:
            other = Database(url)
            number = [statement]

            def count(*_: object) -> None:
                number[0] -= 1
                if number[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(other.engine, "before_cursor_execute", count)
            event.listen(other.engine, "commit", count)
            Tastemaker(other, key=key, ledger=ledger).restore(archive)

        status = os.waitpid(fork(work), 0)[1]
        assert status in (0, signal.SIGKILL)
        if status == 0:
            break
        if any(rows_of(target).values()):
            break  # killed after the commit
        killed += 1
    assert killed > 5
    assert rows_of(target) == rows_of(database)


def test_a_backup_is_one_state_while_others_write(
    shop: Tastemaker, database: Database, tmp_path: Path, empty: Database, key: Key, fork: Fork
) -> None:
    address = database.engine.url.set(drivername=database.dialect.system)
    url = address.render_as_string(hide_password=False)

    def write() -> None:
        with Tastemaker(url, key=key) as writer:
            for number in range(100_000):
                # both or neither: one transaction
                with writer._store.database.engine.begin() as connection:
                    for item in ("left", "right"):
                        writer.record("writer", item, at=number + 1, connection=connection)

    child = fork(write)
    try:
        while not shop.show(STAYS) or "writer" not in list(shop.user_ids()):
            time.sleep(0.01)
        for number in range(4):
            shop.backup(tmp_path / f"{number}.backup")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with Tastemaker(empty, key=key) as restored:
        restored.restore(tmp_path / "3.backup", without_ledger=True)
        written = restored.export("writer")["interactions"]
    assert isinstance(written, list)
    items = [one["item_id"] for one in written if isinstance(one, dict)]
    assert items.count("left") == items.count("right") > 0


def test_memory_does_not_grow_with_the_database(
    sqlite_database: Database, key: Key, tmp_path: Path, empty: Database
) -> None:
    with Tastemaker(sqlite_database, key=key) as shop:
        shop.upgrade()
        shop.put_users({"user_id": f"u{number}"} for number in range(30_000))
        shop.backup(tmp_path / "warm.backup")
        tracemalloc.start()
        shop.backup(tmp_path / "large.backup")
        with Tastemaker(empty, key=key) as restored:
            restored.restore(tmp_path / "large.backup", without_ledger=True)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (tmp_path / "large.backup").stat().st_size > 5e6
    assert most < 9e6


def test_what_cannot_be_written_is_said(shop: Tastemaker, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be packed"):
        shop.backup(tmp_path / "a.backup.gz")
    with pytest.raises(InputError, match="cannot be written"):
        shop.backup(tmp_path / "nowhere" / "a.backup")


def test_a_damaged_row_is_not_backed_up(
    sqlite_database: Database, key: Key, tmp_path: Path
) -> None:
    with Tastemaker(sqlite_database, key=key) as shop:
        shop.upgrade()
        shop.put_users([{"user_id": "alice"}])
        with sqlite_database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {user.name} SET external_id = 'plain'")
        with pytest.raises((TamperedError, StoreError)):
            shop.backup(tmp_path / "a.backup")
        assert not (tmp_path / "a.backup").exists()
