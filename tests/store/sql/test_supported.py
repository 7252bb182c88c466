from __future__ import annotations

import re
from pathlib import Path

import pytest

import tastemaker
from tastemaker.errors import InputError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.supported import DIALECTS, dialect_for, dialect_of

PACKAGE = Path(str(tastemaker.__file__)).parent


def test_a_connection_and_its_engine_have_one_dialect(database: Database) -> None:
    with database.reading() as connection:
        assert dialect_of(connection) is dialect_of(database.engine) is database.dialect
    assert DIALECTS[database.dialect.system] is database.dialect


def test_other_systems_are_refused_with_advice() -> None:
    with pytest.raises(InputError, match="not on mysql. Use another one."):
        dialect_for("mysql", "Use another one.")


def test_only_one_module_tells_the_systems_apart_by_name() -> None:
    by_name = re.compile(r"dialect\.name|dialect_name")
    files = {file for file in PACKAGE.rglob("*.py") if by_name.search(file.read_text())}
    assert files == {PACKAGE / "store" / "sql" / "supported.py"}
