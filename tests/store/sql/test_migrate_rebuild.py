"""What later migrations need: a table that others refer to is rebuilt, and no row changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, inspect, select

from tastemaker.store.crypto.sealed_column import FORMAT, SealedBytes
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import interaction, item, kind, metadata, user

# Makes SQLite copy the table of users, drop it, and rename the copy.
LATER = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{head}"

def upgrade():
    with op.batch_alter_table("tastemaker_user") as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        batch.alter_column("attributes", existing_type=sa.LargeBinary(), nullable=False)

def downgrade():
    with op.batch_alter_table("tastemaker_user") as batch:
        batch.alter_column("attributes", existing_type=sa.LargeBinary(), nullable=True)
        batch.drop_column("note")
"""


@pytest.fixture
def later(tmp_path: Path) -> Config:
    """Alembic's configuration of our migrations and one more."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.migrations_folder(), folder)
    (folder / "versions" / "later.py").write_text(LATER.format(head=migrate.HEAD_REVISION))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return config


def fill(connection: Connection) -> None:
    sealed = SealedBytes(FORMAT + bytes(46))
    times = {"created": 1, "updated": 2}
    connection.execute(insert(kind), {"id": 1, "name": "view", "weight": 1.0})
    for one in range(1, 4):
        ref = bytes([one]) * 16
        row = {"id": one, "ref": ref, "external_id": sealed, "attributes": sealed, **times}
        connection.execute(insert(user), row)
        thing = {"id": one, "external_id": f"item-{one}", "available": True, **times}
        connection.execute(insert(item), thing)
        event = {"user_id": one, "time": one, "item_id": one, "kind_id": 1, "value": 0.5}
        connection.execute(insert(interaction), event)


def rows_of(connection: Connection) -> list[tuple[object, ...]]:
    return [
        (table.name, *row)
        for table in metadata.sorted_tables
        for row in connection.execute(select(table).order_by(*table.primary_key))
    ]


def test_a_rebuilt_table_keeps_its_rows_and_who_refers_to_them(
    database: Database, later: Config
) -> None:
    with database.writing() as connection:
        fill(connection)
        before = rows_of(connection)
    for step, columns in ((command.upgrade, 7), (command.downgrade, 6)):
        with migrate.locked(database, "a test") as connection:
            later.attributes["connection"] = connection
            step(later, "later" if step is command.upgrade else migrate.HEAD_REVISION)
        with database.reading() as connection:
            assert rows_of(connection) == before
            assert len(inspect(connection).get_columns("tastemaker_user")) == columns
    migrate.check(database)
    with database.reading() as connection:
        if database.dialect.system == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
