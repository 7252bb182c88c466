"""Re-rankers as plugins: found, named, refused and guarded like recommenders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tastemaker import RankedItems, Recommender, Reranker, Settings, hookimpl, setting
from tastemaker.errors import NotFoundError, PluginError, SettingsError
from tastemaker.plugin.circuit_breaker import CircuitBreaker
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_reranker import GuardedReranker, checked_parts
from tastemaker.plugin.registry import Registry, registry_of_others
from tastemaker.testing import ranked_items
from tastemaker_plugins.popularity.popular import Popular


@dataclass(frozen=True)
class AmountSettings(Settings):
    amount: float = setting(1.0, "What is added.", low=0.0, high=5.0, formerly=("extra",))


class Lifting(Reranker):
    """Adds the same to everything."""

    name = "lifting"
    former_names = ("raising",)
    settings_type = AmountSettings
    settings: AmountSettings

    def adjust(self, lists: RankedItems) -> Any:
        return np.full(lists.items.shape, self.settings.amount, dtype=np.float32)


class Mine(Popular):
    """Popular, by a name of its own."""

    name = "mine"


class Brings:
    """Registers re-rankers, and recommenders beside them."""

    def __init__(self, *rerankers: Any, recommenders: tuple[type[Recommender], ...] = ()) -> None:
        self.rerankers, self.recommenders = rerankers, recommenders

    @hookimpl
    def tastemaker_rerankers(self, register: Any) -> None:
        for kind in self.rerankers:
            register(kind)

    @hookimpl
    def tastemaker_recommenders(self, register: Any) -> None:
        for kind in self.recommenders:
            register(kind)


def of(**attributes: Any) -> type[Reranker]:
    return type("Odd", (Lifting,), {"former_names": (), **attributes})


def last(*plugins: object) -> Plugin:
    return Registry(plugins, only=()).plugins[-1]


@pytest.mark.parametrize("given", [Lifting, Brings(Lifting)], ids=["class", "object"])
def test_an_application_registers_rerankers(given: object) -> None:
    found = last(given)
    assert (found.name, found.kind, found.state) == ("lifting", "re-ranker", "enabled")
    assert found.reranker is Lifting
    assert found.recommender is None
    assert found.summary == "Adds the same to everything."
    assert found.row()["settings"] == "amount=1.0"


def test_one_plugin_may_bring_both() -> None:
    found = Registry([Brings(Lifting, recommenders=(Mine,))], only=())
    assert [one.kind for one in found.plugins] == ["recommender", "re-ranker"]
    assert list(found.enabled) == ["mine"]
    assert [one.name for one in found.rerankers] == ["lifting"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Brings(), "registers no recommender and no re-ranker"),
        (Brings(3), "3 is not a class derived from tastemaker.Reranker"),
        (Brings(Reranker), "Reranker does not define adjust"),
        (Brings(Mine), "is not a class derived from tastemaker.Reranker"),
        (Brings(of(name="Not Kebab")), "'Not Kebab'"),
        (Brings(of(name="boost")), "'boost', which the engine uses"),
        (Brings(of(name="odd", order="first")), "the order 'first'"),
        (Brings(of(name="odd", because=3)), "the reason 3"),
        (Brings(of(name="odd", because="near {items}")), "nothing may stand in braces"),
        (Brings(of(name="odd", because="}")), "nothing may stand in braces"),
        (Brings(of(name="odd", summary=3)), "the summary 3"),
        (Brings(of(name="odd", settings_type=dict)), "tastemaker.Settings"),
        (Brings(of(name="odd", former_names="old")), "write them like ('item-knn',)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_listed(given: object, problem: str) -> None:
    failed = last(given)
    assert failed.state == "failed"
    assert problem in failed.problem


def test_a_plugin_of_another_version_is_named() -> None:
    outdated = Brings(Lifting)
    outdated.TASTEMAKER_API = 99  # type: ignore[attr-defined]
    assert "version 99" in last(outdated).problem


def test_a_name_is_unique_among_recommenders_and_rerankers() -> None:
    first, second = Registry([Mine, of(name="mine")], only=()).plugins
    assert (first.state, second.state) == ("enabled", "failed")
    assert "Mine" in second.problem


def test_they_take_turns_by_order_and_then_by_name() -> None:
    kinds = [of(name="b"), of(name="c", order=10), of(name="a")]
    assert [one.name for one in Registry(kinds, only=()).rerankers] == ["c", "a", "b"]


def test_one_that_is_switched_off_is_listed_and_not_in_use() -> None:
    registry = Registry([Lifting], disabled=["raising"], only=())
    assert registry.plugins[-1].state == "disabled"
    assert registry.rerankers == ()
    with pytest.raises(PluginError, match="enable lifting` switches it on"):
        registry.create_reranker("lifting")


def test_settings_are_given_checked_and_refused() -> None:
    registry = Registry([Lifting, Mine], only=())
    made = registry.create_reranker("lifting", {"extra": 2.0})
    assert made.settings == AmountSettings(2.0)
    with pytest.raises(SettingsError, match="Re-ranker lifting has no setting size"):
        registry.check("lifting", {"size": 1})
    with pytest.raises(SettingsError, match="between 0.0 and 5.0"):
        registry.create_reranker("lifting", {"amount": 9.0})
    with pytest.raises(NotFoundError, match="no recommender 'nothing', and no re-ranker"):
        registry.create_reranker("nothing")
    with pytest.raises(PluginError, match="is a re-ranker"):
        registry.create("lifting")
    with pytest.raises(PluginError, match="Recommender mine"):
        registry.create_reranker("mine")


def test_the_engines_own_recommenders_are_not_imported_for_rerankers() -> None:
    registry = registry_of_others([Lifting], ())
    assert [one.name for one in registry.rerankers] == ["lifting"]
    assert "ease" not in registry.enabled


def test_a_sound_one_is_let_through() -> None:
    lists = ranked_items()
    added, problem = GuardedReranker(Lifting()).adjust(lists)
    assert problem == ""
    assert added is not None
    assert added.tolist() == lists.valid.astype(float).tolist()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "a NoneType instead of an array"),
        (np.zeros((2, 2), dtype=np.float32), r"the shape (2, 2) instead of (5, 8)"),
        (np.full((5, 8), "x"), "the type"),
        (np.full((5, 8), np.nan, dtype=np.float32), "NaN or infinity"),
        (np.full((5, 8), -np.inf, dtype=np.float32), "NaN or infinity"),
        (np.full((5, 8), 1e31), "beyond 1e+30"),
    ],
    ids=str,
)
def test_what_is_no_part_of_a_score_is_refused(given: Any, problem: str) -> None:
    added, found = checked_parts(given, ranked_items())
    assert added is None
    assert problem in found


def test_where_there_is_no_item_anything_may_stand() -> None:
    lists = ranked_items()
    added, problem = checked_parts(np.where(lists.valid, 1, np.nan), lists)
    assert problem == ""
    assert added is not None
    assert np.isfinite(added).all()
    assert added.dtype == np.float32


class Raising(Lifting):
    """Fails on everybody, and counts how often."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def adjust(self, lists: RankedItems) -> Any:
        self.calls += 1
        raise ValueError("out of order")


