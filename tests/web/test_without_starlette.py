"""Where Starlette is not installed, it says so."""

from __future__ import annotations

import sys

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database


def test_it_is_said_what_to_install(
    sqlite_database: Database, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tastemaker.web import app

    for name in [name for name in sys.modules if name.partition(".")[0] == "starlette"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("starlette", "starlette.applications", "starlette.routing"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="tastemaker\\[web\\]"):
        app(Tastemaker(sqlite_database, key=key))
