"""What the operator sets: which plugins take part, their settings, and exploration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tastemaker.store.configuration import read_configuration, write_configuration
from tastemaker.store.store import Store
from tastemaker.validation import Json

if TYPE_CHECKING:
    from tastemaker.plugin.discovery import Plugin
    from tastemaker.serving.server import Server

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
        registry = Registry(self._plugins, configuration.disabled)
        settings = registry.present_settings(configuration.settings)
        problems = {registry.present_name(name): problem for name, problem in failed.items()}
        return [
            one.configured(settings.get(one.name, {})).trained(problems.get(one.name))
            for one in registry.plugins
        ]

    def configure(
        self, name: str, enabled: bool | None = None, settings: Mapping[str, Json] | None = None
    ) -> None:
        """Switches a recommender or re-ranker on or off, or changes its settings.

        Settings of a recommender count from the next training on, those of a re-ranker at once.
        Former names of plugins and settings mean what they are called now.

        Raises:
            NotFoundError: no recommender and no re-ranker has that name.
            SettingsError: a setting is unknown or out of its bounds.
            PluginError: the plugin cannot be used.
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
            if enabled is not None:
                disabled = frozenset(map(registry.present_name, configuration.disabled))
                configuration = replace(configuration, disabled=disabled)
                configuration = configuration.switched(present, enabled)
            write_configuration(connection, configuration)
        if enabled and self._server is not None:
            self._server.catch_up()

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
