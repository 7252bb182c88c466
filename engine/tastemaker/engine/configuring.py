"""What the operator sets: plugins and their settings, exploration, and surfaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tastemaker.errors import PluginError
from tastemaker.store.configuration import (
    Configuration,
    read_configuration,
    write_configuration,
)
from tastemaker.store.store import Store
from tastemaker.validation import Json, check_several

if TYPE_CHECKING:
    from tastemaker.plugin.discovery import Plugin
    from tastemaker.plugin.registry import Registry
    from tastemaker.request.json_form import RequestLike
    from tastemaker.request.request import Request
    from tastemaker.request.surfaces import Surfaces
    from tastemaker.serving.server import Server


class Support(NamedTuple):
    """On how many people what is recommended must rest.

    Attributes:
        undeclared: how many must have chosen an item before it is recommended that was never put
            or imported, but only named by an interaction that was recorded.
        links: how many must have chosen both of two items before training takes them to go
            together, and one item before it learns anything of it.
    """

    undeclared: int
    links: int


# Plugins are looked for where they are needed: who moves rows need not load them.


class Configuring:
    """The methods of `Tastemaker` that show and change the configuration in the database."""

    _store: Store
    _plugins: tuple[object, ...]
    _exploration: float | None
    _server: Server | None

    def plugins(self) -> list[Plugin]:
        """Every recommender and re-ranker found, its state, and what is wrong with it, if anything.

        What went wrong with an enabled recommender in the last training is named too.
        """
        from tastemaker.plugin.registry import Registry
        from tastemaker.training.reading import last_problems

        store = self._store
        with store.reading("reading the configuration") as connection:
            configuration = read_configuration(connection)
            failed = last_problems(connection, store.keyring) if store.is_ready else {}
        registry = Registry(self._plugins, configuration.disabled, isolated=configuration.isolated)
        settings = registry.present_settings(configuration.settings)
        problems = {registry.present_name(name): problem for name, problem in failed.items()}
        enabled = configuration.renamed(registry.present_name).enabled
        return [
            one.configured(settings.get(one.name, {})).trained(
                problems.get(one.name), one.name in enabled
            )
            for one in registry.plugins
        ]

    def configure(
        self,
        name: str,
        enabled: bool | None = None,
        settings: Mapping[str, Json] | None = None,
        isolated: bool | None = None,
    ) -> None:
        """Switches a recommender or re-ranker on or off, or changes its settings or its process.

        Settings of a recommender count from the next training on, those of a re-ranker at once.
        Former names of plugins and settings mean what they are called now.

        Args:
            name: the recommender's or re-ranker's.
            enabled: whether it is used. One that is trained on request is trained once it was
                switched on.
            settings: those that change, by name.
            isolated: whether the recommender works in a process of its own, which has no key, no
                database, and limits of time and memory that always hold.

        Raises:
            NotFoundError: no recommender and no re-ranker has that name.
            SettingsError: a setting is unknown or out of its bounds.
            PluginError: the plugin cannot be used, or cannot be isolated.
        """
        from tastemaker.plugin.registry import Registry

        with self._store.writing("changing the configuration") as connection:
            configuration, registry = read_configuration(connection), Registry(self._plugins)
            present = registry.find(name).name
            if settings:
                own = registry.present_settings({name: settings})[present]
                configuration = configuration.adjusted(present, own)
            known = registry.present_settings(configuration.settings)
            registry.check(present, known.get(present, {}))
            if isolated is not None:
                configuration = _moved(configuration, registry, present, isolated)
            if enabled is not None:
                configuration = configuration.renamed(registry.present_name)
                configuration = configuration.switched(present, enabled)
            write_configuration(connection, configuration)
        if (enabled or isolated is not None) and self._server is not None:
            self._server.catch_up()

    def reset_settings(self, name: str, settings: Sequence[str] = ()) -> None:
        """Takes settings of a recommender or re-ranker back to their defaults.

        Args:
            name: its present or a former name.
            settings: which of them; all where empty.

        Raises:
            NotFoundError: no recommender and no re-ranker has that name.
            SettingsError: it has no such setting.
        """
        from tastemaker.plugin.making import settings_from
        from tastemaker.plugin.registry import Registry

        check_several(settings, "settings")
        with self._store.writing("changing the configuration") as connection:
            configuration, registry = read_configuration(connection), Registry(self._plugins)
            plugin = registry.find(name)
            if plugin.provided is not None:
                defaults = {row["setting"]: row["default"] for row in plugin.setting_rows()}
                given = plugin.provided.settings_type.renamed(dict.fromkeys(settings))
                settings_from(plugin.provided, {one: defaults.get(str(one)) for one in given})
                settings = list(given)
            present = registry.present_settings(configuration.settings)
            known = replace(configuration, settings=present)
            write_configuration(connection, known.reset(plugin.name, settings))

    @property
    def exploration(self) -> float:
        """The share of places, after the first three, that goes to items few people know yet."""
        if self._exploration is not None:
            return self._exploration
        with self._store.reading("reading the configuration") as connection:
            return read_configuration(connection).exploration

    def set_exploration(self, share: float) -> None:
        """Sets the exploration share in every process that has the database open.

        An engine that was opened with a share of its own keeps that.

        Args:
            share: from 0 (none) to 1; 0.02 until it is set.

        Raises:
            InputError: it is not a share.
        """
        with self._store.writing("changing the configuration") as connection:
            write_configuration(connection, read_configuration(connection).exploring(share))

    @property
    def support(self) -> Support:
        """On how many people what is recommended must rest."""
        with self._store.reading("reading the configuration") as connection:
            configuration = read_configuration(connection)
        return Support(configuration.undeclared, configuration.links)

    def set_support(self, undeclared: int | None = None, links: int | None = None) -> None:
        """Sets on how many people what is recommended must rest; see `Support`.

        `undeclared` counts at once, in every process that has the database open, `links` from the
        next training on.

        Args:
            undeclared: the number of people; stays as it is where not given.
            links: likewise.

        Raises:
            InputError: a number is not a whole one from 1 to 1,000,000.
        """
        with self._store.writing("changing the configuration") as connection:
            configuration = read_configuration(connection)
            write_configuration(connection, configuration.resting_on(undeclared, links))

    def surfaces(self) -> dict[str, Request]:
        """The requests kept in the database, by name."""
        kept = self._surfaces()
        return {name: kept.find(name) for name in kept.names}

    def surface(self, name: str) -> Request:
        """The request kept in the database under a name.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._surfaces().find(name)

    def _surfaces(self) -> Surfaces:
        from tastemaker.request.surfaces import Surfaces

        with self._store.reading("reading the configuration") as connection:
            return Surfaces(read_configuration(connection).surfaces)

    def set_surface(self, name: str, request: RequestLike) -> None:
        """Keeps a request under a name, in place of the one of that name if there is one.

        `recommend(user, surface=name)` takes from it what the call does not give, in every process
        that has the database open, from its next answer on.

        Args:
            name: such as "basket" or "home".
            request: a `Request`, or its JSON, without a person.

        Raises:
            InputError: the name or something of the request is refused.
        """
        from tastemaker.request.json_form import as_request
        from tastemaker.request.surfaces import surface_as_json

        stored = surface_as_json(as_request(request))
        with self._store.writing("changing the configuration") as connection:
            configuration = read_configuration(connection)
            write_configuration(connection, configuration.with_surface(name, stored))

    def remove_surface(self, name: str) -> None:
        """Removes a request kept in the database.

        Raises:
            NotFoundError: there is none of that name.
        """
        from tastemaker.request.surfaces import Surfaces

        with self._store.writing("changing the configuration") as connection:
            configuration = read_configuration(connection)
            Surfaces(configuration.surfaces).require(name)
            write_configuration(connection, configuration.without_surface(name))


def _moved(
    configuration: Configuration, registry: Registry, name: str, isolated: bool
) -> Configuration:
    """The configuration with a recommender in a process of its own, or not."""
    from tastemaker.plugin.registry import isolated_plugin

    names = frozenset(map(registry.present_name, configuration.isolated))
    configuration = replace(configuration, isolated=names)
    if isolated:
        plugin = isolated_plugin(registry.find(name))
        if not plugin.isolated:
            reason = plugin.problem or "is a re-ranker; only recommenders can be isolated"
            raise PluginError(f"{name} of {plugin.origin} {reason}.")
    return configuration.moved(name, isolated)
