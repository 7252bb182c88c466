"""The contract every recommender keeps, the engine's own and any other alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from tastemaker.data import Cluster, Items, People, TrainingData
from tastemaker.data.arrays import Float32Array, Int64Array
from tastemaker.data.top_k import best_items
from tastemaker.json_types import Json
from tastemaker.settings import Settings

API_VERSION = 1
"""The version of this contract. A plugin that names another one is not loaded."""

FAMILIES = ("popularity", "content", "collaborative", "hybrid")


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
        uses_features: whether `score` looks at `people.features`; nobody else is given any.
        uses_dislikes: whether its scores of a person depend on interactions of negative weight in
            the history. Those of one that does not are the same as if there were none.
        private: whether what it learns is differentially private. Its noise comes from the system
            and not from the seed, so that the same data and seed give another result each time.
        on_request: why it is trained only where it is named, was switched on, or has stored
            settings, in a few words; empty where training takes it along by itself. Private ones
            are on request in any case.
        retrieve_cost: how much dearer it is to `retrieve` than to follow a few links of a history:
            ten for a search of vectors. Training lets cheap recommenders name the candidates where
            these are good enough. One that scores the catalogue for it counts as a hundred.
        alternatives: settings that suit some data much better than the defaults do. Training tries
            them on the latest fold, and takes those that surely rank better there; so name the one
            or two that matter most.
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
    uses_dislikes: ClassVar[bool] = False
    private: ClassVar[bool] = False
    on_request: ClassVar[str] = ""
    retrieve_cost: ClassVar[float] = 1.0
    alternatives: ClassVar[Sequence[Mapping[str, bool | int | float | str]]] = ()
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
        """Learns from `data`; the same data and seed give the same result, unless it is private."""

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

    def item_vectors(self, items: Int64Array) -> Float32Array | None:
        """(n, size) float32, finite: a vector for each of some items; None where it has none.

        The cosine of two vectors tells how alike the items are: that is what lists are made
        diverse by. A vector of zeros stands for an item that it does not know.

        Args:
            items: (n,) int64 indexes; an item may come twice.
        """
        return None

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) float32: how alike every item is to this one; NaN where it does not know."""
        return np.full(0, np.nan, dtype=np.float32)
