from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tastemaker import Recommender, hookimpl
from tastemaker.errors import NotFoundError, PluginError, SettingsError
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.plugin.requirements import install_advice
from tastemaker_plugins.popularity.popular import Popular, RecentPopular, RecentPopularSettings


class Mine(Popular):
    name = "mine"


class Brings:
    """A plugin object that brings what it is given."""

    def __init__(self, *kinds: Any) -> None:
        self.kinds = kinds

    @hookimpl
    def tastemaker_recommenders(self, register: Any) -> None:
        for kind in self.kinds:
            register(kind)


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hookimpl
    def tastemaker_recommenders(self, register: Any) -> None:
        register(Mine)
        raise self.error


class Misspelt:
    @hookimpl
    def tastemaker_recomenders(self, register: Any) -> None:
        register(Mine)


class WrongArgument:
    @hookimpl
    def tastemaker_recommenders(self, registry: Any) -> None:
        registry(Mine)


class Unmarked:
    def tastemaker_recommenders(self, register: Any) -> None:
        register(Mine)


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RecursionError("again and again")


def last(*plugins: object) -> Plugin:
    return Registry(plugins).plugins[-1]


def of(**attributes: Any) -> type[Recommender]:
    return type("Odd", (Popular,), attributes)


def test_the_engines_own_recommenders_come_by_entry_points() -> None:
    registry = Registry()
    assert {"popular", "recent-popular", "item-knn", "ease", "transition", "tfidf"} <= set(
        registry.enabled
    )
    assert registry.find("ease").distribution == "tastemaker"