def test_one_that_keeps_failing_is_left_alone() -> None:
    reranker = Raising()
    guarded = GuardedReranker(reranker, GuardedCalls(CircuitBreaker(2, clock=lambda: 0.0)))
    problems = [guarded.adjust(ranked_items())[1] for _ in range(3)]
    assert problems[0].startswith("ValueError (line ")
    assert problems[2] == "skipped for a while, because it kept failing"
    assert reranker.calls == 2


def test_only_who_declares_it_sees_features() -> None:
    seen: list[dict[str, Any]] = []

    class Looking(Lifting):
        def adjust(self, lists: RankedItems) -> Any:
            seen.append(dict(lists.people.features))
            return super().adjust(lists)

    class Asking(Looking):
        uses_features = True

    lists = ranked_items()
    features = {"city": (("Oslo",),) * len(lists)}
    lists = replace(lists, people=replace(lists.people, features=features))
    for kind in (Looking, Asking):
        assert GuardedReranker(kind()).adjust(lists)[1] == ""
    assert seen == [{}, features]


def test_the_text_of_an_error_is_not_shown_where_features_are_seen() -> None:
    class Curious(Raising):
        uses_features = True

    _, problem = GuardedReranker(Curious()).adjust(ranked_items())
    assert "out of order" not in problem
