"""A training run of a database: read, build, save and activate a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tastemaker.errors import InputError
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.spark.cluster import open_cluster
from tastemaker.spark.registry import SparkRegistry
from tastemaker.spark.session import master_of
from tastemaker.store.store import Store
from tastemaker.training.building import UnsavedRelease, build
from tastemaker.training.data_quality import Announce
from tastemaker.training.inputs import TrainingInputs, read_training_inputs
from tastemaker.training.limits import Limits
from tastemaker.training.named_attributes import unknown_names
from tastemaker.training.profile import READING, Profile
from tastemaker.training.quick import HELD_BACK, choose_quick, last_full_release, quick_limits
from tastemaker.training.report import MemberReport, Release
from tastemaker.training.saving import described, save


@dataclass(frozen=True)
class SparkPlace:
    """A cluster to train on.

    Attributes:
        master: where Spark runs; as its own configuration says where None.
        snapshots: a folder that the executors can read; a temporary one where None.
    """

    master: str | None = None
    snapshots: Path | None = None


def train(
    store: Store,
    plugins: Sequence[object],
    *,
    only: Sequence[str],
    seed: int,
    activate: bool,
    limits: Limits,
    hold_out: str | None,
    quick: bool,
    place: SparkPlace | None,
    announce: Announce,
    progress: Progress,
) -> Release:
    """One training run; see `Tastemaker.train`.

    Args:
        store: where the data is, and the release goes.
        plugins: what the application brings besides installed distributions.
        only: names of recommenders; all that are enabled where empty.
        seed: where everything random starts from.
        activate: whether the release should serve, if it measures well enough.
        limits: the memory that a fit may take, and the time for everything.
        hold_out: what the blend learns to predict; see `make_folds`.
        quick: whether only those take part that give most for their cost.
        place: where those that can are fitted; None for this process.
        announce: called with what is odd about the data, before anything is trained.
        progress: what to report to.

    Raises:
        TrainingError: nothing to learn from, or no recommender could be trained.
        InputError: there is no such hold-out, or Spark cannot be used.
        NotFoundError: `only` names a recommender that is not there.
        PluginError: `only` names one that is switched off or failed.
    """
    reading = Profile()
    with reading.measure(READING):
        inputs = read_training_inputs(store, plugins, only, seed)
    make = _build_quickly if quick else _build
    with _registry(inputs, plugins, place, limits) as registry:
        placed = replace(inputs, registry=registry)
        unsaved = make(store, placed, limits, hold_out, announce, progress)
    notes = unknown_names(inputs.participants, inputs.snapshot.data)
    spans = (*reading.spans, *unsaved.profile)
    unsaved = replace(unsaved, profile=spans, notes=(*unsaved.notes, *notes))
    if not only:
        unsaved = with_unavailable(unsaved, inputs.registry.unavailable)
    progress(1, 1, "saving the release")
    return save(store, unsaved, inputs.snapshot, activate)


def _build(
    store: Store,
    inputs: TrainingInputs,
    limits: Limits,
    hold_out: str | None,
    announce: Announce,
    progress: Progress,
) -> UnsavedRelease:
    data = inputs.snapshot.data
    return build(inputs.registry, inputs.participants, data, progress, limits, hold_out, announce)


def _build_quickly(
    store: Store,
    inputs: TrainingInputs,
    limits: Limits,
    hold_out: str | None,
    announce: Announce,
    progress: Progress,
) -> UnsavedRelease:
    """The same of those that give most for their cost, and what the rest would have added."""
    with store.reading("reading the last release") as connection:
        earlier = last_full_release(connection, store.keyring)
    choice = choose_quick(inputs.participants, earlier)
    chosen = replace(inputs, participants=choice.participants)
    unsaved = _build(store, chosen, quick_limits(limits), hold_out, announce, progress)
    skipped = [
        MemberReport(one.name, one.family, one.origin, "left out", HELD_BACK)
        for one in choice.left_out
    ]
    notes = choice.notes(described(unsaved, inputs.snapshot))
    members = (*skipped, *unsaved.members)
    return replace(unsaved, members=members, notes=(*unsaved.notes, *notes), quick=True)


def spark_place(on: str | None, snapshots: str | Path | None) -> SparkPlace | None:
    """The place that is written "spark" or "spark=MASTER"; None where nothing is written.

    Raises:
        InputError: it is no place to train on, or a folder is named for no place.
    """
    if on is not None:
        return SparkPlace(master_of(on), None if snapshots is None else Path(snapshots))
    if snapshots is not None:
        raise InputError("A folder for snapshots is of use on Spark only: name --on spark too.")
    return None


@contextmanager
def _registry(
    inputs: TrainingInputs, plugins: Sequence[object], place: SparkPlace | None, limits: Limits
) -> Iterator[Registry]:
    """What makes the recommenders, where they are to be fitted."""
    if place is None:
        yield inputs.registry
        return
    with open_cluster(place.master, place.snapshots, limits.memory) as cluster:
        settings = inputs.configuration
        yield SparkRegistry(plugins, settings.disabled, cluster, settings.isolated)


def with_unavailable(unsaved: UnsavedRelease, unavailable: Sequence[Plugin]) -> UnsavedRelease:
    """The release with a report and a note on the recommenders that cannot be trained here."""
    absent = [
        MemberReport(plugin.name, plugin.family, plugin.origin, plugin.state, plugin.problem)
        for plugin in unavailable
    ]
    members, notes = (*absent, *unsaved.members), (*unsaved.notes, *remedies(unavailable))
    return replace(unsaved, members=members, notes=notes)


def remedies(unavailable: Sequence[Plugin]) -> list[str]:
    """How to add the recommenders that cannot be trained here, a line for each remedy."""
    names: dict[str, list[str]] = {}
    for plugin in unavailable:
        names.setdefault(plugin.problem, []).append(plugin.name)
    return [f"Not trained here: {', '.join(own)} ({problem})." for problem, own in names.items()]
