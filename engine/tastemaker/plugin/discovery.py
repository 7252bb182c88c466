"""What a plugin brings: its recommenders, or the reason why there are none."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, Literal

import pluggy

from tastemaker.plugin import hookspecs
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import API_VERSION, FAMILIES, Json, Recommender, Settings

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Plugin:
    """One recommender that was found, or a plugin of which none could be had.

    Attributes:
        name: the recommender's name, or the entry point's where there is no recommender.
        family: the recommender's family; empty where there is no recommender.
        distribution: the installed package it comes from, or "application".
        version: the version of that package.
        state: "enabled", "disabled" (by configuration), "unavailable" (training it needs modules
            that are not installed; trained ones score all the same) or "failed".
        problem: what is wrong, in words; empty where nothing is.
        recommender: the class, where there is one.
        chosen: the settings that differ from its defaults, by configuration.
    """

    name: str
    family: str
    distribution: str
    version: str
    state: Literal["enabled", "disabled", "unavailable", "failed"]
    problem: str = ""
    recommender: type[Recommender] | None = None
    chosen: Mapping[str, Json] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The package and its version."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def uses_features(self) -> bool:
        """Whether it looks at what people declared of themselves."""
        return self.recommender is not None and self.recommender.uses_features

    def configured(self, settings: Mapping[str, Json]) -> Plugin:
        """The same with settings that differ from the defaults."""
        return dataclasses.replace(self, chosen=settings)

    def trained(self, problem: str | None) -> Plugin:
        """The same with what went wrong in the last training, if it was to take part in it."""
        if not problem or self.state != "enabled":
            return self
        return dataclasses.replace(self, problem=f"in the last training: {problem}")

    def row(self) -> dict[str, str]:
        """Everything that can be told of it, for a listing."""
        names = ("name", "family", "distribution", "version", "state", "problem")
        return {name: getattr(self, name) for name in names} | {"settings": self.settings}

    @property
    def settings(self) -> str:
        """The recommender's settings as they are now: "half_life=6.0, max_items=12000"."""
        if self.recommender is None:
            return ""
        entries = dataclasses.fields(self.recommender.settings_type)
        values = {**{entry.name: entry.default for entry in entries}, **self.chosen}
        return ", ".join(f"{name}={value}" for name, value in values.items())


@dataclass(frozen=True)
class Source:
    """Where a plugin was found: the entry point's name, the package, and its version."""

    name: str
    distribution: str = "application"
    version: str = ""

    def failed(self, problem: str, name: str = "") -> Plugin:
        """A plugin that cannot be used, and why."""
        return Plugin(name or self.name, "", self.distribution, self.version, "failed", problem)


def plugins_of(given: object, source: Source) -> list[Plugin]:
    """The recommenders that a plugin brings, or one failed entry that says why there are none.

    Args:
        given: a recommender class, or anything that implements the hooks.
        source: where it was found.
    """
    found, problem = attempt(lambda: _plugins_of(given, source))
    return [source.failed(problem)] if found is None else found


def _plugins_of(given: object, source: Source) -> list[Plugin]:
    version = getattr(given, "TASTEMAKER_API", API_VERSION)
    if version != API_VERSION:
        return [
            source.failed(
                f"is written for version {version!r} of the plugin interface; "
                f"this engine has version {API_VERSION}"
            )
        ]
    if isinstance(given, type) and issubclass(given, Recommender):
        return [_checked(given, source)]
    registered: list[object] = []
    _, problem = attempt(lambda: _call_hooks(given, source.name, registered))
    if problem:
        return [source.failed(problem)]
    if not registered:
        return [source.failed("registers no recommender")]
    return [_checked(kind, source) for kind in registered]


def _call_hooks(given: object, name: str, registered: list[object]) -> None:
    # a manager for each plugin: what one of them breaks, none of the others notices
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(given, name)
    manager.check_pending()
    if not manager.hook.tastemaker_recommenders.get_hookimpls():
        raise TypeError(
            "no hook was found; mark tastemaker_recommenders(register) with @tastemaker.hookimpl"
        )
    manager.hook.tastemaker_recommenders(register=registered.append)


def _checked(kind: object, source: Source) -> Plugin:
    problem, fault = attempt(lambda: _fault(kind))
    name = getattr(kind, "name", None)
    shown = name if isinstance(name, str) and name else source.name
    if problem or fault:
        return source.failed(problem or fault, shown)
    assert isinstance(kind, type) and issubclass(kind, Recommender)
    return Plugin(kind.name, kind.family, source.distribution, source.version, "enabled", "", kind)


def _fault(kind: Any) -> str:
    """What keeps a class from being a recommender; empty where nothing does."""
    if not (isinstance(kind, type) and issubclass(kind, Recommender)):
        return f"{kind!r:.80} is not a class derived from tastemaker.Recommender"
    missing = sorted(getattr(kind, "__abstractmethods__", ()))
    if inspect.isabstract(kind):
        return f"{kind.__name__} does not define {', '.join(missing)}"
    name, family = getattr(kind, "name", None), getattr(kind, "family", None)
    if not isinstance(name, str) or not KEBAB.fullmatch(name) or len(name) > 64:
        return f"{kind.__name__} has the name {name!r:.80}; write it like 'item-knn'"
    if family not in FAMILIES:
        return f"{kind.__name__} has the family {family!r:.80}; choose one of {', '.join(FAMILIES)}"
    if not issubclass(kind.settings_type, Settings):
        return f"{kind.__name__} has settings that are not derived from tastemaker.Settings"
    if not (
        isinstance(kind.requires, tuple) and all(isinstance(one, str) for one in kind.requires)
    ):
        return f"{kind.__name__} requires {kind.requires!r:.80}; write it like ('tensorflow',)"
    kind()
    return ""


def source_of(point: EntryPoint) -> Source:
    """Where an entry point comes from."""
    if point.dist is None:
        return Source(point.name, "unknown")
    return Source(point.name, point.dist.name, point.dist.version)


def name_of(given: object) -> str:
    """What an application's plugin is called in its own code."""
    named = isinstance(given, (type, ModuleType))
    return str(getattr(given if named else type(given), "__name__", ""))
