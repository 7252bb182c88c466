"""The contract every recommender keeps, the engine's own and any other alike."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from tastemaker.data import Cluster, Items, People, TrainingData
from tastemaker.data.arrays import Float32Array, Int64Array
from tastemaker.data.top_k import best_items
from tastemaker.errors import SettingsError
from tastemaker.json_types import Json

API_VERSION = 1
"""The version of this contract. A plugin that names another one is not loaded."""

FAMILIES = ("popularity", "content", "collaborative", "hybrid")

TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
}
"""What a setting of each type is called."""

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """What a trained recommender is made of: named arrays and JSON values; never code.

    Attributes:
        arrays: dtypes f2 f4 f8 i1 u1 i4 i8 bool; every float finite.
        values: anything JSON can hold (NaN and infinity excluded).
    """

    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Json] = field(default_factory=dict)

    def renamed(self, names: Mapping[str, str]) -> State:
        """The same with arrays and values renamed, for a `restore` that knows former names.

        Args:
            names: from the former name to the present one; what it does not list keeps its name.
        """
        return State(
            {names.get(name, name): array for name, array in self.arrays.items()},
            {names.get(name, name): value for name, value in self.values.items()},
        )


class Progress(Protocol):
    """What long work reports its progress to."""

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Reports that `done` of `total` steps are over; `what` names the step."""


def no_progress(done: int, total: int, what: str = "") -> None:
    """A Progress that shows nothing."""


