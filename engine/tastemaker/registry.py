"""Finding, isolating and naming plugins. A broken one is a visible problem, never an exception."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Literal

import pluggy

from tastemaker import hookspecs
from tastemaker.errors import NotFoundError, PluginError, SettingsError
from tastemaker.guard import attempt
from tastemaker.recommender import API_VERSION, FAMILIES, Recommender, Settings

GROUP = "tastemaker"
"""The entry-point group in which packages announce their plugins."""

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

EXTRAS = {"tensorflow": "tastemaker[neural]", "keras": "tastemaker[neural]"}
"""What to install for a module, where it is not what the module is called."""


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
    chosen: Mapping[str, object] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The package and its version."""
        return f"{self.distribution} {self.version}".rstrip()

    def configured(self, settings: Mapping[str, object]) -> Plugin:
        """The same with settings that differ from the defaults."""
        return dataclasses.replace(self, chosen=settings)

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


class Registry:
    """The recommenders at hand: those of installed packages and those an application brings.

    Args:
        plugins: recommender classes, or objects and modules that implement the hooks.
        disabled: names of recommenders or entry points to leave out; an entry point of such a
            name is not even imported.

    Attributes:
        plugins: everything that was found, broken ones too; the engine's own come first.
    """

    def __init__(self, plugins: Iterable[object] = (), disabled: Collection[str] = ()) -> None:
        self.plugins: tuple[Plugin, ...] = ()
        self._disabled = frozenset(disabled)
        for point in sorted(entry_points(group=GROUP), key=_own_first):
            self._add(self._installed(point))
        for given in plugins:
            self._add(_brought(given, Source(_name_of(given))))

    @property
    def enabled(self) -> dict[str, type[Recommender]]:
        """The recommenders in use, by name."""
        return {
            plugin.name: plugin.recommender
            for plugin in self.plugins
            if plugin.state == "enabled" and plugin.recommender is not None
        }

    @property
    def problems(self) -> tuple[Plugin, ...]:
        """The plugins that failed, each with its problem."""
        return tuple(plugin for plugin in self.plugins if plugin.state == "failed")

    @property
    def unavailable(self) -> tuple[Plugin, ...]:
        """The plugins that cannot be trained here, each with what it needs."""
        return tuple(plugin for plugin in self.plugins if plugin.state == "unavailable")

    def find(self, name: str) -> Plugin:
        """The plugin of that name, the one in use where several claim it.

        Raises:
            NotFoundError: there is none; it names those in use.
        """
        found = [plugin for plugin in self.plugins if plugin.name == name]
        if not found:
            known = ", ".join(self.enabled) or "none"
            raise NotFoundError(
                f"There is no recommender {name!r}; in use: {known}. See `tastemaker plugins list`."
            )
        return min(found, key=lambda plugin: plugin.state != "enabled")

    def create(self, name: str, overrides: Mapping[str, object] | None = None) -> Recommender:
        """A new recommender, with the settings of the configuration.

        Args:
            name: the recommender's name.
            overrides: settings that differ from their defaults, by name.

        Raises:
            NotFoundError: there is no such recommender.
            SettingsError: a setting is unknown, of the wrong type or out of its bounds.
            PluginError: the recommender is disabled or failed, or cannot be made.
        """
        plugin = self.find(name)
        if plugin.recommender is None or plugin.state != "enabled":
            switch_on = f"`tastemaker plugins enable {name}` switches it on"
            reason = plugin.problem or f"switched off by configuration; {switch_on}"
            raise PluginError(f"Recommender {name} of {plugin.origin} is {plugin.state}: {reason}.")
        return _made(plugin, plugin.recommender, overrides or {})

    def check(self, name: str, overrides: Mapping[str, object]) -> None:
        """Refuses settings as `create` would, also for a recommender that cannot be trained here.

        Raises:
            NotFoundError: there is no such recommender.
            SettingsError: a setting is unknown, of the wrong type or out of its bounds.
            PluginError: the recommender failed.
        """
        plugin = self.find(name)
        if plugin.recommender is None:
            raise PluginError(f"Recommender {name} of {plugin.origin} failed: {plugin.problem}.")
        _made(plugin, plugin.recommender, overrides)

    def _installed(self, point: EntryPoint) -> list[Plugin]:
        source = _source_of(point)
        if point.name in self._disabled:
            place = (source.distribution, source.version)
            return [Plugin(point.name, "", *place, "disabled")]
        loaded, problem = attempt(point.load)
        if problem:
            return [source.failed(f"cannot be imported: {problem}")]
        return _brought(loaded, source)

    def _add(self, found: list[Plugin]) -> None:
        for plugin in found:
            self.plugins += (self._admitted(plugin),)

    def _admitted(self, plugin: Plugin) -> Plugin:
        if plugin.recommender is None:
            return plugin
        for holder in self.plugins:
            if holder.name == plugin.name and holder.recommender is not None:
                problem = (
                    f"the name {plugin.name} is taken by {_holder(holder)}; "
                    f"{_holder(plugin)} must choose another"
                )
                return dataclasses.replace(plugin, state="failed", problem=problem)
        if plugin.name in self._disabled:
            return dataclasses.replace(plugin, state="disabled")
        missing = missing_modules(plugin.recommender)
        if missing:
            return dataclasses.replace(plugin, state="unavailable", problem=remedy(missing))
        return plugin


