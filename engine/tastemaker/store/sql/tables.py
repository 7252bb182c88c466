"""The tables of the store, and the names they go by in an application's database.

All times are whole microseconds since 1970 UTC. The tables as they once were live in `migrations/`;
`tastemaker db check` says whether the two agree.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from tastemaker.store.crypto.sealed_column import SealedColumn

PREFIX = "tastemaker_"
VERSION_TABLE = "tastemaker_alembic_version"

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    }
)

# SQLite counts rows in its INTEGER only; PostgreSQL gets a 64-bit identity.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# Ids are compared and sorted byte by byte on both databases, whatever the server's locale.
ExactText = Text().with_variant(Text(collation="C"), "postgresql")


def include_name(
    name: str | None,
    type_: Literal[
        "schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint"
    ],
    parent_names: object,
) -> bool:
    """For an application's own Alembic: leaves the engine's tables out of its autogenerate.

    Pass it to `context.configure(include_name=…)` in the application's env.py. Without it
    `alembic revision --autogenerate` proposes to drop every table of the engine.
    """
    return not (type_ == "table" and name is not None and name.startswith(PREFIX))


# What belongs to the database as a whole: tenant, catalogue_version, configuration, …
meta = Table(
    f"{PREFIX}meta",
    metadata,
    Column("name", ExactText, primary_key=True),
    Column("value", Text, nullable=False),
)

# The data keys, each wrapped by the key-encryption key, which is never in the database.
key = Table(
    f"{PREFIX}key",
    metadata,
    Column("key_id", RowId, primary_key=True, autoincrement=False),
    Column("purpose", Text, nullable=False),
    Column("algorithm", SmallInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kcv", LargeBinary, nullable=False),
)

# The kinds of interaction (view, like, purchase, …), what each weighs, and whether items of it may
# be recommended again.
kind = Table(
    f"{PREFIX}kind",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", ExactText, nullable=False),
    Column("weight", Double, nullable=False),
    Column("repeatable", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("name"),
)

# AUTOINCREMENT, so that the id of a forgotten user is never given to another one: a process that
# still remembers it then fails instead of writing into a stranger's history.
user = Table(
    f"{PREFIX}user",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    Column("ref", LargeBinary(16), nullable=False),
    Column("external_id", SealedColumn, nullable=False),
    Column("attributes", SealedColumn, nullable=True),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    UniqueConstraint("ref"),
    sqlite_autoincrement=True,
)

item = Table(
    f"{PREFIX}item",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    Column("external_id", ExactText, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Column("attributes", Text, nullable=False, server_default="{}"),
    Column("available", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    # false where nothing but an interaction that was recorded named it
    Column("declared", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("external_id"),
    sqlite_autoincrement=True,
)

# One range read gives a user's history, oldest first. There is no index by item: it would cost
# as much again as the table, and nobody waits for a read by item.
interaction = Table(
    f"{PREFIX}interaction",
    metadata,
    Column("user_id", RowId, ForeignKey(user.c.id), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("item_id", RowId, ForeignKey(item.c.id), nullable=False),
    Column("kind_id", Integer, ForeignKey(kind.c.id), nullable=False),
    Column("value", Double, nullable=False),
    PrimaryKeyConstraint("user_id", "time", "item_id", "kind_id"),
    sqlite_with_rowid=False,
)

# A training's outcome: models and blend, activated together. `manifest` is a signed container.
# `state` and `note` are of the first schema, and nothing reads them: `state` is always "whole", for
# a release is there whole or not at all; `note` stays empty.
release = Table(
    f"{PREFIX}release",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("trained_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("manifest", LargeBinary, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

model = Table(
    f"{PREFIX}model",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    Column("release_id", RowId, ForeignKey(release.c.id), nullable=False),
    Column("name", ExactText, nullable=False),
    Column("distribution", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    UniqueConstraint("release_id", "name"),
    sqlite_autoincrement=True,
)

model_chunk = Table(
    f"{PREFIX}model_chunk",
    metadata,
    Column("model_id", RowId, ForeignKey(model.c.id), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sealed", SealedColumn, nullable=False),
    PrimaryKeyConstraint("model_id", "position"),
)

# Who was forgotten when, by ref, and which releases had been trained with them. Somebody has a row
# for each index key that was kept then; where none is named, it is the first that there was.
erasure = Table(
    f"{PREFIX}erasure",
    metadata,
    Column("ref", LargeBinary(16), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("releases", Text, nullable=False),
    Column("key_id", BigInteger, nullable=True),
    PrimaryKeyConstraint("ref", "time"),
)
