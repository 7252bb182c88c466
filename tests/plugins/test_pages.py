"""The page of every recommender is there, and its settings are those of the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry

PAGES = Path(__file__).parents[2] / "docs" / "recommenders"
OWN = [plugin for plugin in Registry().plugins if plugin.distribution == "tastemaker"]
ROW = re.compile(r"^\| `(.+?)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def page(plugin: Plugin) -> str:
    return (PAGES / f"{plugin.name}.md").read_text(encoding="utf-8")


def shown(default: object) -> str:
    return f"{default:,}" if isinstance(default, int) else str(default)


def test_there_is_a_page_for_every_recommender_and_no_other() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {plugin.name for plugin in OWN}


@pytest.mark.parametrize("plugin", OWN, ids=lambda plugin: plugin.name)
def test_a_page_begins_with_what_the_recommender_is_and_was_called(plugin: Plugin) -> None:
    title, _, first, *_ = page(plugin).splitlines()
    assert title == f"# {plugin.name}"
    assert first.startswith(f"{plugin.summary}.")
    for former in plugin.former_names:
        assert f"`{former}`" in first


@pytest.mark.parametrize("plugin", OWN, ids=lambda plugin: plugin.name)
def test_the_settings_on_a_page_are_those_of_the_code(plugin: Plugin) -> None:
    assert plugin.recommender is not None
    assert ROW.findall(page(plugin)) == [
        (entry.name, shown(entry.default), entry.metadata["help"])
        for entry in dataclasses.fields(plugin.recommender.settings_type)
    ]
