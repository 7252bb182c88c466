"""The tables of the store, and the names they go by in an application's database."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from tastemaker.store.sealed_column import SealedColumn

PREFIX = "tastemaker_"
VERSION_TABLE = "tastemaker_alembic_version"

metadata = MetaData()

# SQLite counts rows in its INTEGER only; PostgreSQL gets a 64-bit identity.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def include_name(
    name: str | None,
    type_: Literal["schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint"],
    parent_names: object,
) -> bool:
    """For an application's own Alembic: leaves the engine's tables out of its autogenerate.

    Pass it to `context.configure(include_name=…)` in the application's env.py. Without it
    `alembic revision --autogenerate` proposes to drop every table of the engine.
    """
    return not (type_ == "table" and name is not None and name.startswith(PREFIX))
