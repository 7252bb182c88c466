"""Finding and naming plugins. A broken one is a visible problem, never an exception."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import TypeVar

from tastemaker.errors import NotFoundError, PluginError, SettingsError
from tastemaker.plugin.discovery import Plugin, PluginSource, name_of, plugins_of, sources_of
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender, Settings

T = TypeVar("T")

GROUP = "tastemaker"
"""The entry-point group in which packages announce their plugins."""

EXTRAS = {"tensorflow": "tastemaker[neural]", "keras": "tastemaker[neural]"}
"""What to install for a module, where it is not what the module is called."""


class Registry:
    """The recommenders at hand: those of installed packages and those of the application.

    Args:
        plugins: recommender classes, or objects and modules that implement the hooks.
        disabled: present or former names of recommenders, or names of entry points, to leave out;
            an entry point of such a name is not even imported.
        only: the names of the entry points to look at; all there are where None.

    Attributes:
        plugins: everything that was found, broken ones too; the engine's own come first.
    """

    def __init__(
        self,
        plugins: Iterable[object] = (),
        disabled: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> None:
        self.plugins: tuple[Plugin, ...] = ()
        self._disabled = frozenset(disabled)
        points = [one for one in entry_points(group=GROUP) if only is None or one.name in only]
        for point, source in sorted(sources_of(points), key=_own_first):
            self._add(self._installed(point, source))
        for given in plugins:
            self._add(plugins_of(given, PluginSource(name_of(given))))
        self._present = _present_names(self.plugins)
        self._disabled = frozenset(map(self.present_name, self._disabled))
        self.plugins = tuple(map(self._switched, self.plugins))

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
        """The plugin of that present or former name, the one in use where several claim it.

        Raises:
            NotFoundError: there is none; it names those in use.
        """
        present = self.present_name(name)
        found = [plugin for plugin in self.plugins if plugin.name == present]
        if not found:
            known = ", ".join(self.enabled) or "none"
            raise NotFoundError(
                f"There is no recommender {name!r}; in use: {known}. See `tastemaker plugins list`."
            )
        return min(found, key=lambda plugin: plugin.state != "enabled")

    def present_name(self, name: str) -> str:
        """What the recommender of a present or former name is called now.

        A present name wins over a former one; a name that none has or had stays as it is.
        """
        return self._present.get(name, name)

    def present_settings(self, stored: Mapping[str, Mapping[str, T]]) -> dict[str, dict[str, T]]:
        """Settings by recommender, with the present names of both.

        Args:
            stored: settings by the recommender's name, each of the names present or former; what
                is stored under present names wins.
        """
        present: dict[str, dict[str, T]] = {}
        for name in sorted(stored, key=lambda name: self.present_name(name) == name):
            own = self._renamed(self.present_name(name), stored[name])
            present[self.present_name(name)] = present.get(self.present_name(name), {}) | own
        return present

    def _renamed(self, name: str, settings: Mapping[str, T]) -> dict[str, T]:
        for plugin in self.plugins:
            if plugin.name == name and plugin.recommender is not None:
                return plugin.recommender.settings_type.renamed(settings)
        return dict(settings)

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
            switch_on = f"`tastemaker plugins enable {plugin.name}` switches it on"
            reason = plugin.problem or f"switched off by configuration; {switch_on}"
            raise PluginError(
                f"Recommender {plugin.name} of {plugin.origin} is {plugin.state}: {reason}."
            )
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
            raise PluginError(
                f"Recommender {plugin.name} of {plugin.origin} failed: {plugin.problem}."
            )
        _made(plugin, plugin.recommender, overrides)

    def _installed(self, point: EntryPoint, source: PluginSource) -> list[Plugin]:
        if point.name in self._disabled:
            place = (source.distribution, source.version)
            return [Plugin(point.name, "", *place, "disabled")]
        loaded, problem = attempt(point.load)
        if problem:
            return [source.failed(f"cannot be imported: {problem}")]
        found = plugins_of(loaded, source)
        return [dataclasses.replace(plugin, entry_point=point.name) for plugin in found]

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
        missing = missing_modules(plugin.recommender)
        if missing:
            return dataclasses.replace(plugin, state="unavailable", problem=install_advice(missing))
        return plugin

    def _switched(self, plugin: Plugin) -> Plugin:
        """The plugin as configured: switched off where its name is listed so, unless it failed."""
        if plugin.state == "failed" or plugin.name not in self._disabled:
            return plugin
        return dataclasses.replace(plugin, state="disabled", problem="")


def _present_names(plugins: Sequence[Plugin]) -> dict[str, str]:
    """The recommender that each former name means now; of several that claim one, the first."""
    taken = {plugin.name for plugin in plugins}
    present: dict[str, str] = {}
    for plugin in plugins:
        for former in plugin.former_names if plugin.state != "failed" else ():
            if former not in taken:
                present.setdefault(former, plugin.name)
    return present


def missing_modules(kind: type[Recommender]) -> list[str]:
    """The modules that training a recommender imports and that are not installed."""
    return [name for name in kind.requires if not _importable(name)]


def install_advice(missing: Sequence[str]) -> str:
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
    """A recommender's settings: its defaults but for the overrides, by present or former names.

    Raises:
        SettingsError: a setting is unknown, of the wrong type or out of its bounds.
    """
    known = [entry.name for entry in dataclasses.fields(kind.settings_type)]
    overrides = kind.settings_type.renamed(overrides)
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


def registry_of(
    plugins: Iterable[object], disabled: Collection[str], members: Mapping[str, str]
) -> Registry:
    """A registry that has looked only where some members are, to start quickly.

    Everything is looked at where one is not found there: it may have been renamed or moved.

    Args:
        plugins: see `Registry`.
        disabled: see `Registry`.
        members: the entry point of each member that is wanted, empty for an application's.
    """
    given = tuple(plugins)
    registry = Registry(given, disabled, frozenset(members.values()))
    names = {plugin.name for plugin in registry.plugins}
    return registry if names.issuperset(members) else Registry(given, disabled)


def _own_first(found: tuple[EntryPoint, PluginSource]) -> tuple[bool, str, str]:
    point, source = found
    return source.distribution != GROUP, source.distribution, point.name


def _holder(plugin: Plugin) -> str:
    kind = plugin.recommender
    return f"{plugin.origin} ({kind.__module__}.{kind.__qualname__})" if kind else plugin.origin
