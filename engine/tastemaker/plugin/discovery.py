"""What a plugin provides: its recommenders, or the reason why there are none."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, Literal

import pluggy

from tastemaker.json_types import Json
from tastemaker.plugin import hookspecs
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import API_VERSION, FAMILIES, Recommender, Settings

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Plugin:
    """One recommender that was found, or a plugin that provides none that can be used.

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
        entry_point: the name under which its package announces it; empty for an application's.
    """

    name: str
    family: str
    distribution: str
    version: str
    state: Literal["enabled", "disabled", "unavailable", "failed"]
    problem: str = ""
    recommender: type[Recommender] | None = None
    chosen: Mapping[str, Json] = field(default_factory=dict)
    entry_point: str = ""

    @property
    def origin(self) -> str:
        """The package and its version."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def uses_features(self) -> bool:
        """Whether it looks at what people declared of themselves."""
        return self.recommender is not None and self.recommender.uses_features

    @property
    def uses_dislikes(self) -> bool:
        """Whether its scores of a person depend on what the person dislikes."""
        return self.recommender is not None and self.recommender.uses_dislikes

    @property
    def former_names(self) -> tuple[str, ...]:
        """Names that the recommender had before; those of a class it derives from do not count."""
        own = {} if self.recommender is None else vars(self.recommender)
        return tuple(own.get("former_names", ()))

    @property
    def summary(self) -> str:
        """What the recommender is, in one line."""
        if self.recommender is None:
            return ""
        line, _, _ = (self.recommender.__doc__ or "").strip().partition("\n")
        return str(vars(self.recommender).get("summary") or line)

    def configured(self, settings: Mapping[str, Json]) -> Plugin:
        """The same with settings that differ from the defaults, by present or former names."""
        if self.recommender is not None:
            settings = self.recommender.settings_type.renamed(settings)
        return dataclasses.replace(self, chosen=settings)

    def trained(self, problem: str | None) -> Plugin:
        """The same with what went wrong in the last training, if it was to take part in it."""
        if not problem or self.state != "enabled":
            return self
        return dataclasses.replace(self, problem=f"in the last training: {problem}")

    def row(self) -> dict[str, str]:
        """Its attributes as text, for a listing."""
        names = ("name", "family", "distribution", "version", "state", "problem")
        described = {
            "what_it_is": self.summary,
            "settings": self.settings,
            "uses_dislikes": "yes" if self.uses_dislikes else "",
        }
        return {name: getattr(self, name) for name in names} | described

    @property
    def settings(self) -> str:
        """The recommender's settings as they are now: "half_life=6.0, max_items=12000"."""
        if self.recommender is None:
            return ""
        entries = dataclasses.fields(self.recommender.settings_type)
        values = {**{entry.name: entry.default for entry in entries}, **self.chosen}
        return ", ".join(f"{name}={value}" for name, value in values.items())


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin was found: the entry point's name, the package, and its version."""

    name: str
    distribution: str = "application"
    version: str = ""

    def failed(self, problem: str, name: str = "") -> Plugin:
        """A plugin that cannot be used, and why."""
        return Plugin(name or self.name, "", self.distribution, self.version, "failed", problem)


def plugins_of(given: object, source: PluginSource) -> list[Plugin]:
    """The recommenders that a plugin provides; where there are none, one failed entry and why.

    Args:
        given: a recommender class, or anything that implements the hooks.
        source: where it was found.
    """
    found, problem = attempt(lambda: _plugins_of(given, source))
    return [source.failed(problem)] if found is None else found


def _plugins_of(given: object, source: PluginSource) -> list[Plugin]:
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


def _checked(kind: object, source: PluginSource) -> Plugin:
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
    if not _is_name(name):
        return f"{kind.__name__} has the name {name!r:.80}; write it like 'item-knn'"
    if family not in FAMILIES:
        return f"{kind.__name__} has the family {family!r:.80}; choose one of {', '.join(FAMILIES)}"
    if not issubclass(kind.settings_type, Settings):
        return f"{kind.__name__} has settings that are not derived from tastemaker.Settings"
    if not (
        isinstance(kind.requires, tuple) and all(isinstance(one, str) for one in kind.requires)
    ):
        return f"{kind.__name__} requires {kind.requires!r:.80}; write it like ('tensorflow',)"
    if not isinstance(kind.summary, str):
        return f"{kind.__name__} has the summary {kind.summary!r:.80}; write one line of text"
    if not _are_names(kind.former_names):
        return (
            f"{kind.__name__} has the former names {kind.former_names!r:.80}; "
            "write them like ('item-knn',)"
        )
    kind()
    return ""


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) <= 64 and KEBAB.fullmatch(name) is not None


def _are_names(names: object) -> bool:
    return isinstance(names, tuple) and all(map(_is_name, names))


def sources_of(points: Iterable[EntryPoint]) -> list[tuple[EntryPoint, PluginSource]]:
    """Entry points, each with where it comes from; a distribution's metadata is parsed once."""
    names: dict[int, tuple[str, str]] = {}
    found = []
    for point in points:
        dist = point.dist
        if dist is not None and id(dist) not in names:
            names[id(dist)] = (dist.name, dist.version)
        found.append((point, PluginSource(point.name, *names.get(id(dist), ("unknown", "")))))
    return found


def name_of(given: object) -> str:
    """What an application's plugin is called in its own code."""
    named = isinstance(given, (type, ModuleType))
    return str(getattr(given if named else type(given), "__name__", ""))
