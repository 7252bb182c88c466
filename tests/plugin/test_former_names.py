from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.plugin.test_registry import last, of

from tastemaker import setting
from tastemaker.errors import SettingsError
from tastemaker.plugin.registry import Registry
from tastemaker_plugins.popularity.popular import RecentPopular, RecentPopularSettings


class Renamed(RecentPopular):
    """Recent popularity under a name of its own.

    It was called otherwise.
    """

    name = "present"
    former_names = ("past", "before")


@dataclass(frozen=True)
class RenamedSettings(RecentPopularSettings):
    damping: float = setting(0.5, "How strong.", low=0.0, high=1.0, formerly=("evening", "even"))


class WithRenamedSetting(RecentPopular):
    name = "damped"
    settings_type = RenamedSettings


def test_a_recommender_is_found_by_its_former_names() -> None:
    registry = Registry([Renamed])
    assert registry.find("past") is registry.find("present")
    assert registry.present_name("before") == "present"
    assert registry.present_name("ease") == "ease"
    assert registry.present_name("nobody") == "nobody"
    assert isinstance(registry.create("past"), Renamed)


def test_a_former_name_that_is_disabled_disables_the_recommender() -> None:
    registry = Registry([Renamed], disabled=["past"])
    assert registry.find("present").state == "disabled"
    assert "present" not in registry.enabled


def test_a_present_name_wins_over_a_former_one() -> None:
    other = of(name="past")
    for plugins in ([Renamed, other], [other, Renamed]):
        registry = Registry(plugins, disabled=["past"])
        assert registry.find("past").recommender is other
        assert registry.find("past").state == "disabled"
        assert registry.find("present").state == "enabled"
        assert registry.present_name("before") == "present"


def test_of_two_that_claim_a_former_name_the_first_has_it() -> None:
    registry = Registry([Renamed, of(name="later", former_names=("past",))])
    assert registry.present_name("past") == "present"


def test_a_class_does_not_inherit_the_former_names_of_another() -> None:
    heir = type("Heir", (Renamed,), {"name": "heir"})
    assert Registry([heir]).present_name("past") == "past"


def test_what_a_recommender_is_comes_from_its_summary_or_its_docstring() -> None:
    assert last(Renamed).summary == "Recent popularity under a name of its own."
    assert last(of(name="odd", summary="What it is")).summary == "What it is"
    assert last(of(name="odd")).summary == ""


def test_settings_are_read_by_their_former_names() -> None:
    registry = Registry([WithRenamedSetting])
    assert registry.create("damped", {"evening": 0.25}).settings == RenamedSettings(damping=0.25)
    both = {"damping": 0.25, "even": 0.75}
    assert registry.create("damped", both).settings == RenamedSettings(damping=0.25)
    assert registry.find("damped").configured({"even": 0.75}).settings == (
        "half_life=0.0, damping=0.75"
    )
    with pytest.raises(SettingsError, match="Setting damping is 7"):
        registry.check("damped", {"even": 7})


def test_settings_are_made_of_those_among_other_values() -> None:
    values = {"even": 0.75, "half_life": 3.0, "edges": {"age": [1.0]}}
    assert RenamedSettings.from_values(values) == RenamedSettings(half_life=3.0, damping=0.75)


def test_stored_settings_are_read_by_former_names_of_both() -> None:
    kind = type("Both", (WithRenamedSetting,), {"name": "both", "former_names": ("old",)})
    stored = {
        "both": {"damping": 0.25},
        "old": {"even": 0.75, "half_life": 3.0},
        "nobody": {"even": 0.5},
    }
    assert Registry([kind]).present_settings(stored) == {
        "both": {"half_life": 3.0, "damping": 0.25},
        "nobody": {"even": 0.5},
    }
