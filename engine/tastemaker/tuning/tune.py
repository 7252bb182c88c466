"""A tuning run of a database: read, search, and write the settings that `train` uses."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tastemaker.errors import InputError
from tastemaker.holdout.tuning_folds import TuningFold, make_tuning_folds
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.store.configuration import read_configuration, write_configuration
from tastemaker.store.store import Store
from tastemaker.training.data_quality import examine
from tastemaker.training.deadline import Deadline
from tastemaker.training.inputs import read_training_inputs
from tastemaker.training.limits import Limits
from tastemaker.training.threads import threads_limited
from tastemaker.tuning.report import TunedRecommender
from tastemaker.tuning.search import Search

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage

STARTS = 8
"""So many settings are drawn at random before Optuna proposes by what it has learnt.

Chosen, not measured.
"""


def tune(
    store: Store,
    plugins: Sequence[object],
    *,
    names: Sequence[str],
    limits: Limits,
    study: str | None,
    hold_out: str | None,
    seed: int,
    progress: Progress,
) -> list[TunedRecommender]:
    """Searches recommenders' settings; see `Tastemaker.tune`. Nothing is written.

    Args:
        store: where the data is.
        plugins: what the application brings besides installed distributions.
        names: which recommenders; all that are enabled where empty.
        limits: the memory that a fit may take, and the time for everything.
        study: the URL of the SQL database that keeps the studies; memory where None.
        hold_out: what is predicted; see `make_folds`.
        seed: where everything random starts from.
        progress: what to report to.

    Raises:
        InputError: Optuna is not installed, the studies cannot be kept at that URL, or there is no
            such hold-out.
        TrainingError: there is too little data.
        NotFoundError: there is no recommender of one of the names.
        PluginError: one of them is switched off or failed.
    """
    check_installed()
    inputs = read_training_inputs(store, plugins, names, seed)
    data = examine(inputs.snapshot.data, time.time()).data
    folds = make_tuning_folds(data, hold_out)
    with threads_limited(), open_storage(study) as storage:
        return search_each(inputs.registry, inputs.participants, folds, limits, storage, progress)


def apply_settings(store: Store, results: Sequence[TunedRecommender]) -> None:
    """Writes the better settings, for the next training."""
    with store.writing("writing settings") as connection:
        configuration = read_configuration(connection)
        for one in results:
            if one.state == "better":
                configuration = configuration.adjusted(one.name, one.settings)
        write_configuration(connection, configuration)


def search_each(
    registry: Registry,
    participants: Sequence[Plugin],
    folds: Sequence[TuningFold],
    limits: Limits,
    storage: BaseStorage,
    progress: Progress,
) -> list[TunedRecommender]:
    """Searches one recommender after the other; what one leaves of its time the next ones get.

    Args:
        registry: makes the recommenders.
        participants: which, and their settings.
        folds: what settings are measured on.
        limits: the memory that a fit may take, and the time for everything.
        storage: what keeps the studies.
        progress: what to report to.
    """
    whole = Deadline(limits.seconds)
    mark = fingerprint(folds)
    results: list[TunedRecommender] = []

    def report(done: int, total: int, what: str = "") -> None:
        gone = round(limits.seconds - max(whole.left(), 0.0))
        progress(gone, round(limits.seconds) or 1, what)

    for place, plugin in enumerate(participants):
        share = max(whole.left(), 0.0) / (len(participants) - place)
        study = open_study(storage, f"{plugin.name} on {mark}", folds[0].data.seed)
        search = Search(registry, plugin, folds, limits.memory)
        results.append(search.run(study, Deadline(share), report))
    return results


@contextmanager
def open_storage(url: str | None) -> Iterator[BaseStorage]:
    """What keeps studies: the SQL database at a URL, or memory where None. Closed in the end.

    Raises:
        InputError: the studies cannot be kept at that URL.
    """
    from optuna.storages import InMemoryStorage, RDBStorage

    if url is None:
        yield InMemoryStorage()
        return
    try:
        storage = RDBStorage(url)
    except Exception as error:  # of SQLAlchemy, of a driver, of Optuna
        raise _cannot_be_kept(error) from None
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def open_study(storage: BaseStorage, name: str, seed: int) -> optuna.Study:
    """A study of that name, the one that is there already if there is one.

    Raises:
        InputError: the storage cannot be written.
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
        raise _cannot_be_kept(error) from None


def _cannot_be_kept(error: Exception) -> InputError:
    return InputError(
        f"The studies cannot be kept at the URL given ({type(error).__name__}). Give one such "
        "as sqlite:///tastemaker-tuning.db."
    )


def fingerprint(folds: Sequence[TuningFold]) -> str:
    """Identifies data and folds: figures of other data cannot be compared."""
    mark = zlib.crc32(repr([fold.description for fold in folds]).encode())
    for fold in folds:
        for people in (fold.data.people, fold.cases.people):
            histories = people.histories
            for array in (histories.indptr, histories.items, histories.values, people.times):
                mark = zlib.crc32(array.tobytes(), mark)
    histories = folds[0].data.people.histories
    return f"{len(histories)} people, {len(histories.items)} interactions, {mark:08x}"


def check_installed() -> None:
    """Makes sure that Optuna is installed.

    Raises:
        InputError: it is not; the message says how to get it.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise InputError("Tuning needs Optuna: run `pip install 'tastemaker[tune]'`.") from None
