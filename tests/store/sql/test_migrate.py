from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.pool import StaticPool

from tastemaker.errors import InputError, SchemaError
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE, item, metadata

CHECKOUT = Path(__file__).parents[3]


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def set_revision(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))


def test_an_upgrade_makes_the_schema_and_a_second_one_does_nothing(database_url: str) -> None:
    with Database(database_url) as database:
        assert migrate.current(database) is None
        for _ in range(2):
            migrate.upgrade(database)
            assert migrate.current(database) == migrate.HEAD_REVISION
        migrate.check(database)


def test_the_head_in_the_code_is_the_newest_migration() -> None:
    assert migrate.revisions()[0].revision == migrate.HEAD_REVISION
    assert migrate.revisions()[-1] == ("0001", "The first schema")


def test_down_and_up_again_leaves_the_applications_tables_alone(database: Database) -> None:
    row = {"external_id": "a", "available": True, "created": 0, "updated": 0}
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE orders (number INTEGER)"))
        connection.execute(text("INSERT INTO orders VALUES (7)"))
        connection.execute(insert(item), row)
    migrate.downgrade(database, "base")
    with database.reading() as connection:
        assert tables_of(connection) == {"orders", VERSION_TABLE}
        assert not migrate.has_schema(connection)
    migrate.upgrade(database)
    migrate.check(database)
    with database.writing() as connection:
        assert connection.scalars(text("SELECT number FROM orders")).all() == [7]
        assert connection.scalars(select(item.c.external_id)).all() == []
        connection.execute(insert(item), row)


def test_a_missing_schema_is_told_to_be_made(database_url: str) -> None:
    with Database(database_url) as database, database.reading() as connection:
        assert not migrate.has_schema(connection)
        with pytest.raises(SchemaError, match="no tables.*run `tastemaker db upgrade`"):
            migrate.require_schema(connection)


def test_the_right_schema_is_enough(connection: Connection) -> None:
    migrate.require_schema(connection)


def test_a_newer_schema_asks_for_a_newer_package_and_is_left_alone(database: Database) -> None:
    set_revision(database, "9999")
    with (
        database.reading() as connection,
        pytest.raises(SchemaError, match="pip install --upgrade"),
    ):
        migrate.require_schema(connection)
    for change in (migrate.upgrade, lambda one: migrate.downgrade(one, "base")):
        with pytest.raises(SchemaError, match=r"revision 9999.*pip install --upgrade"):
            change(database)
    assert migrate.current(database) == "9999"


@pytest.mark.parametrize("revision", ["nosuch", "+7", ""])
def test_an_unknown_revision_is_refused(database: Database, revision: str) -> None:
    with pytest.raises(InputError, match="`tastemaker db history` lists"):
        migrate.upgrade(database, revision)
    migrate.check(database)


def test_tables_changed_by_hand_are_named(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE tastemaker_user ADD COLUMN email TEXT"))
        connection.execute(text("DROP TABLE tastemaker_erasure"))
        connection.execute(text("CREATE TABLE orders (number INTEGER)"))
    with pytest.raises(SchemaError) as caught:
        migrate.check(database)
    assert "missing table tastemaker_erasure" in str(caught.value)
    assert "surplus column tastemaker_user.email" in str(caught.value)
    assert "orders" not in str(caught.value)


def test_migrations_leave_foreign_keys_enforced(database: Database) -> None:
    migrate.downgrade(database, "base")
    migrate.upgrade(database)
    if database.dialect.system == "sqlite":
        with database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_in_memory_databases_can_be_migrated() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    for target in ("sqlite://", engine):
        with Database(target) as database:
            migrate.upgrade(database)
            migrate.check(database)
    engine.dispose()


def test_an_application_in_autocommit_mode_still_gets_one_transaction(
    postgresql_database: Database,
) -> None:
    url = postgresql_database.engine.url
    engine = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT")
    database = Database(engine)
    with pytest.raises(ZeroDivisionError), migrate.locked(database, "a test") as connection:
        metadata.drop_all(connection)
        raise ZeroDivisionError
    migrate.check(database)
    engine.dispose()


def alembic(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TASTEMAKER_DATABASE": url}
    command = [sys.executable, "-m", "alembic", *arguments]
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )


def test_plain_alembic_does_the_same_from_a_checkout(database_url: str) -> None:
    done = alembic("sqlite:////not/used", "-x", f"url={database_url}", "upgrade", "head")
    assert (done.returncode, done.stderr) == (0, "")
    with Database(database_url) as database:
        migrate.check(database)
        assert alembic(database_url, "check").returncode == 0
        assert alembic(database_url, "downgrade", "base").returncode == 0
        assert migrate.current(database) is None


def test_plain_alembic_says_what_is_wrong_in_one_line() -> None:
    done = alembic("sqlite:////no/such/folder/shop.db", "upgrade", "head")
    assert done.returncode != 0
    assert "FAILED: The folder /no/such/folder does not exist." in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_plain_alembic_writes_the_migration_as_a_script() -> None:
    done = alembic("postgresql://me@host/shop", "upgrade", "head", "--sql")
    assert done.stdout.startswith("BEGIN;")
    assert done.stdout.rstrip().endswith("COMMIT;")
    assert 'external_id TEXT COLLATE "C" NOT NULL' in done.stdout
