"""What training, tuning and evaluation start from, read from a store at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.store.configuration import Configuration, read_configuration
from tastemaker.store.store import Store
from tastemaker.training.fitting import choose
from tastemaker.training.snapshot import Snapshot, read_snapshot


@dataclass(frozen=True)
class TrainingInputs:
    """The recommenders, their settings and the data, as they were at one moment.

    Attributes:
        registry: makes the recommenders.
        participants: those that take part, with their stored settings.
        snapshot: the data.
        configuration: what the operator set.
    """

    registry: Registry
    participants: tuple[Plugin, ...]
    snapshot: Snapshot
    configuration: Configuration


def read_training_inputs(
    store: Store, plugins: Sequence[object], names: Sequence[str], seed: int
) -> TrainingInputs:
    """Reads everything in one transaction; people's features stay sealed where nobody uses them.

    Args:
        store: the database.
        plugins: what the application brings besides installed distributions.
        names: which recommenders take part; all that are enabled where empty.
        seed: where everything random starts from.

    Raises:
        SchemaError: the database has no schema or no keys yet.
        NotFoundError: a name that no recommender has.
        PluginError: a named one is switched off or failed.
        TrainingError: there is nothing to learn from.
    """
    keyring = store.keyring
    with store.reading("reading the training data") as connection:
        configuration = read_configuration(connection)
        registry = Registry(plugins, configuration.disabled, isolated=configuration.isolated)
        participants = choose(registry, configuration.settings, names, configuration.enabled)
        features = any(one.uses_features for one in participants)
        snapshot = read_snapshot(connection, keyring, seed, features=features)
        data = replace(snapshot.data, support=configuration.links)
        snapshot = replace(snapshot, data=data)
    return TrainingInputs(registry, tuple(participants), snapshot, configuration)
