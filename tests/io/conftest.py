"""What the tests of files share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tastemaker.io.exporting import exported_interactions, exported_items, exported_users
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database

State: TypeAlias = Callable[[], object]
Write: TypeAlias = Callable[[str, str | bytes], Path]


@pytest.fixture
def state(database: Database, keyring: Keyring) -> State:
    """Gives everything that is in the database, in clear and in an order of its own."""

    def read() -> object:
        with database.reading() as connection:
            rows = (
                *exported_items(connection, flat=False),
                *exported_users(connection, keyring, flat=False),
                *exported_interactions(connection, keyring),
            )
        return sorted(str(sorted(row.items())) for row in rows)

    return read


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file; gives its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
