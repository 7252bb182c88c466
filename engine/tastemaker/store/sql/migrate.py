"""The schema's versions: creating, upgrading and checking it, through Alembic.

Every change runs in one transaction that holds a lock from its beginning: any number of processes
may start at once, and one killed at any moment leaves the old schema or the new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, column, inspect, select, table

from tastemaker.errors import InputError, SchemaError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE, include_name, metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

HEAD_REVISION = "0004"
"""The revision that this version of the engine needs; kept here so that opening a database does not
have to load Alembic."""

HOW_TO_UPGRADE = "run `tastemaker db upgrade`, or call Tastemaker.upgrade()."

# Alembic keeps the running migration in a module of its own, so one thread at a time may use it.
_one_at_a_time = threading.RLock()


class Revision(NamedTuple):
    """A version of the schema, and what it brought."""

    revision: str
    description: str


def upgrade(database: Database, revision: str = "head") -> None:
    """Creates the schema, or brings it up to a revision. Nothing happens if it is there already.

    Raises:
        InputError: there is no such revision above the database's.
        SchemaError: the schema is of a newer version of the engine.
        StoreError: the database refused; nothing was changed.
    """
    if revision == "head" and current(database) == HEAD_REVISION:
        return
    from alembic import command

    _migrate(database, "the upgrade", revision, command.upgrade)


def downgrade(database: Database, revision: str) -> None:
    """Takes the schema back to an older revision, or with "base" away. What it held is lost.

    Raises:
        InputError: there is no such revision below the database's.
        SchemaError: the schema is of a newer version of the engine.
        StoreError: the database refused; nothing was changed.
    """
    from alembic import command

    _migrate(database, "the downgrade", revision, command.downgrade)


def current(database: Database) -> str | None:
    """The revision of the database's schema, or None where there is none."""
    with database.reading("reading the schema's revision") as connection:
        return current_revision(connection)


def revisions() -> list[Revision]:
    """Every revision of the schema that this version of the engine knows, the newest first."""
    return [
        Revision(script.revision, str(script.doc).rstrip("."))
        for script in _scripts().walk_revisions()
    ]


def has_schema(connection: Connection) -> bool:
    """Whether the database has the engine's tables, of whatever revision."""
    return current_revision(connection) is not None


def is_behind(revision: str | None) -> bool:
    """Whether a revision is older than the one that this version of the engine needs.

    Revisions are numbers of four digits. A newer schema may do for what an older version asks.
    """
    return revision is not None and revision < HEAD_REVISION


def require_schema(connection: Connection) -> None:
    """Nothing, if the schema is the one that this version of the engine needs.

    Raises:
        SchemaError: it is missing, older or newer; says what to run.
    """
    revision = current_revision(connection)
    if revision is None:
        raise SchemaError(f"The database has no tables of the engine yet: {HOW_TO_UPGRADE}")
    if revision != HEAD_REVISION:
        _refuse_newer(revision)
        raise SchemaError(
            f"The database's schema is revision {revision}, this version of the engine needs "
            f"{HEAD_REVISION}: {HOW_TO_UPGRADE}"
        )


def check(database: Database) -> None:
    """Nothing, if the database's tables are in every detail those that the engine works with.

    Raises:
        SchemaError: the schema is missing, older or newer, or differs; says how and what to do.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.reading("checking the schema") as connection:
        require_schema(connection)
        context = MigrationContext.configure(connection, opts=configuration())
        differences = compare_metadata(context, metadata)
    if differences:
        found = ", ".join(map(_described, differences))
        raise SchemaError(
            f"The tables are not as the migrations make them: {found}. Undo what was changed by "
            "hand, or restore a backup. (If it was store/sql/tables.py that changed: `alembic "
            "revision --autogenerate`.)"
        )


def current_revision(connection: Connection) -> str | None:
    """The revision of the schema, or None where there is none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))


@contextmanager
def locked(database: Database, operation: str) -> Iterator[Connection]:
    """A connection in a transaction that no other migration of the database runs beside."""
    with _one_at_a_time, database.restructuring(operation) as connection:
        database.dialect.lock_schema(connection)
        yield connection


def configuration() -> dict[str, Any]:
    """How Alembic is to work on the engine's tables, and on nobody else's in the same database."""
    return {
        "target_metadata": metadata,
        "version_table": VERSION_TABLE,
        "include_name": is_ours,
        "compare_type": True,
        "transactional_ddl": True,
        "render_as_batch": True,
    }


def is_ours(name: str | None, type_: Any, parent_names: object) -> bool:
    """For the engine's own Alembic: leaves the application's tables out of its autogenerate."""
    return type_ != "table" or not include_name(name, type_, parent_names)


def migrations_folder() -> Path:
    """Where the migrations are: in the installed package, or in the checkout around it.

    Raises:
        SchemaError: the installation is not complete.
    """
    package = Path(__file__).parents[2]
    for folder in (package / "migrations", package.parents[1] / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise SchemaError(
        "The migrations are missing from the installation: run `pip install --force-reinstall "
        "tastemaker`."
    )


def _migrate(
    database: Database, operation: str, revision: str, run: Callable[[Config, str], None]
) -> None:
    from alembic.util import CommandError

    if not revision:
        raise InputError("Name a revision. `tastemaker db history` lists them.")
    config = _config()
    with locked(database, operation) as connection:
        _refuse_newer(current_revision(connection))
        config.attributes["connection"] = connection
        try:
            run(config, revision)
        except CommandError as error:
            raise InputError(
                f"{operation.capitalize()} to {revision!r} is not possible: {error}. "
                "`tastemaker db history` lists the revisions."
            ) from None


def _refuse_newer(revision: str | None) -> None:
    if revision not in (None, *(known.revision for known in revisions())):
        raise SchemaError(
            f"The database's schema (revision {revision}) is of a newer version of the engine than "
            "this one: run `pip install --upgrade tastemaker`."
        )


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _described(difference: Any) -> str:
    """One of Alembic's differences in words: ("add_column", schema, table, column), …"""
    if isinstance(difference, list):
        return ", ".join(map(_described, difference))
    verb, _, what = str(difference[0]).partition("_")
    state = {"add": "missing", "remove": "surplus"}.get(verb, "changed")
    names = [str(getattr(part, "name", part)) for part in difference[1:] if part is not None]
    named = [name for name in names if name.isidentifier()]
    return f"{state} {what.replace('_', ' ')} {'.'.join(named[:2])}"
