"""The recommenders at hand, fitted on a cluster where they know how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Self

from tastemaker.data import TrainingData
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, Recommender
from tastemaker.spark.cluster import SparkCluster


class SparkRegistry(Registry):
    """A registry whose recommenders train on a cluster, those that can; the others train here.

    Args:
        plugins: see `Registry`.
        disabled: see `Registry`.
        cluster: where to train.
        isolated: see `Registry`; these train in their own processes.
    """

    def __init__(
        self,
        plugins: Iterable[object],
        disabled: Collection[str],
        cluster: SparkCluster,
        isolated: Collection[str] = (),
    ) -> None:
        super().__init__(plugins, disabled, isolated=isolated)
        self._cluster = cluster

    def create(self, name: str, overrides: Mapping[str, object] | None = None) -> Recommender:
        """A new recommender; see `Registry.create`."""
        made = super().create(name, overrides)
        return made if not can_train_there(type(made)) else fitted_there(made, self._cluster)


def can_train_there(kind: type[Recommender]) -> bool:
    """Whether a recommender has a way of its own to train on a cluster."""
    return kind.fit_on is not Recommender.fit_on


def fitted_there(made: Recommender, cluster: SparkCluster) -> Recommender:
    """The same recommender, but that its `fit` takes place on the cluster."""
    kind = type(made)

    class There(kind):  # type: ignore[misc, valid-type]
        """Scores, and is stored, as the class that it derives from."""

        def fit(self, data: TrainingData, progress: Progress) -> Self:
            """Fits on the cluster."""
            cluster.hold(data)
            self.fit_on(cluster, data, progress)
            return self

        def memory(self, data: TrainingData) -> int:
            """Next to nothing of this machine's."""
            return 0

    There.__name__ = kind.__name__
    return There(made.settings)
