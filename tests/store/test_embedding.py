"""The engine in an application's own database, beside the application's own Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text

from tastemaker.store import meta
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE, metadata

OURS = {*metadata.tables, VERSION_TABLE}

# What an application's env.py looks like; FILTER is the line that our documentation asks for.
ENV = """
from alembic import context
from sqlalchemy import Column, Integer, MetaData, Table
from tastemaker.store.sql.tables import include_name

metadata = MetaData()
Table("orders", metadata, Column("number", Integer, primary_key=True))

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, FILTER)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture
def application(database: Database) -> Engine:
    """The application's engine, on a database in which the engine has its tables already."""
    with database.writing() as connection:
        meta.put(connection, "kept", "yes")
    return create_engine(database.engine.url, hide_parameters=True)


@pytest.fixture(params=["include_name=include_name", ""], ids=["filtered", "unfiltered"])
def alembic(request: pytest.FixtureRequest, application: Engine, tmp_path: Path) -> Config:
    """The application's Alembic, with our filter or without."""
    folder = tmp_path / "alembic"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV.replace("FILTER", request.param))
    template = migrate.migrations_folder() / "script.py.mako"
    (folder / "script.py.mako").write_text(template.read_text())
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes.update(engine=application, filtered=bool(request.param))
    return config


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def generated(config: Config) -> str:
    """The text of the migration that autogenerate proposes."""
    command.revision(config, "The shop's tables", autogenerate=True, rev_id="shop")
    (file,) = (Path(config.get_main_option("script_location") or "") / "versions").glob("*.py")
    return file.read_text()


def test_autogenerate_leaves_our_tables_out_only_with_the_filter(
    alembic: Config, application: Engine
) -> None:
    text_of_migration = generated(alembic)
    assert "create_table('orders'" in text_of_migration
    filtered = alembic.attributes["filtered"]
    assert ("tastemaker" not in text_of_migration) is filtered
    assert ("drop_table('tastemaker_user')" in text_of_migration) is not filtered
    application.dispose()


@pytest.mark.parametrize("alembic", ["include_name=include_name"], indirect=True)
def test_the_applications_migrations_and_ours_leave_each_other_alone(
    alembic: Config, application: Engine, database: Database
) -> None:
    generated(alembic)
    command.upgrade(alembic, "head")
    migrate.check(database)
    with database.writing() as connection:
        assert tables_of(connection) == {*OURS, "orders", "alembic_version"}
        assert meta.get(connection, "kept") == "yes"
        connection.execute(text("INSERT INTO orders VALUES (7)"))
    command.check(alembic)
    migrate.downgrade(database, "base")
    with database.reading() as connection:
        assert tables_of(connection) == {"orders", "alembic_version", VERSION_TABLE}
        assert connection.scalars(text("SELECT number FROM orders")).all() == [7]
    migrate.upgrade(database)
    command.downgrade(alembic, "base")
    with database.reading() as connection:
        assert tables_of(connection) == {*OURS, "alembic_version"}
        assert connection.scalars(select(metadata.tables["tastemaker_meta"].c.name)).all() == []
    migrate.check(database)
    application.dispose()
