"""A worker imports the plugins that its release needs, and all of them where one is not found."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.plugin.test_registry import Mine

from tastemaker.plugin.registry import Registry, registry_of

PROGRAM = """
import json, sys
from tastemaker.plugin.registry import registry_of
registry = registry_of((), json.loads(sys.argv[2]), json.loads(sys.argv[1]))
found = [name for name in json.loads(sys.argv[1]) if name in registry.enabled]
rooms = [name for name in sys.modules if name.startswith("tastemaker_plugins.item_item.")]
print(json.dumps([found, sorted(rooms)]))
"""


def imported(members: dict[str, str], disabled: tuple[str, ...] = ()) -> tuple[list[str], set[str]]:
    """The members that a fresh process finds enabled, and modules it imports to find them."""
    arguments = (json.dumps(members), json.dumps(disabled))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], check=True, capture_output=True, text=True
    )
    found, rooms = json.loads(done.stdout)
    return found, {name.rpartition(".")[2] for name in rooms}


def test_only_the_entry_points_of_the_members_are_imported() -> None:
    found, rooms = imported({"recent-popular": "popularity", "item-knn": "item-knn"})
    assert found == ["recent-popular", "item-knn"]
    assert "item_knn" in rooms
    assert rooms.isdisjoint({"ease", "slim", "transition"})


def test_everything_is_looked_at_where_a_member_is_not_found() -> None:
    found, rooms = imported({"popular": "called-otherwise"})
    assert found == ["popular"]
    assert {"ease", "slim", "transition"} <= rooms


def test_a_disabled_entry_point_is_not_imported() -> None:
    found, rooms = imported({"item-knn": "item-knn", "popular": "popularity"}, ("item-knn",))
    assert found == ["popular"]
    assert rooms == set()


def test_an_applications_recommenders_are_always_there() -> None:
    registry = registry_of([Mine], (), {"mine": ""})
    assert [plugin.name for plugin in registry.plugins] == ["mine"]
    assert registry.plugins[0].entry_point == ""


def test_former_names_are_found() -> None:
    registry = registry_of((), (), {"peers": "peers"})
    assert registry.find("peers").name == "demographic-popularity"


@pytest.mark.parametrize(
    ("name", "point"), [("recent-popular", "popularity"), ("item-knn", "item-knn")]
)
def test_a_plugin_knows_its_entry_point(name: str, point: str) -> None:
    assert Registry().find(name).entry_point == point
