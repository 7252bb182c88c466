"""From a stored release to members that can score the catalogue of this moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.data import NO_PAIRS, Float32Array, Int64Array, ItemPairs
from tastemaker.errors import NotFoundError, TastemakerError
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.plugin.registry import Registry, registry_of
from tastemaker.plugin.states import guarded_restore
from tastemaker.recommender import State
from tastemaker.serving.fallback import Fallback
from tastemaker.store import releases
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.read import item_counts
from tastemaker.store.manifest import served_names
from tastemaker.store.releases import CATALOGUE


@dataclass(frozen=True)
class LoadedRelease:
    """A release as it was trained, or what stands in for one where there is none.

    Attributes:
        number: its number; None where there is none.
        item_keys: (n_items,) int64 the items it was trained on, in the order of their index.
        counts: (n_items,) float32 how many people chose each; interactions in older releases.
        curve: the weights; its members have their present names.
        members: the recommenders that could be restored.
        problems: why others could not, or a whole release.
        points: the entry point of each member, by name; empty for an application's.
        repeat_curve: the weights for where items may come again; None where the others serve.
        missing: for each member that could not be restored why, by name.
        pairs: which items were chosen together; nothing of it in older releases.
    """

    number: int | None
    item_keys: Int64Array
    counts: Float32Array
    curve: WeightCurve
    members: tuple[GuardedRecommender, ...] = ()
    problems: tuple[str, ...] = ()
    points: Mapping[str, str] = field(default_factory=dict)
    repeat_curve: WeightCurve | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    pairs: ItemPairs = NO_PAIRS


class Recommenders(NamedTuple):
    """Where the recommenders of a release are looked for: see `registry_of`.

    Attributes:
        plugins: what the application brings besides installed distributions.
        disabled: the names that the configuration switches off.
        isolated: the names of those that work in processes of their own.
    """

    plugins: Sequence[object] = ()
    disabled: Collection[str] = ()
    isolated: Collection[str] = ()

    def kept(self, loaded: LoadedRelease) -> tuple[GuardedRecommender, ...]:
        """The members of a loaded release that are not switched off."""
        registry = registry_of(self.plugins, self.disabled, loaded.points)
        off = {plugin.name for plugin in registry.plugins if plugin.state == "disabled"}
        return tuple(member for member in loaded.members if member.name not in off)


def load_release(
    connection: Connection,
    files: ModelFiles,
    recommenders: Recommenders,
    number: int,
    observer: Observer = UNOBSERVED,
) -> LoadedRelease:
    """A stored release, restored.

    Raises:
        ReleaseError: it is not there, or incomplete.
        TamperedError: it is damaged or forged.
    """
    manifest = releases.read_manifest(connection, files.keyring, number)
    curve = WeightCurve.from_json(manifest["curve"])
    again = manifest.get("repeats")
    repeat_curve = WeightCurve.from_json(again["curve"]) if again else None
    stored = files.read(connection, number, (CATALOGUE, *served_names(manifest)))
    catalogue = stored.pop(CATALOGUE)
    n_items = len(catalogue.arrays["item_keys"])
    # Models of older versions do not tell their entry point; most were called as it is.
    points = {name: one.manifest.get("entry_point", name) for name, one in stored.items()}
    registry = registry_of(
        recommenders.plugins, recommenders.disabled, points, recommenders.isolated
    )
    members: list[GuardedRecommender] = []
    missing: dict[str, str] = {}
    for name, one in stored.items():
        state = State(one.arrays, one.values)
        member, problem = restore_member(registry, name, state, n_items, observer)
        members.extend([member] if member else [])
        missing.update({name: problem} if problem else {})
    return LoadedRelease(
        number,
        catalogue.arrays["item_keys"],
        catalogue.arrays["counts"],
        with_present_names(curve, registry),
        tuple(members),
        tuple(f"{name} {problem}" for name, problem in missing.items()),
        {registry.present_name(name): point for name, point in points.items()},
        with_present_names(repeat_curve, registry) if repeat_curve else None,
        missing,
        pairs_in(catalogue.arrays),
    )


def pairs_in(arrays: Mapping[str, npt.NDArray[Any]]) -> ItemPairs:
    """Which items were chosen together, of a release's catalogue; nothing in an older one's."""
    if "partners" not in arrays:
        return NO_PAIRS
    return ItemPairs(arrays["pair_starts"], arrays["partners"], arrays["pair_people"])


def with_present_names(curve: WeightCurve, registry: Registry) -> WeightCurve:
    """The curve whose members are called what they are called now."""
    members, retrievers = (
        tuple(map(registry.present_name, names)) for names in (curve.members, curve.retrievers)
    )
    return replace(curve, members=members, retrievers=retrievers)


def restore_member(
    registry: Registry,
    name: str,
    state: State,
    n_items: int,
    observer: Observer = UNOBSERVED,
) -> tuple[GuardedRecommender | None, str]:
    """A trained member of a release, ready to score; None if disabled, or if there is a problem."""
    try:
        plugin = registry.find(name)
    except NotFoundError:
        return None, "is no longer installed"
    if plugin.state == "disabled":
        return None, ""
    if plugin.recommender is None:
        return None, plugin.problem
    kind, calls = plugin.recommender, GuardedCalls.of(plugin)
    recommender, problem = calls.once(lambda: guarded_restore(kind, state))
    if recommender is None:
        return None, problem
    return GuardedRecommender(recommender, n_items, calls, observer=observer), ""


def load_popularity(connection: Connection) -> LoadedRelease:
    """What serves where there is no release: how many people chose each item."""
    keys, counts = item_counts(connection)
    return LoadedRelease(None, keys, counts.astype(np.float32), uniform_weights([Fallback.name]))


def load_active(
    connection: Connection,
    files: ModelFiles,
    recommenders: Recommenders,
    pointer: str | None,
    observer: Observer = UNOBSERVED,
) -> LoadedRelease:
    """The active release; where it is damaged the newest one that is not; else popularity.

    Args:
        connection: to the database.
        files: reads and verifies models.
        recommenders: where they are looked for.
        pointer: the signed pointer to the active release; None where none was ever activated.
        observer: is told what members do.
    """
    if pointer is None:
        return load_popularity(connection)
    problems: list[str] = []
    for number in loading_order(connection, files.keyring, pointer, problems):
        try:
            loaded = load_release(connection, files, recommenders, number, observer)
        except TastemakerError as error:
            problems.append(f"Release {number} cannot serve: {error}")
            continue
        return replace(loaded, problems=(*problems, *loaded.problems))
    return replace(load_popularity(connection), problems=tuple(problems))


def loading_order(
    connection: Connection, keyring: Keyring, pointer: str, problems: list[str]
) -> list[int]:
    """The releases that may serve: the active one, then the others, the newest first.

    Where the pointer cannot be trusted, the newest first; `problems` gets the reason.
    """
    numbers = [row.number for row in releases.list_releases(connection)]
    try:
        active = releases.active_number(keyring, pointer)
    except TastemakerError as error:
        problems.append(str(error))
        return numbers
    if active not in numbers:
        problems.append(
            f"Release {active}, the active one, is missing: the newest that is whole serves, else "
            "popularity. Activate another one (`tastemaker release list`), or train again."
        )
    return sorted(numbers, key=lambda number: (number != active, -number))