@pytest.mark.parametrize("given", [Mine, Brings(Mine)], ids=["class", "object"])
def test_an_application_registers_classes_and_plugins(given: object) -> None:
    assert last(given) == Plugin("mine", "popularity", "application", "", "enabled", "", Mine)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Raises(ValueError("no luck")), "no luck"),
        (Raises(SystemExit(3)), "SystemExit: 3"),
        (Raises(MemoryError()), "MemoryError"),
        (Misspelt(), "tastemaker_recomenders"),
        (WrongArgument(), "registry"),
        (Unmarked(), "@tastemaker.hookimpl"),
        (Hostile(), "again and again"),
        (Brings(), "registers no recommender"),
        (Brings(3), "3 is not a class derived from tastemaker.Recommender"),
        (Brings(Recommender), "does not define fit, restore, score, state"),
        (Brings(of(name=None)), "None"),
        (Brings(of(name="Not Kebab")), "'Not Kebab'"),
        (Brings(of(name="x" * 65)), "xxx"),
        (Brings(of(name="odd", family="magic")), "popularity, content, collaborative, hybrid"),
        (Brings(of(name="odd", settings_type=dict)), "tastemaker.Settings"),
        (Brings(of(name="odd", requires="tensorflow")), "write it like ('tensorflow',)"),
        (Brings(of(name="odd", summary=3)), "has the summary 3; write one line of text"),
        (Brings(of(name="odd", because=3)), "has the reason 3; write text in `because`"),
        (Brings(of(name="odd", because="like {item}")), "{items} alone may stand in braces"),
        (Brings(of(name="odd", because="like {")), "'like {', which people would read"),
        (Brings(of(name="odd", because="like {}")), "{items} alone may stand in braces"),
        (Brings(of(name="odd", because="{items!r}")), "{items} alone may stand in braces"),
        (Brings(of(name="odd", because="{items:9}")), "{items} alone may stand in braces"),
        (Brings(of(name="odd", former_names="old")), "write them like ('item-knn',)"),
        (Brings(of(name="odd", former_names=("Not Kebab",))), "'Not Kebab'"),
        (SimpleNamespace(TASTEMAKER_API=99), "version 99"),
        (int, "hook"),
        (None, "hook"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_wrong_with_a_plugin_is_listed_and_the_rest_work(
    given: object, problem: str
) -> None:
    registry = Registry([given, Mine])
    failed, mine = registry.plugins[-2:]
    assert failed.state == "failed"
    assert problem in failed.problem
    assert failed.recommender is None
    assert mine.state == "enabled"
    assert failed in registry.problems


def test_a_plugin_is_listed_in_a_row() -> None:
    assert last(Brings()).row() == {
        "name": "Brings",
        "kind": "",
        "what_it_is": "",
        "family": "",
        "distribution": "application",
        "version": "",
        "state": "failed",
        "problem": "registers no recommender and no re-ranker",
        "settings": "",
        "uses_dislikes": "",
        "isolated": "",
    }
    assert last(of(name="odd", settings_type=RecentPopularSettings)).settings == "half_life=0.0"


def test_keyboard_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        Registry([Raises(KeyboardInterrupt())])


def test_a_second_holder_of_a_name_fails_and_both_are_named() -> None:
    first, second = Registry([Mine, of(name="mine")]).plugins[-2:]
    assert (first.state, second.state) == ("enabled", "failed")
    assert "Mine" in second.problem
    assert "Odd" in second.problem


def test_disabled_recommenders_are_listed_but_not_in_use() -> None:
    registry = Registry([Mine], disabled=["mine", "popular", "ease"])
    assert registry.find("mine").state == "disabled"
    assert registry.find("ease").state == "disabled"
    assert not {"mine", "popular", "ease"} & set(registry.enabled)
    assert "recent-popular" in registry.enabled


def test_settings_come_from_the_configuration() -> None:
    made = Registry().create("recent-popular", {"half_life": 7.0})
    assert isinstance(made, RecentPopular)
    assert made.settings == RecentPopularSettings(half_life=7.0)


@pytest.mark.parametrize(
    ("name", "overrides", "error", "text"),
    [
        ("popular", {"size": 3}, SettingsError, "no setting size; it has: none"),
        ("recent-popular", {"size": 3}, SettingsError, "no setting size; it has: half_life"),
        ("recent-popular", {"half_life": -1.0}, SettingsError, "between 0.0 and"),
        ("recent-popular", {"half_life": "long"}, SettingsError, "must be a number"),
        ("nothing", {}, NotFoundError, "no recommender 'nothing'"),
        ("mine", {}, PluginError, "switched off"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(
    name: str, overrides: dict[str, object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        Registry([Mine], disabled=["mine"]).create(name, overrides)


@pytest.mark.parametrize(
    ("requires", "problem"),
    [
        (("no_such_module",), "needs no_such_module: pip install no_such_module"),
        (("numpy", "no.such.module"), "needs no.such.module: pip install"),
    ],
)
def test_what_cannot_be_trained_here_is_named_with_the_remedy(
    requires: tuple[str, ...], problem: str
) -> None:
    registry = Registry([of(name="odd", requires=requires)])
    plugin = registry.find("odd")
    assert plugin.state == "unavailable"
    assert problem in plugin.problem
    assert plugin in registry.unavailable
    assert plugin.recommender is not None  # a trained one is restored by it
    assert "odd" not in registry.enabled
    with pytest.raises(PluginError, match="is unavailable: needs"):
        registry.create("odd")


def test_the_neural_modules_come_with_an_extra() -> None:
    assert install_advice(["tensorflow", "keras"]) == (
        "needs tensorflow, keras: pip install 'tastemaker[neural]'"
    )


def test_what_is_installed_is_not_missed() -> None:
    assert Registry([of(name="odd", requires=("numpy", "json.decoder"))]).find("odd").problem == ""


def test_settings_are_checked_also_where_training_is_not_possible() -> None:
    kind = type("Odd", (RecentPopular,), {"name": "odd", "requires": ("no_such_module",)})
    registry = Registry([kind, Brings()])
    registry.check("odd", {"half_life": 7.0})
    with pytest.raises(SettingsError, match="between"):
        registry.check("odd", {"half_life": -1.0})
    with pytest.raises(PluginError, match="registers no recommender"):
        registry.check("Brings", {})