@dataclass(frozen=True)
class Settings:
    """The base of a recommender's settings: a frozen dataclass whose fields are `setting(…)`."""

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            check_setting(entry, getattr(self, entry.name))

    @classmethod
    def renamed(cls, values: Mapping[str, T]) -> dict[str, T]:
        """Values under the present names of the settings; what is no setting keeps its name.

        Where a value is given under the present name as well as a former one, the present one
        counts.
        """
        present = {
            former: entry.name
            for entry in dataclasses.fields(cls)
            for former in entry.metadata.get("formerly", ())
        }
        return {present.get(name, name): value for name, value in values.items()} | {
            name: value for name, value in values.items() if name not in present
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Settings as a `State` holds them among other values; the defaults for the rest.

        Raises:
            SettingsError: a value is of the wrong type or out of its bounds.
        """
        known = {entry.name for entry in dataclasses.fields(cls)}
        renamed = cls.renamed(values)
        return cls(**{name: renamed[name] for name in known.intersection(renamed)})


def setting(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: tuple[Any, ...] | None = None,
    formerly: tuple[str, ...] = (),
) -> Any:
    """One setting: a dataclass field that knows its bounds and its search space.

    Args:
        default: the value where none is given.
        help: one sentence on what it does.
        low: the least value allowed, and where a search starts.
        high: the largest value allowed, and where a search ends.
        log: whether a search should step by factors.
        choices: the values allowed, where they are few.
        formerly: names it had before; values stored under them are read as its own.
    """
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "log": log,
        "choices": choices,
        "formerly": formerly,
    }
    return field(default=default, metadata=metadata)


def check_setting(entry: dataclasses.Field[Any], value: Any) -> None:
    """Refuses a value of the wrong type or out of its bounds.

    Raises:
        SettingsError: it names the setting, the value and what is allowed.
    """
    bounds, kind = entry.metadata, type(entry.default)
    alike = (int, float) if kind is float else (kind,)
    if not isinstance(value, alike) or (kind is not bool and isinstance(value, bool)):
        wanted = TYPE_NAMES.get(kind, f"of type {kind.__name__}")
        raise SettingsError(f"Setting {entry.name} is {value!r}; it must be {wanted}.")
    choices = bounds.get("choices")
    if choices is not None and value not in choices:
        raise SettingsError(
            f"Setting {entry.name} is {value!r}; choose one of {', '.join(map(str, choices))}."
        )
    low, high = bounds.get("low"), bounds.get("high")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingsError(
            f"Setting {entry.name} is {value!r}; it must lie between {low} and {high}."
        )


class Recommender(ABC):
    """Scores every item for people, from what is known about them now.

    A subclass states `name` and `family`, and gives `fit`, `score`, `state` and `restore`.

    Attributes:
        name: unique, in kebab-case: "item-knn".
        family: "popularity", "content", "collaborative" or "hybrid".
        summary: what it is, in one line for `tastemaker plugins list`; the first line of the
            class's docstring where empty.
        former_names: names it had before: stored configurations and releases, and commands, that
            name one of them mean this recommender.
        because: why it recommends, in words for the person; `{items}` stands for what it names
            of their history. The family's own words where empty; see also `words`.
        settings_type: the dataclass of its settings.
        uses_features: whether `score` looks at `people.features`; they are only opened if so.
        retrieve_cost: how much dearer it is to `retrieve` than to follow a few links of a history:
            ten for a search of vectors. Training lets cheap recommenders name the candidates where
            these are good enough. One that scores the catalogue for it counts as a hundred.
        requires: modules that `fit` imports and an installation may lack. Without them it is not
            trained; what was trained elsewhere scores all the same.
        settings: the settings it was made with.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    summary: ClassVar[str] = ""
    former_names: ClassVar[tuple[str, ...]] = ()
    because: ClassVar[str] = ""
    settings_type: ClassVar[type[Settings]] = Settings
    uses_features: ClassVar[bool] = False
    retrieve_cost: ClassVar[float] = 1.0
    requires: ClassVar[tuple[str, ...]] = ()
    settings: Settings

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = self.settings_type() if settings is None else settings

    def memory(self, data: TrainingData) -> int:
        """The bytes that `fit` takes at most, besides the data; 0 where it is next to nothing.

        Called before `fit`: training declines what does not fit into its memory limit.
        """
        return 0

    @abstractmethod
    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns from `data`; the same data and seed give the same result."""

    def fit_from(self, data: TrainingData, progress: Progress, before: Self) -> Self:
        """Learns from `data` as `fit` does, and may start where another one has ended.

        With a method of its own a recommender learns in less time what is nearly as good; where
        `before` does not match it, it learns as in `fit`. By default it always does.

        Args:
            data: what to learn from.
            progress: see `fit`.
            before: fitted with the same settings on a part of the data, with the same items; it
                stays as it is.
        """
        return self.fit(data, progress)

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Learns the same as `fit`, but lets a cluster do the work that grows with interactions.

        Optional: `tastemaker train --on spark` fits a recommender without it in this process.

        Args:
            cluster: holds the interactions of `data`.
            data: as for `fit`.
            progress: what to report to.
        """
        return self.fit(data, progress)

    @abstractmethod
    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; higher is better, NaN where it cannot score.

        May be called from several threads at once, and changes nothing.
        """

    @abstractmethod
    def state(self) -> State:
        """Everything that `restore` needs to score alike."""

    @classmethod
    @abstractmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""

    def extend(self, items: Items) -> None:  # noqa: B027 (optional on purpose)
        """Takes in items added since training; from then on `score` has a column for each.

        Called on a shallow copy that is not yet serving, and again at each later addition: replace
        attributes, change none in place. Without this method the new items are not scored.
        """

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `score` gives some items of each person.

        By default all items are scored. With a method of its own a recommender costs as much as it
        scores, however large the catalogue is.

        Args:
            people: whom to score.
            items: (len(people), width) int64 indexes, a row for each person; an item may come
                twice.
        """
        return np.take_along_axis(self.score(people), items, axis=1)

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the items that `score` puts first, best first.

        The history's own items may be among them. -1 fills up the row of a person for whom it can
        score fewer. By default all items are scored. A method of its own may leave out items that
        share no evidence with the history, and may find nearly the best instead of the best.
        """
        return best_items(self.score(people), k)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) the part of the score of some items owed to each interaction.

        Row i belongs to interaction i of `people.histories.items`, and column c to the item in
        place c of that person's row of `items`; all zeros where the score has other reasons.

        Args:
            people: whose scores.
            items: (len(people), width) int64 indexes, a row for each person.
        """
        return np.zeros((len(people.histories.items), items.shape[1]), dtype=np.float32)

    def words(self, people: People, items: Int64Array) -> Sequence[Sequence[str]]:
        """Why, in other words than `because`: a text for each item of each person, or nothing."""
        return ()

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) float32: how alike every item is to this one; NaN where it does not know."""
        return np.full(0, np.nan, dtype=np.float32)
