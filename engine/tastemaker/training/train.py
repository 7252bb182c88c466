"""A training run: snapshot → cuts of time → fit → learn the blend → fit again → release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from tastemaker.border import now_us
from tastemaker.errors import TastemakerError, TrainingError
from tastemaker.evaluation.splits import rolling_cuts
from tastemaker.guard import guarded_state
from tastemaker.recommender import Progress
from tastemaker.registry import Registry
from tastemaker.store import releases
from tastemaker.store.configuration import read_configuration
from tastemaker.store.database import Database
from tastemaker.store.keyring import Keyring
from tastemaker.store.persons import as_iso
from tastemaker.store.releases import CATALOGUE, StoredModel
from tastemaker.training.learning import Learnt, learn_blend
from tastemaker.training.members import Candidate, Fitted, choose, fit
from tastemaker.training.reading import active_release, read_release
from tastemaker.training.report import MemberReport, Release
from tastemaker.training.snapshot import Snapshot, read_snapshot
from tastemaker.training.steps import Steps

CLEARLY_WORSE = 0.8
"""A release is not activated if its held-out NDCG is below this share of the active one's."""


class Trainer:
    """Trains releases of one database.

    Args:
        database: where the data is, and the release goes.
        keyring: seals and signs.
        plugins: what the application brings besides installed distributions.
    """

    def __init__(self, database: Database, keyring: Keyring, plugins: Sequence[object]) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins

    def train(self, only: Sequence[str], seed: int, activate: bool, progress: Progress) -> Release:
        """One training run; see `Tastemaker.train`."""
        trained_at = now_us()
        with self._database.reading("reading the training data") as connection:
            configuration = read_configuration(connection)
            snapshot = read_snapshot(connection, seed)
        registry = Registry(self._plugins, configuration.disabled)
        candidates = choose(registry, configuration.settings, only)
        cuts = rolling_cuts(snapshot.data.people, seed)
        steps = Steps(progress, len(candidates) * (len(cuts) + 1))
        learnt = learn_blend(registry, candidates, snapshot.data, cuts, steps)
        final = [
            fit(registry, candidate, snapshot.data, steps.of(candidate.name))
            for candidate in candidates
            if candidate.name in learnt.curve.members
        ]
        steps.say("saving the release")
        models, problems = stored_models(final)
        release = described(snapshot, candidates, learnt, final, problems)
        return self._saved(release, models, snapshot, trained_at, activate)

    def _saved(
        self,
        release: Release,
        models: Sequence[StoredModel],
        snapshot: Snapshot,
        trained_at: int,
        activate: bool,
    ) -> Release:
        """Writes the release and, if it measures well enough, activates it: all or nothing."""
        items = StoredModel(
            CATALOGUE, arrays={"item_keys": snapshot.item_keys, "counts": snapshot.counts}
        )
        stored = [items, *models]
        with self._database.writing(operation="saving a release") as connection:
            objection = worse_than_active(connection, self._keyring, release) if activate else ""
            active = activate and not objection
            noted = release.dated(str(as_iso(trained_at)), [objection] if objection else [])
            number = releases.save_release(
                connection, self._keyring, noted.to_json(), stored, trained_at
            )
            if active:
                releases.activate(connection, self._keyring, number)
            serving = active_release(connection, self._keyring)
            releases.prune(connection, serving, number)
        return noted.numbered(number, active)


def stored_models(final: Sequence[Fitted]) -> tuple[list[StoredModel], dict[str, str]]:
    """The models of those that could be fitted on everything, and why others could not.

    Raises:
        TrainingError: there is none.
    """
    models: list[StoredModel] = []
    problems: dict[str, str] = {}
    for one in final:
        plugin = one.candidate.plugin
        state, problem = guarded_state(one.recommender) if one.recommender else (None, one.problem)
        if state is None:
            problems[plugin.name] = problem
            continue
        models.append(
            StoredModel(
                plugin.name, plugin.distribution, plugin.version, state.arrays, state.values
            )
        )
    return models, problems


def described(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    learnt: Learnt,
    final: Sequence[Fitted],
    late_problems: Mapping[str, str],
) -> Release:
    """The release as its manifest will have it.

    Raises:
        TrainingError: no recommender could be trained.
    """
    problems = {**learnt.problems, **late_problems}
    serving = [one.candidate.name for one in final if one.candidate.name not in late_problems]
    if not serving:
        reasons = "; ".join(f"{name}: {why}" for name, why in problems.items()) or "none is enabled"
        raise TrainingError(
            f"No recommender could be trained ({reasons}). See `tastemaker plugins list`."
        )
    seconds = {one.candidate.name: one.seconds for one in final}
    members = [
        MemberReport(
            candidate.name,
            candidate.plugin.family,
            candidate.plugin.origin,
            _state(candidate.name, serving, problems),
            problems.get(candidate.name, ""),
            round(seconds.get(candidate.name, 0.0), 3),
            learnt.measures.get(candidate.name),
        )
        for candidate in candidates
    ]
    data = snapshot.data
    members.append(MemberReport("blend", measures=learnt.measures.get("blend")))
    n_interactions = len(data.people.times)
    held_out = f", measured on {learnt.basis}" if learnt.basis else ", not measured"
    return Release(
        0,
        False,
        "",
        f"{len(data.people):,} people, {data.n_items:,} items, {n_interactions:,} interactions"
        + held_out,
        members,
        learnt.curve.only(serving),
        len(data.people),
        data.n_items,
        n_interactions,
        learnt.notes,
    )


def _state(name: str, serving: Sequence[str], problems: Mapping[str, str]) -> str:
    if name in problems:
        return "failed"
    return "serving" if name in serving else "no weight"


def worse_than_active(connection: Connection, keyring: Keyring, release: Release) -> str:
    """Why a new release should not be activated; empty where nothing speaks against it."""
    try:
        active = read_release(connection, keyring, None)
    except TastemakerError:
        return ""  # none is active, or it is damaged: anything is better
    before, now = active.measures.get("ndcg@10"), release.measures.get("ndcg@10")
    if not before or now is None or now >= CLEARLY_WORSE * before:
        return ""
    return (
        f"Not activated: its held-out NDCG@10 is {now:.4f}, that of the active release "
        f"{active.number} was {before:.4f}. To let it answer all the same run `tastemaker "
        "release activate NUMBER`."
    )
