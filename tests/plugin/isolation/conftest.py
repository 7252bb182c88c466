from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the recommender, where another process can import it."""
    shutil.copy(Path(__file__).with_name("hostile.py"), tmp_path / "hostile_recommender.py")
    (tmp_path / "orders.txt").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("hostile_recommender")
    del sys.modules["hostile_recommender"]
