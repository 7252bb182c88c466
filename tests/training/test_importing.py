"""Networks are not begun where importing what they need would take all their time."""

from __future__ import annotations

import sys

import pytest
from tests.training.habits import Counting, regulars

from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.training.building import build
from tastemaker.training.importing import no_time_to_import
from tastemaker.training.limits import Limits


class Network(Counting):
    """One that counts, but says that it needs a module which takes long to import."""

    name = "network"
    requires = ("tensorflow",)


@pytest.fixture
def registry() -> Registry:
    return Registry([Counting, Network])


@pytest.fixture
def not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)


def test_too_little_time_for_the_import_is_told(registry: Registry, not_imported: None) -> None:
    network = registry.find("network")
    assert "importing tensorflow takes 5 s or more" in no_time_to_import(network, 1.0)
    assert no_time_to_import(network, 10.0) == ""
    assert no_time_to_import(registry.find("counting"), 0.001) == ""


def test_what_is_imported_already_costs_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    assert no_time_to_import(registry.find("network"), 0.001) == ""


def test_it_is_declined_by_name_and_the_others_are_trained(
    registry: Registry, not_imported: None
) -> None:
    both = [registry.find(name) for name in ("counting", "network")]
    unsaved = build(registry, both, regulars(), no_progress, Limits(seconds=30.0))
    found = {one.name: (one.state, one.problem) for one in unsaved.members}
    assert found["counting"] == ("serving", "")
    assert found["network"][0] == "declined"
    assert found["network"][1].startswith("not begun: importing tensorflow")
