"""A tuning run of a database: read, search, and write the settings that `train` uses."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tastemaker.errors import InputError
from tastemaker.holdout.tuning_folds import TuningFold, make_tuning_folds
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.store.configuration import read_configuration, write_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.training.data_quality import examine
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import Candidate, choose
from tastemaker.training.limits import Limits
from tastemaker.training.snapshot import read_snapshot
from tastemaker.training.threads import threads_limited
from tastemaker.tuning.report import Tuned
from tastemaker.tuning.search import Search

if TYPE_CHECKING:
    import optuna

STARTS = 8
"""So many settings are drawn at random before Optuna proposes by what it has learnt."""


class Tuner:
    """Searches the settings of one database's recommenders.

    Args:
        database: where the data is, and the settings go.
        keyring: opens people's features.
        plugins: what the application brings besides installed distributions.
    """

    def __init__(self, database: Database, keyring: Keyring, plugins: Sequence[object]) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins

    def tune(
        self,
        names: Sequence[str],
        limits: Limits,
        study: str | None,
        hold_out: str | None,
        seed: int,
        progress: Progress,
    ) -> list[Tuned]:
        """Searches; see `Tastemaker.tune`. Nothing is written."""
        check_installed()
        with self._database.reading("reading the training data") as connection:
            configuration = read_configuration(connection)
            registry = Registry(self._plugins, configuration.disabled)
            candidates = choose(registry, configuration.settings, names)
            features = any(candidate.uses_features for candidate in candidates)
            snapshot = read_snapshot(connection, self._keyring, seed, features=features)
        data = examine(snapshot.data, time.time()).data
        folds = make_tuning_folds(data, hold_out)
        with threads_limited():
            return searched(registry, candidates, folds, limits, study, progress)

    def apply(self, results: Sequence[Tuned]) -> None:
        """Writes the better settings, for the next training."""
        with self._database.writing(operation="writing settings") as connection:
            configuration = read_configuration(connection)
            for one in results:
                if one.state == "better":
                    configuration = configuration.adjusted(one.name, one.settings)
            write_configuration(connection, configuration)


def searched(
    registry: Registry,
    candidates: Sequence[Candidate],
    folds: Sequence[TuningFold],
    limits: Limits,
    storage: str | None,
    progress: Progress,
) -> list[Tuned]:
    """What the search of each candidate brought; what one leaves of its time the next ones get.

    Args:
        registry: makes the recommenders.
        candidates: which, and their settings.
        papers: what settings are measured on.
        limits: the memory that a fit may take, and the time for everything.
        storage: the URL of the SQL database that keeps the studies; memory where None.
        progress: told how far it is.
    """
    whole = Deadline(limits.seconds)
    mark = fingerprint(folds)
    results: list[Tuned] = []
    for place, candidate in enumerate(candidates):
        share = max(whole.left(), 0.0) / (len(candidates) - place)

        def told(done: int, total: int, what: str = "") -> None:
            gone = round(limits.seconds - max(whole.left(), 0.0))
            progress(gone, round(limits.seconds) or 1, what)

        study = open_study(storage, f"{candidate.name} on {mark}", folds[0].data.seed)
        search = Search(registry, candidate, folds, limits.memory)
        results.append(search.run(study, Deadline(share), told))
    return results


def open_study(storage: str | None, name: str, seed: int) -> optuna.Study:
    """A study of that name, the one that is there already if there is one.

    Raises:
        InputError: the storage cannot be opened.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(n_startup_trials=STARTS, seed=seed)
    try:
        return optuna.create_study(
            storage=storage,
            sampler=sampler,
            study_name=name,
            direction="maximize",
            load_if_exists=True,
        )
    except Exception as error:  # of SQLAlchemy, of a driver, of Optuna
        raise InputError(
            f"The studies cannot be kept at the URL given ({type(error).__name__}). Give one such "
            "as sqlite:///tastemaker-tuning.db."
        ) from None


def fingerprint(folds: Sequence[TuningFold]) -> str:
    """Tells data and cuts apart: figures of other data cannot be compared."""
    mark = zlib.crc32(repr([fold.description for fold in folds]).encode())
    for fold in folds:
        for people in (fold.data.people, fold.cases.people):
            histories = people.histories
            for array in (histories.indptr, histories.items, histories.values, people.times):
                mark = zlib.crc32(array.tobytes(), mark)
    histories = folds[0].data.people.histories
    return f"{len(histories)} people, {len(histories.items)} interactions, {mark:08x}"


def check_installed() -> None:
    """Makes sure that there is an Optuna.

    Raises:
        InputError: there is none; it says how to get it.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise InputError("Tuning needs Optuna: run `pip install 'tastemaker[tune]'`.") from None
