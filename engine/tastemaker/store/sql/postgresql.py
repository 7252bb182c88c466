"""PostgreSQL: many writers at a time, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, Table, create_engine, func, select, text

from tastemaker.errors import InputError
from tastemaker.store.sql.dialect import PAGES, OpenedEngine
from tastemaker.store.sql.postgresql_wiping import rewrite_files

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    from tastemaker.store.sql.number_table import Arrays, NumberTable

TABLE_BYTES = text("SELECT pg_total_relation_size(to_regclass(quote_ident(:name)))")

CONNECT_SECONDS = 10
"""How long opening a connection may take, unless the URL says; chosen, not measured."""

SCHEMA_LOCK = int.from_bytes(b"tastemkr")
"""Any number that other programs on the same database are unlikely to lock."""


class PostgreSQL:
    """What the engine needs, on PostgreSQL; see `Dialect`."""

    system = "postgresql"
    drivers: tuple[str, ...] = ("psycopg", "psycopg2")
    beyond = (
        "The server's write-ahead log, its archive and its replicas are out of the engine's reach: "
        "they hold what was deleted until the server has written over it, or they expire."
    )

    def open_engine(self, url: URL) -> OpenedEngine:
        """An engine that notices connections which the server has closed.

        Raises:
            InputError: its driver is not installed.
        """
        given = "connect_timeout" in url.query
        arguments = {} if given else {"connect_timeout": CONNECT_SECONDS}
        try:
            engine = create_engine(
                url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments
            )
        except ModuleNotFoundError as error:
            raise InputError(
                f"PostgreSQL needs the package {error.name}, which is not installed. Run "
                "`pip install 'tastemaker[postgres]'`, and begin the URL with postgresql://."
            ) from None
        return OpenedEngine(engine)

    def is_in_memory(self, url: URL) -> bool:
        """False: a server has it."""
        return False

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """A connection in a transaction of level REPEATABLE READ: it sees one state."""
        with (
            isolated(engine, "REPEATABLE READ") as connection,
            connection.begin() as transaction,
        ):
            yield connection
            transaction.rollback()

    @contextmanager
    def writing(self, engine: Engine) -> Iterator[Connection]:
        """A connection in a transaction of level READ COMMITTED."""
        with isolated(engine, "READ COMMITTED") as connection, connection.begin():
            yield connection

    def restructuring(self, engine: Engine) -> AbstractContextManager[Connection]:
        """As `writing`: PostgreSQL changes tables in place."""
        return self.writing(engine)

    def lock_schema(self, connection: Connection) -> None:
        """Takes a lock that ends with the transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))

    def join(self, connection: Connection) -> None:
        """Refuses a connection that has no transaction to join.

        Raises:
            InputError: the connection is in autocommit mode.
        """
        # Every driver says so by this name; SQLAlchemy's way is not in all of 2.0.
        if getattr(connection.connection.dbapi_connection, "autocommit", False):
            raise InputError(
                "The connection given is in autocommit mode, so there is no transaction to join. "
                "Give one that is not, or none."
            )

    def insert(self, table: Table) -> postgresql.Insert:
        """PostgreSQL's INSERT."""
        # Either dialect takes a while to import, and an application uses one of them.
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def upsert_columns(self, connection: Connection, table: NumberTable, arrays: Arrays) -> int:
        """Writes by statements that take a column each as an array."""
        # Here, so that whoever moves no columns does not load NumPy.
        from tastemaker.store.sql.postgresql_columns import write_arrays

        return write_arrays(connection, table, arrays)

    def read_columns(
        self, connection: Connection, table: NumberTable, owners: Sequence[int] | None
    ) -> Arrays:
        """Reads by COPY in binary form; with psycopg2 row by row."""
        from tastemaker.store.sql.postgresql_columns import read_binary

        return read_binary(connection, table, owners)

    def file(self, engine: Engine) -> Path | None:
        """None: its files are the server's."""
        return None

    def continue_ids(self, connection: Connection, table: Table) -> None:
        """Sets the sequence to the highest id."""
        highest = connection.scalar(select(func.max(table.c.id)))
        if highest is not None:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, highest)))

    def table_bytes(self, connection: Connection, name: str) -> int | None:
        """The bytes of a table with its indexes."""
        size: int | None = connection.scalar(TABLE_BYTES, {"name": name})
        return size

    def database_bytes(self, connection: Connection, names: Sequence[str]) -> int:
        """The bytes of the tables together."""
        return sum(self.table_bytes(connection, name) or 0 for name in names)

    def wipe_traces(self, engine: Engine) -> frozenset[str]:
        """Nothing at once: it takes a lock that keeps readers out."""
        return frozenset({PAGES})

    def rewrite_tables(self, engine: Engine, names: Sequence[str]) -> frozenset[str]:
        """Writes the tables anew, under a lock that keeps readers out, and then a checkpoint."""
        return rewrite_files(engine, names)


POSTGRESQL = PostgreSQL()


def isolated(engine: Engine, level: str) -> Connection:
    """A connection whose transactions have an isolation level."""
    return engine.connect().execution_options(isolation_level=level)
