"""Finding and naming plugins. A broken one is a visible problem, never an exception."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import TypeVar

from tastemaker.errors import NotFoundError, PluginError
from tastemaker.plugin.announced import announced
from tastemaker.plugin.discovery import (
    OWN_DISTRIBUTION,
    Plugin,
    PluginSource,
    name_of,
    plugins_of,
)
from tastemaker.plugin.extensions import ExtensionKind
from tastemaker.plugin.importing import imports
from tastemaker.plugin.isolation.recommender import isolated_class
from tastemaker.plugin.making import made_of, settings_from, titled
from tastemaker.plugin.requirements import install_advice, missing_modules
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker

T = TypeVar("T")
Made = TypeVar("Made", bound=Recommender | Reranker)


class Registry:
    """The recommenders and re-rankers at hand: of installed packages and of the application.

    Args:
        plugins: classes of both, or objects and modules that implement the hooks.
        disabled: present or former names of these, or names of entry points, to leave out;
            an entry point of such a name is not even imported.
        only: the names of the entry points to look at; all there are where None.
        isolated: present or former names of recommenders that work in processes of their own.

    Attributes:
        plugins: everything that was found, broken ones too; the engine's own come first.
    """

    def __init__(
        self,
        plugins: Iterable[object] = (),
        disabled: Collection[str] = (),
        only: Collection[str] | None = None,
        isolated: Collection[str] = (),
    ) -> None:
        self.plugins: tuple[Plugin, ...] = ()
        self._disabled = frozenset(disabled)
        found = [one for one in announced() if only is None or one[0].name in only]
        for point, source in sorted(found, key=_own_first):
            self._add(self._installed(point, source))
        for given in plugins:
            self._add(plugins_of(given, PluginSource(name_of(given))))
        self._present = _present_names(self.plugins)
        self._disabled = frozenset(map(self.present_name, self._disabled))
        self.plugins = tuple(map(self._switched, self.plugins))
        apart = frozenset(map(self.present_name, isolated))
        self.plugins = tuple(
            isolated_plugin(one) if one.name in apart else one for one in self.plugins
        )

    @property
    def enabled(self) -> dict[str, type[Recommender]]:
        """The recommenders in use, by name."""
        return {
            plugin.name: plugin.recommender
            for plugin in self.plugins
            if plugin.state == "enabled" and plugin.recommender is not None
        }

    @property
    def rerankers(self) -> tuple[Plugin, ...]:
        """The re-rankers in use, in the order in which they take their turns."""
        found = [
            (plugin.reranker.order, plugin.name, plugin)
            for plugin in self.plugins
            if plugin.state == "enabled" and plugin.reranker is not None
        ]
        return tuple(plugin for _, _, plugin in sorted(found, key=lambda one: one[:2]))

    def extensions(self, kind: ExtensionKind) -> tuple[Plugin, ...]:
        """The commands, metrics or file formats; of several with one name, the first."""
        found = [one for one in self.plugins if one.extension and one.extension.kind == kind]
        return tuple({one.name: one for one in reversed(found)}.values())[::-1]

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
        found = [one for one in self.plugins if one.name == present and one.extension is None]
        if not found:
            known = ", ".join((*self.enabled, *(one.name for one in self.rerankers))) or "none"
            raise NotFoundError(
                f"There is no recommender {name!r}, and no re-ranker; in use: {known}. "
                "See `tastemaker plugins list`."
            )
        return min(found, key=lambda plugin: plugin.state != "enabled")

    def present_name(self, name: str) -> str:
        """What the recommender or re-ranker of a present or former name is called now.

        A present name wins over a former one; a name that none has or had stays as it is.
        """
        return self._present.get(name, name)

    def present_settings(self, stored: Mapping[str, Mapping[str, T]]) -> dict[str, dict[str, T]]:
        """Settings by plugin, with the present names of both.

        Args:
            stored: settings by the plugin's name, each of the names present or former; what
                is stored under present names wins.
        """
        present: dict[str, dict[str, T]] = {}
        for name in sorted(stored, key=lambda name: self.present_name(name) == name):
            own = self._renamed(self.present_name(name), stored[name])
            present[self.present_name(name)] = present.get(self.present_name(name), {}) | own
        return present

    def _renamed(self, name: str, settings: Mapping[str, T]) -> dict[str, T]:
        for plugin in self.plugins:
            if plugin.name == name and plugin.provided is not None:
                return plugin.provided.settings_type.renamed(settings)
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
        if plugin.reranker is not None:
            raise PluginError(
                f"{plugin.name} of {plugin.origin} is a re-ranker: it changes the order of what "
                "serves, and is not trained. Name recommenders only."
            )
        kind = self._usable(plugin, plugin.recommender)
        return made_of(plugin, kind, settings_from(kind, overrides or {}))

    def create_reranker(self, name: str, overrides: Mapping[str, object] | None = None) -> Reranker:
        """A new re-ranker, with the settings of the configuration.

        Args:
            name: the re-ranker's name.
            overrides: settings that differ from their defaults, by name.

        Raises:
            NotFoundError: there is no plugin of that name.
            SettingsError: a setting is unknown, of the wrong type or out of its bounds.
            PluginError: it is no re-ranker, disabled or failed, or cannot be made.
        """
        plugin = self.find(name)
        kind = self._usable(plugin, plugin.reranker)
        return made_of(plugin, kind, settings_from(kind, overrides or {}))

    def _usable(self, plugin: Plugin, kind: type[Made] | None) -> type[Made]:
        if kind is not None and plugin.state == "enabled":
            return kind
        switch_on = f"`tastemaker plugins enable {plugin.name}` switches it on"
        reason = plugin.problem or f"switched off by configuration; {switch_on}"
        raise PluginError(f"{titled(plugin)} is {plugin.state}: {reason}.")

    def check(self, name: str, overrides: Mapping[str, object]) -> None:
        """Refuses settings as `create` would, also for a recommender that cannot be trained here.

        Raises:
            NotFoundError: there is no such recommender or re-ranker.
            SettingsError: a setting is unknown, of the wrong type or out of its bounds.
            PluginError: the plugin failed.
        """
        plugin = self.find(name)
        kind = plugin.provided
        if kind is None:
            raise PluginError(f"{titled(plugin)} failed: {plugin.problem}.")
        made_of(plugin, kind, settings_from(kind, overrides))

    def _installed(self, point: EntryPoint, source: PluginSource) -> list[Plugin]:
        if point.name in self._disabled:
            place = (source.distribution, source.version)
            return [Plugin(point.name, "", *place, "disabled")]
        found = imports().plugins_at(point, source)
        return [dataclasses.replace(plugin, entry_point=point.name) for plugin in found]

    def _add(self, found: list[Plugin]) -> None:
        for plugin in found:
            self.plugins += (self._admitted(plugin),)

    def _admitted(self, plugin: Plugin) -> Plugin:
        if plugin.provided is None:
            return plugin
        for holder in self.plugins:
            if holder.name == plugin.name and holder.provided is not None:
                problem = (
                    f"the name {plugin.name} is taken by {_holder(holder)}; "
                    f"{_holder(plugin)} must choose another"
                )
                return dataclasses.replace(plugin, state="failed", problem=problem)
        missing = missing_modules(plugin.recommender) if plugin.recommender else []
        if missing:
            return dataclasses.replace(plugin, state="unavailable", problem=install_advice(missing))
        return plugin

    def _switched(self, plugin: Plugin) -> Plugin:
        """The plugin as configured: switched off where its name is listed so, unless it failed."""
        named = plugin.extension is None and plugin.name in self._disabled
        if plugin.state == "failed" or not named:
            return plugin
        return dataclasses.replace(plugin, state="disabled", problem="")


def _present_names(plugins: Sequence[Plugin]) -> dict[str, str]:
    """The plugin that each former name means now; of several that claim one, the first."""
    taken = {plugin.name for plugin in plugins}
    present: dict[str, str] = {}
    for plugin in plugins:
        for former in plugin.former_names if plugin.state != "failed" else ():
            if former not in taken:
                present.setdefault(former, plugin.name)
    return present


def registry_of(
    plugins: Iterable[object],
    disabled: Collection[str],
    members: Mapping[str, str],
    isolated: Collection[str] = (),
) -> Registry:
    """A registry that has looked only where some members are, to start quickly.

    Everything is looked at where one is not found there: it may have been renamed or moved.

    Args:
        plugins: see `Registry`.
        disabled: see `Registry`.
        members: the entry point of each member that is wanted, empty for an application's.
        isolated: see `Registry`.
    """
    given = tuple(plugins)
    registry = Registry(given, disabled, frozenset(members.values()), isolated)
    names = {plugin.name for plugin in registry.plugins}
    if names.issuperset(members):
        return registry
    return Registry(given, disabled, isolated=isolated)


def registry_of_others(plugins: Iterable[object], disabled: Collection[str]) -> Registry:
    """A registry that has looked anywhere but among the engine's own, as for re-rankers.

    The engine's own plugins are recommenders, whose modules need not be imported for this.
    """
    others = {
        point.name for point, source in announced() if source.distribution != OWN_DISTRIBUTION
    }
    return Registry(plugins, disabled, others)


def isolated_plugin(plugin: Plugin) -> Plugin:
    """The same recommender in a process of its own; failed where it cannot be."""
    if plugin.recommender is None:
        return plugin
    try:
        kind = isolated_class(plugin.recommender)
    except PluginError as error:
        return dataclasses.replace(plugin, recommender=None, state="failed", problem=str(error))
    return dataclasses.replace(plugin, recommender=kind, isolated=True)


def _own_first(found: tuple[EntryPoint, PluginSource]) -> tuple[bool, str, str]:
    point, source = found
    return source.distribution != OWN_DISTRIBUTION, source.distribution, point.name


def _holder(plugin: Plugin) -> str:
    kind = plugin.provided
    return f"{plugin.origin} ({kind.__module__}.{kind.__qualname__})" if kind else plugin.origin
