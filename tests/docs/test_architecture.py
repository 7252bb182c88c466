"""The architecture page speaks of what is there: every name and every file of it is found."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pkgutil import resolve_name

import pytest
from tests.docs.snippets import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ENGINE = ROOT / "engine" / "tastemaker"
WAY = PAGE.partition("## The way of an interaction")[2].partition("\n## ")[0]
CHANGES = PAGE.partition("## Where to change what")[2].partition("\n## ")[0]

NAMES = sorted(set(re.findall(r"`([a-z]\w*(?:\.\w+)+)`", WAY)))
FILES = sorted(set(re.findall(r"`([\w./-]*/[\w./-]*|\w+\.(?:py|toml|yml))`", CHANGES)))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_on_the_way_is_there(name: str) -> None:
    assert resolve_name(f"tastemaker.{name}") or find_spec(f"tastemaker.{name}")


@pytest.mark.parametrize("file", FILES)
def test_every_file_to_change_is_there(file: str) -> None:
    places = [ROOT / file, ENGINE / file, ROOT / file.replace("FAMILY/", "")]
    assert any(place.exists() for place in places)


def test_every_room_is_in_the_table() -> None:
    rooms = {path.stem for path in ENGINE.glob("[a-z]*") if path.suffix in ("", ".py")}
    table = PAGE.partition("## The rooms")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\|([^|]+)\|", table, re.M))))
    assert rooms == listed


def test_the_page_names_enough() -> None:
    assert len(NAMES) > 20
    assert len(FILES) > 20