def missing_modules(kind: type[Recommender]) -> list[str]:
    """The modules that training a recommender imports and that are not installed."""
    return [name for name in kind.requires if not _importable(name)]


def remedy(missing: Sequence[str]) -> str:
    """Which modules training needs, and how to install them."""
    wanted = dict.fromkeys(EXTRAS.get(name, name) for name in missing)
    packages = " ".join(f"'{name}'" if "[" in name else name for name in wanted)
    return f"needs {', '.join(missing)}: pip install {packages}"


def _importable(module: str) -> bool:
    spec, _ = attempt(lambda: find_spec(module))
    return spec is not None


def _made(plugin: Plugin, kind: type[Recommender], overrides: Mapping[str, object]) -> Recommender:
    settings = settings_from(kind, overrides)
    made, problem = attempt(lambda: kind(settings))
    if made is None:
        raise PluginError(
            f"Recommender {plugin.name} of {plugin.origin} cannot be made: {problem}."
        )
    return made


def _brought(given: object, source: Source) -> list[Plugin]:
    found, problem = attempt(lambda: plugins_of(given, source))
    return [source.failed(problem)] if found is None else found


def plugins_of(given: object, source: Source) -> list[Plugin]:
    """The recommenders that a plugin brings, or one failed entry that says why there are none.

    Args:
        given: a recommender class, or anything that implements the hooks.
        source: where it was found.
    """
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


def settings_from(kind: type[Recommender], overrides: Mapping[str, object]) -> Settings:
    """A recommender's settings: its defaults but for the overrides.

    Raises:
        SettingsError: a setting is unknown, of the wrong type or out of its bounds.
    """
    known = [entry.name for entry in dataclasses.fields(kind.settings_type)]
    unknown = sorted(set(overrides) - set(known))
    if unknown:
        raise SettingsError(
            f"Recommender {kind.name} has no setting {', '.join(unknown)}; "
            f"it has: {', '.join(known) or 'none'}."
        )
    try:
        return kind.settings_type(**overrides)
    except SettingsError as error:
        raise SettingsError(f"Recommender {kind.name}: {error}") from None


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


def _source_of(point: EntryPoint) -> Source:
    if point.dist is None:
        return Source(point.name, "unknown")
    return Source(point.name, point.dist.name, point.dist.version)


def _own_first(point: EntryPoint) -> tuple[bool, str, str]:
    source = _source_of(point)
    return source.distribution != GROUP, source.distribution, point.name


def _name_of(given: object) -> str:
    named = isinstance(given, (type, ModuleType))
    return str(getattr(given if named else type(given), "__name__", ""))


def _holder(plugin: Plugin) -> str:
    kind = plugin.recommender
    return f"{plugin.origin} ({kind.__module__}.{kind.__qualname__})" if kind else plugin.origin
