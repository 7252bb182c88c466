"""One SQL database, opened with its key: what every other room reads and writes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine

from tastemaker.errors import InputError, SchemaError, WrongDatabaseError
from tastemaker.store import erasures, meta
from tastemaker.store.crypto.data_keys import DataKey
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import KeySource, key_from_environment, key_in_hand
from tastemaker.store.key_rows import TENANT, create_keyring, has_keys, open_keyring, read_keys
from tastemaker.store.ledger import LEDGER_VARIABLE, ErasureLedger, ledger_place
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database, connection_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")


class Store:
    """A database and its key ring. Threads may share it; opening writes nothing.

    Args:
        database: an SQLAlchemy URL, the application's own Engine, or a Database.
        key: what opens the sealed values, or its text; from the environment where not given.
        ledger: the file of the ledger of erasures; see `ledger_place` where not given.

    Attributes:
        database: the database itself.
        key: the key-encryption key.

    Raises:
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
        StoreError: the database cannot be reached.
    """

    def __init__(
        self,
        database: str | Engine | Database,
        key: KeySource | str | None = None,
        ledger: str | PathLike[str] | None = None,
    ) -> None:
        self.key = key_from_environment() if key is None else key_in_hand(key)
        self.database = database if isinstance(database, Database) else Database(database)
        self._ledger = ledger_place(self.database, ledger)
        self._keyring: Keyring | None = None
        # Connections of the application that were found to be to this database.
        self._admitted: WeakSet[Connection] = WeakSet()
        try:
            self._open()
        except BaseException:
            self.close()  # nobody else could: an application may try again and again
            raise

    def _open(self) -> None:
        """Takes the keys if the database has them by now."""
        with self.database.reading("opening the database") as connection:
            revision = migrate.current_revision(connection)
            self._is_behind = migrate.is_behind(revision)
            if revision is not None and has_keys(connection):
                self._keyring = open_keyring(connection, self.key, reread=self._read_keys)

    def _read_keys(self) -> list[DataKey]:
        """The keys as they are now, for a ring that meets one it does not know."""
        if self.database.current is not None:
            return read_keys(self.database.current, self.key)
        with self.database.reading("reading the keys") as connection:
            return read_keys(connection, self.key)

    @property
    def name(self) -> str:
        """The database's URL as it may be shown."""
        return self.database.name

    @property
    def is_ready(self) -> bool:
        """Whether the database has its schema and its keys."""
        return self._keyring is not None

    @property
    def keyring(self) -> Keyring:
        """The keys of the database; looked for again while it had none.

        Raises:
            SchemaError: the database has no schema or no keys yet.
        """
        if self._keyring is None:
            self._open()
        if self._keyring is None:
            raise SchemaError(
                "The database has no schema or no keys yet: call upgrade(), or run "
                "`tastemaker init`."
            )
        return self._keyring

    @property
    def ledger(self) -> ErasureLedger | None:
        """The ledger of erasures outside of the database; None where nothing names its place.

        Raises:
            SchemaError: the database has no schema or no keys yet.
        """
        return None if self._ledger is None else ErasureLedger(self._ledger, self.keyring)

    def change_key(self, key: KeySource) -> None:
        """Opens the database by another master key from now on.

        Raises:
            WrongKeyError: it is not the key of this database.
        """
        self.key = key
        self._open()

    def open_keyring(self, statuses: Sequence[str]) -> Keyring:
        """A key ring of its own, with the keys that have one of the statuses.

        Raises:
            SchemaError: the database has no schema or no keys yet.
        """
        self.require_schema()
        with self.reading("reading the keys") as connection:
            return open_keyring(connection, self.key, statuses)

    def require_ledger(self) -> Path:
        """The file of the ledger of erasures, if it is there.

        Raises:
            InputError: nothing names it, or it is not there.
        """
        if self._ledger is not None and self._ledger.is_file():
            return self._ledger
        found = "No ledger is named" if self._ledger is None else f"{self._ledger} is not there"
        raise InputError(
            f"{found}, so whoever was forgotten since the backup would be back. Name the ledger of "
            f"erasures (--ledger, {LEDGER_VARIABLE}), or say that it does without (--no-ledger)."
        )

    def require_schema(self) -> None:
        """Nothing, if the schema is the one that this version of the engine needs.

        Raises:
            SchemaError: it is missing, older or newer.
        """
        with self.reading("reading the schema's revision") as connection:
            migrate.require_schema(connection)

    def upgrade(self) -> None:
        """Creates or migrates the schema, and makes the database's keys if it has none.

        Erasures that were left unfinished are finished, as far as nobody waits long for it. Any
        number of processes may do this at once.
        """
        migrate.upgrade(self.database)
        self._is_behind = False
        with self.writing("making the keys") as connection:
            create_keyring(connection, self.key)
        self._open()
        erasures.finish_at_once(self.database, self.ledger)

    def reading(self, operation: str) -> AbstractContextManager[Connection]:
        """A connection that sees one state of the database; see `Database.reading`.

        Raises:
            SchemaError: the schema is of an older version, as it was when the store was opened.
        """
        self._require_upgraded()
        return self.database.reading(operation)

    def writing(self, operation: str) -> AbstractContextManager[Connection]:
        """A connection in a transaction that commits at the end; see `Database.writing`.

        Raises:
            SchemaError: the schema is of an older version, as it was when the store was opened.
        """
        self._require_upgraded()
        return self.database.writing(operation=operation)

    def write(
        self,
        operation: str,
        work: Callable[[Connection], T],
        connection: Connection | Session | None = None,
    ) -> T:
        """What some work gives, done in one transaction; see `Database.write`.

        Raises:
            SchemaError: the schema is of an older version, as it was when the store was opened.
            WrongDatabaseError: the connection is to another database; nothing was written.
        """
        self._require_upgraded()
        if connection is None:
            return self.database.write(work, operation)

        def admitted(own: Connection) -> T:
            self._refuse_other_databases(own)
            return work(own)

        return self.database.write(admitted, operation, connection)

    def require_place(self, connection: Connection | Session | None) -> None:
        """Nothing, if the schema is the one needed, or a connection is to this database.

        Raises:
            SchemaError, WrongDatabaseError: see `require_schema` and `admit`.
        """
        if connection is None:
            self.require_schema()
        else:
            self.admit(connection)

    def admit(self, connection: Connection | Session) -> None:
        """Nothing, if an application's connection is to this database; looked up once for each.

        Raises:
            WrongDatabaseError: it is to another one, in which nobody could open what is sealed.
            StoreError, InputError: see `Database.writing`.
        """
        lent = connection_of(connection)
        if lent not in self._admitted:
            with self.database.writing(lent, "looking at the connection given") as own:
                self._refuse_other_databases(own)

    def _refuse_other_databases(self, connection: Connection) -> None:
        if connection in self._admitted:
            return
        tenant = meta.get_many(connection, [TENANT]).get(TENANT)
        if tenant != self.keyring.tenant.hex():
            raise WrongDatabaseError(
                "The connection given is to another database than the engine's, so nothing was "
                "written. Give a connection to the database that this Tastemaker was opened on, or "
                "open another Tastemaker on that one."
            )
        self._admitted.add(connection)

    def _require_upgraded(self) -> None:
        """Nothing, if the schema was new enough when it was opened, or has become so."""
        if self._is_behind:
            with self.database.reading("reading the schema's revision") as connection:
                migrate.require_schema(connection)
            self._is_behind = False

    def close(self) -> None:
        """Closes the connections; an Engine of the application is left alone."""
        self.database.dispose()
