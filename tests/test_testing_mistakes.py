"""Mistakes that authors make: the kit finds each, and tells of it once, by the method's name."""

from __future__ import annotations

import json
import locale
import os
import random
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import (
    Int64Array,
    Items,
    People,
    PluginError,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    setting,
)
from tastemaker.testing import (
    CONTRACT,
    RecommenderContract,
    Subject,
    assorted_items,
    check_fit_is_deterministic,
    check_process_stays,
    check_recommender,
    people_of,
)
from tastemaker.testing.contract import recommender_report


@dataclass(frozen=True)
class TagSettings(Settings):
    power: float = setting(1.0, "The power of a tag's count.", low=0.5, high=2.0)
    min_count: int = setting(1, "Tags of fewer items do not count.", low=1, high=100)


class Tags(Recommender):
    """Items that share tags with those of the history."""

    name = "tags"
    family = "content"
    settings_type = TagSettings
    settings: TagSettings
    columns: dict[str, int]
    vectors: Any

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        tags = sorted({tag for own in data.items.attributes.get("tags", ()) for tag in own})
        self.columns = {tag: column for column, tag in enumerate(tags)}
        self.vectors = self.vectors_of(data.items)
        return self

    def vectors_of(self, items: Items) -> Any:
        vectors = np.zeros((len(items), len(self.columns) + 1), dtype=np.float32)
        for row, own in enumerate(items.attributes.get("tags", [()] * len(items))):
            for tag in own:
                vectors[row, self.columns.get(tag, -1)] = 1.0
        return vectors

    def likeness(self) -> Any:
        return (self.vectors @ self.vectors.T) ** np.float32(self.settings.power)

    def score(self, people: People) -> Any:
        history = people.matrix(np.maximum(people.weights, 0))
        return np.asarray(history @ self.likeness(), dtype=np.float32)

    def reasons(self, people: People, items: Int64Array) -> Any:
        wanted = items[people.histories.rows]
        alike = self.likeness()[people.histories.items[:, np.newaxis], wanted]
        return (alike * np.maximum(people.weights, 0)[:, np.newaxis]).astype(np.float32)

    def extend(self, items: Items) -> None:
        self.vectors = np.concatenate([self.vectors, self.vectors_of(items)])

    def state(self) -> State:
        values = {"tags": list(self.columns), **asdict(self.settings)}
        return State({"vectors": self.vectors}, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls(TagSettings.from_values(state.values))
        tags: Any = state.values["tags"]
        restored.columns = {tag: column for column, tag in enumerate(tags)}
        restored.vectors = state.arrays["vectors"]
        return restored


class ReasonsTooLarge(Tags):
    """Its reasons are three times too large."""

    def reasons(self, people: People, items: Int64Array) -> Any:
        return 3 * super().reasons(people, items)


class DoubledState(Tags):
    """It stores something else than it has."""

    def state(self) -> State:
        state = super().state()
        return State({"vectors": 2 * state.arrays["vectors"]}, state.values)


class Unseeded(Tags):
    """It learns something else each time."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        super().fit(data, progress)
        self.vectors = self.vectors * np.float32(1 + np.random.default_rng().random())
        return self


class Seeding(Tags):
    """It seeds everybody's random numbers."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        np.random.seed(data.seed)
        return super().fit(data, progress)


class Mutating(Tags):
    """It sorts the times of others."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        data.people.times.flags.writeable = True
        data.people.times.sort()
        return super().fit(data, progress)


class ForgettingSettings(Tags):
    """It comes back with the default settings."""

    @classmethod
    def restore(cls, state: State) -> Self:
        return super().restore(State(state.arrays, {"tags": state.values["tags"]}))


class Straying(Tags):
    """It leaves a thread running."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        threading.Thread(target=time.sleep, args=(3,), name="stray", daemon=True).start()
        return super().fit(data, progress)


class Slow(Tags):
    """It takes its time."""

    def score(self, people: People) -> Any:
        time.sleep(0.1)
        return super().score(people)


class SetInState(Tags):
    """It stores a set."""

    def state(self) -> State:
        values: Any = {**super().state().values, "tags": set(self.columns)}
        return State({"vectors": self.vectors}, values)


class NumPyInteger(Tags):
    """It stores a number of NumPy's."""

    def state(self) -> State:
        values: Any = {**super().state().values, "size": np.int64(3)}
        return State({"vectors": self.vectors}, values)


class WrongShape(Tags):
    """It forgets an item."""

    def score(self, people: People) -> Any:
        return super().score(people)[:, 1:]


class Infinite(Tags):
    """It takes the logarithm of nothing."""

    def score(self, people: People) -> Any:
        with np.errstate(divide="ignore"):
            return np.log(super().score(people))


class OtherRetrieval(Tags):
    """It retrieves what comes last."""

    def retrieve(self, people: People, k: int) -> Any:
        first = np.arange(k, dtype=np.int64) % people.n_items
        return np.repeat(first[np.newaxis], len(people), axis=0)


class OtherItems(Tags):
    """It scores some items otherwise than all."""

    def score_items(self, people: People, items: Int64Array) -> Any:
        return super().score_items(people, items) + np.float32(1)


class UndeclaredFeatures(Tags):
    """It looks at what people declared, and does not say so."""

    def score(self, people: People) -> Any:
        towns = people.features.get("town", ((),) * len(people))
        return super().score(people) * np.float32(1 + len(towns[:1]))


class Raising(Tags):
    """It stumbles over people without a history."""

    def score(self, people: People) -> Any:
        return super().score(people) / [1][0 if people.histories.lengths.all() else 7]


class NoColumns(Tags):
    """It says that it takes in items, and does not."""

    def extend(self, items: Items) -> None:
        self.vectors = self.vectors.copy()


class InPlace(Tags):
    """It changes what serves."""

    def extend(self, items: Items) -> None:
        self.vectors *= 2
        super().extend(items)


class Indifferent(Tags):
    """It finds all items alike."""

    def likeness(self) -> Any:
        return np.zeros((len(self.vectors), len(self.vectors)), dtype=np.float32)


class Environment(Tags):
    """It sets a variable for good."""

    def score(self, people: People) -> Any:
        os.environ["MADE_UP_THREADS"] = "1"
        return super().score(people)


class Directory(Tags):
    """It goes elsewhere."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        os.chdir("/")
        return super().fit(data, progress)


class Hushing(Tags):
    """It wants no warnings."""

    def state(self) -> State:
        warnings.simplefilter("ignore", ResourceWarning)
        return super().state()


class Abroad(Tags):
    """It sets the locale."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        now = locale.setlocale(locale.LC_ALL)
        locale.setlocale(locale.LC_ALL, "C.UTF-8" if now == "C" else "C")
        return super().fit(data, progress)


class Drawing(Tags):
    """It draws from everybody's random numbers."""

    def retrieve(self, people: People, k: int) -> Any:
        random.random()
        return super().retrieve(people, k)


class Predictable(Tags):
    """It says that it is private, and draws no noise that could not be drawn again."""

    private = True


MISTAKES: list[tuple[type[Recommender], str, str]] = [
    (Predictable, "check_fit_is_deterministic", "^a private recommender must draw its noise from"),
    (ReasonsTooLarge, "check_reasons", r"reasons must add up to the score.*it is 15 instead of 5"),
    (DoubledState, "check_state_round_trip", r"^score: what restore .* it is 20 instead of 5"),
    (Unseeded, "check_fit_is_deterministic", "^fit must give the same result.*data.seed"),
    (Seeding, "check_process_stays", r"^fit must .*NumPy's global random numbers \(np.random\)"),
    (Mutating, "check_inputs_stay", "^fit: the people's times must not change: at "),
    (
        ForgettingSettings,
        "check_settings",
        r"^restore loses settings \(power was 1.25 and came back as 1.0; min_count was 2 and",
    ),
    (Straying, "check_process_stays", "^fit must .*it left the thread 'stray' running"),
    (Slow, "check_speed", r"^score of one person took 0.1\d* s on 20 people and 10 items; 0.05 s"),
    (SetInState, "check_stored_state", r"^state's values\['tags'\] is a set; store a list"),
    (
        NumPyInteger,
        "check_stored_state",
        r"^state's values\['size'\] is a NumPy int64; store int",
    ),
    (WrongShape, "check_scores", r"^score returned the shape \(20, 9\) instead of \(20, 10\)"),
    (Infinite, "check_scores", "^score returned an infinite score, for 20 people and 10 items"),
    (OtherRetrieval, "check_retrieve", "^retrieve must "),
    (OtherItems, "check_score_items", "^score_items must give items what score gives them: at"),
    (UndeclaredFeatures, "check_scores", r"^score looks at people.features\['town'\] without"),
    (Raising, "check_scores", r"^score raised IndexError: list .* for 20 people and 10 items"),
    (
        NoColumns,
        "check_extend",
        "^extend took in 3 items, and each must have .*: score raised",
    ),
    (InPlace, "check_extend", "^extend must replace attributes and change none in place"),
    (Indifferent, "check_scores", "^all scores were equal, so this checked nothing: score gave 0"),
    (Environment, "check_process_stays", "^score must .*the environment"),
    (Directory, "check_process_stays", "^fit must .*the working directory"),
    (Hushing, "check_process_stays", "^state must .*the warnings filters"),
    (Abroad, "check_process_stays", "^fit must .*the locale"),
    (Drawing, "check_process_stays", r"^retrieve must .*the global random numbers \(random\)"),
]


def test_without_a_mistake_everything_passes_and_the_cost_is_told() -> None:
    report = check_recommender(Tags)
    assert [one.check for one in report.results] == [one.__name__ for one in CONTRACT]
    assert {one.outcome for one in report.results} == {"passed"}
    assert report.speed is not None
    assert report.speed.fit_seconds > 0
    assert report.speed.score_seconds > 0
    assert report.speed.state_bytes > 10 * 7 * 4
    assert "µs a person" in report.speed.text()


@pytest.mark.parametrize(
    ("kind", "check", "message"), MISTAKES, ids=[kind.__name__ for kind, _, _ in MISTAKES]
)
def test_a_mistake_is_found_once(kind: type[Recommender], check: str, message: str) -> None:
    (failed,) = recommender_report(Subject(kind)).failed
    assert failed.check == check
    with pytest.raises(PluginError, match=message) as told:
        check_recommender(kind)
    assert str(told.value).count("\n") == 0


@pytest.mark.parametrize("kind", [Seeding, Environment, Directory])
def test_what_is_done_to_the_process_is_found_in_any_order(kind: type[Recommender]) -> None:
    for _ in range(2):
        with pytest.raises(PluginError, match="must leave the process alone"):
            check_process_stays(kind)
        check_fit_is_deterministic(kind)


def test_nothing_stays_changed_afterwards() -> None:
    before = (dict(os.environ), os.getcwd(), list(warnings.filters), random.getstate())
    state = json.dumps(np.random.get_state(legacy=False), default=lambda one: one.tolist())
    for kind in (Environment, Directory, Hushing, Drawing, Seeding):
        recommender_report(Subject(kind))
    assert (dict(os.environ), os.getcwd(), list(warnings.filters), random.getstate()) == before
    now = json.dumps(np.random.get_state(legacy=False), default=lambda one: one.tolist())
    assert now == state


def test_settings_and_data_of_ones_own_are_what_is_checked() -> None:
    seen: list[object] = []

    class Watching(Tags):
        """Notes what it is given."""

        def fit(self, data: TrainingData, progress: Progress) -> Self:
            seen.append((self.settings, len(data.people)))
            return super().fit(data, progress)

    data = TrainingData(assorted_items(6), people_of([[0, 1], [2], [3, 4, 5]], 6))
    check_recommender(Watching, TagSettings(power=2.0), data)
    assert (TagSettings(power=2.0), 3) in seen
    assert (TagSettings(), 20) not in seen


class TestTags(RecommenderContract):
    """The contract as a class: pytest finds a test for each check."""

    recommender = Tags


def contract_tests(kind: type[RecommenderContract]) -> dict[str, Callable[[], None]]:
    one = kind()
    return {name: getattr(one, name) for name in dir(one) if name.startswith("test_")}


def test_a_class_has_a_test_for_each_check_and_one_fails_for_one_fault() -> None:
    class Contract(RecommenderContract):
        recommender = WrongShape

    outcomes: dict[str, list[str]] = {}
    for name, test in contract_tests(Contract).items():
        try:
            test()
            outcomes.setdefault("passed", []).append(name)
        except Exception as error:
            outcomes.setdefault(type(error).__name__, []).append(name)
    assert outcomes["PluginError"] == ["test_scores"]
    assert outcomes["passed"] == ["test_description", "test_inputs_stay"]
    assert len(outcomes["SkipTest"]) == len(CONTRACT) - 3


def test_a_class_that_derives_from_another_has_a_report_of_its_own() -> None:
    class Contract(RecommenderContract):
        recommender = Tags

    class Other(Contract):
        recommender = Infinite

    assert not Contract.report().failed
    assert len(Other.report().failed) == 1
