from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pytest
from sqlalchemy.pool import QueuePool
from tests.holdout.test_tuning_folds import data

from tastemaker import People, Progress, State, TrainingData
from tastemaker.data import Float32Array
from tastemaker.errors import InputError
from tastemaker.holdout.tuning_folds import TuningFold, make_tuning_folds
from tastemaker.json_types import Json
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.settings import Settings, setting
from tastemaker.training.deadline import Deadline
from tastemaker.tuning.report import TunedRecommender
from tastemaker.tuning.search import Search
from tastemaker.tuning.tune import fingerprint, open_storage, open_study
from tastemaker_plugins.popularity.popular import Popular

if TYPE_CHECKING:
    import optuna

GIB = 2**30
TRIALS = 12


@dataclass(frozen=True)
class DialSettings(Settings):
    """The settings of `dial`."""

    aim: float = setting(0.0, "How well it predicts; but not of all values.", low=0.0, high=1.0)
    mood: str = setting("good", "How it behaves.", choices=("good", "bad"))


class Dial(Popular):
    """Knows that the next item is the one after the last; a setting is how well it aims."""

    name: ClassVar[str] = "dial"
    settings_type: ClassVar[type[Settings]] = DialSettings
    settings: DialSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fails in a bad mood."""
        if self.settings.mood == "bad":
            raise ValueError("not today")
        self.n_items = data.n_items
        return self

    def score(self, people: People) -> Float32Array:
        """The item after the last one first if it aims well, and far behind otherwise."""
        histories = people.histories
        behind = np.arange(self.n_items) - histories.items[histories.indptr[1:] - 1][:, None]
        distance = (behind - 1) % self.n_items
        scores: Float32Array = -np.abs(distance - 11 * (1 - self.settings.aim)).astype(np.float32)
        return scores

    def state(self) -> State:
        """Is never stored here."""
        return State()


class Sluggish(Dial):
    """The better it aims the longer it takes."""

    name: ClassVar[str] = "sluggish"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Sleeps, telling how far it is."""
        for turn in range(int(200 * self.settings.aim)):
            progress(turn, 200)
            time.sleep(0.005)
        return super().fit(data, progress)


class Ticks:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def search(
    name: str = "dial",
    settings: Mapping[str, Json] | None = None,
    folds: list[TuningFold] | None = None,
) -> Search:
    registry = Registry([Dial, Sluggish])
    plugin = registry.find(name).configured(settings or {})
    return Search(registry, plugin, folds or make_tuning_folds(data()), GIB)


def run(
    one: Search, study: optuna.Study | None = None, ticks: int = 4 * TRIALS
) -> TunedRecommender:
    """A search whose clock allows for about a dozen trials."""
    return one.run(study or study_in_memory(), Deadline(ticks, Ticks()), no_progress)


def study_in_memory() -> optuna.Study:
    with open_storage(None) as storage:
        return open_study(storage, "test", 0)


def test_what_aims_better_is_found() -> None:
    tuned = run(search())
    assert tuned.state == "better"
    assert float(str(tuned.settings["aim"])) > 0.5
    assert tuned.settings["mood"] == "good"
    assert tuned.before is not None and tuned.after is not None
    assert tuned.after > tuned.before
    assert TRIALS <= tuned.trials <= 2 * TRIALS


def test_what_is_best_already_is_kept() -> None:
    tuned = run(search(settings={"aim": 1.0}))
    assert (tuned.state, tuned.settings, tuned.before) == ("kept", {}, tuned.after)
    assert tuned.pruned > 0  # clear losers are given up


def test_without_time_the_settings_in_use_are_measured_all_the_same() -> None:
    tuned = run(search(settings={"aim": 0.9}), ticks=1)
    assert (tuned.state, tuned.trials) == ("kept", 0)
    assert tuned.before is not None and tuned.before > 0


def test_every_trial_is_kept_in_the_study() -> None:
    study = study_in_memory()
    tuned = run(search(), study)
    states = [trial.state.name for trial in study.get_trials()]
    assert len(states) == tuned.trials
    assert states.count("PRUNED") == tuned.pruned
    assert "FAIL" in states  # those in a bad mood
    problems = [trial.user_attrs.get("problem", "") for trial in study.get_trials()]
    assert any("ValueError" in problem for problem in problems)  # whose text is not quoted


def test_settings_that_take_far_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tastemaker.tuning.search.GRACE", 0.05)
    study = study_in_memory()
    tuned = run(search("sluggish"), study)
    problems = [str(trial.user_attrs.get("problem", "")) for trial in study.get_trials()]
    assert any(problem.startswith("stopped") for problem in problems)
    assert tuned.state in ("better", "kept")


def test_a_recommender_that_cannot_be_fitted_at_all_has_failed() -> None:
    registry = Registry([type("Sad", (Dial,), {"name": "sad", "fit": None})])
    sad = Search(registry, registry.find("sad"), make_tuning_folds(data()), GIB)
    assert run(sad).state == "failed"
    tuned = run(search(settings={"mood": "bad"}))
    assert tuned.state == "failed"
    assert "ValueError" in tuned.problem


def test_a_recommender_without_bounds_has_nothing_to_search() -> None:
    registry = Registry()
    popular = Search(registry, registry.find("popular"), make_tuning_folds(data()), GIB)
    assert run(popular) == TunedRecommender("popular", "nothing to search")


def test_a_study_on_disk_is_gone_on_with(tmp_path: Path) -> None:
    url, folds = f"sqlite:///{tmp_path}/studies.db", make_tuning_folds(data())
    name = fingerprint(folds)
    with open_storage(url) as storage:
        first = run(search(folds=folds), open_study(storage, name, 0))
    with open_storage(url) as storage:
        again = run(search(folds=folds), open_study(storage, name, 0), ticks=1)
    assert first.state == "better"
    assert (again.trials, again.state) == (0, "better")
    assert again.settings == first.settings
    assert again.after == first.after


def test_the_database_of_studies_is_closed_in_the_end(tmp_path: Path) -> None:
    from optuna.storages import RDBStorage

    with open_storage(f"sqlite:///{tmp_path}/studies.db") as storage:
        open_study(storage, "test", 0)
        assert isinstance(storage, RDBStorage)
        used = storage.engine.pool
    assert isinstance(used, QueuePool)
    assert used.checkedin() == used.checkedout() == 0


def test_other_data_is_another_study() -> None:
    assert fingerprint(make_tuning_folds(data())) == fingerprint(make_tuning_folds(data()))
    assert fingerprint(make_tuning_folds(data())) != fingerprint(
        make_tuning_folds(data(n_people=21))
    )
    assert fingerprint(make_tuning_folds(data())) != fingerprint(make_tuning_folds(data(), "last"))


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/studies.db"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="sqlite:///tastemaker-tuning.db"), open_storage(url):
        pass


def test_studies_that_can_be_read_but_not_written_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    with open_storage(f"sqlite:///{file}") as storage:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("DROP TABLE studies")
        with pytest.raises(InputError, match="sqlite:///tastemaker-tuning.db"):
            open_study(storage, "test", 0)
