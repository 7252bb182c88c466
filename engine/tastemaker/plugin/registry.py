"""Finding and naming plugins. A broken one is a visible problem, never an exception."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from tastemaker.errors import NotFoundError, PluginError, SettingsError
from tastemaker.plugin.discovery import Plugin, Source, name_of, plugins_of, source_of
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender, Settings

GROUP = "tastemaker"
"""The entry-point group in which packages announce their plugins."""

EXTRAS = {"tensorflow": "tastemaker[neural]", "keras": "tastemaker[neural]"}
"""What to install for a module, where it is not what the module is called."""


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
            self._add(plugins_of(given, Source(name_of(given))))

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
        source = source_of(point)
        if point.name in self._disabled:
            place = (source.distribution, source.version)
            return [Plugin(point.name, "", *place, "disabled")]
        loaded, problem = attempt(point.load)
        if problem:
            return [source.failed(f"cannot be imported: {problem}")]
        return plugins_of(loaded, source)

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


def _own_first(point: EntryPoint) -> tuple[bool, str, str]:
    source = source_of(point)
    return source.distribution != GROUP, source.distribution, point.name


def _holder(plugin: Plugin) -> str:
    kind = plugin.recommender
    return f"{plugin.origin} ({kind.__module__}.{kind.__qualname__})" if kind else plugin.origin
