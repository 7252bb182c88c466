"""What recommenders are fitted with on Spark: questions in SQL, and the factors of MLlib's ALS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Factors, TrainingData
from tastemaker.errors import InputError
from tastemaker.spark.session import is_local, spark_session
from tastemaker.spark.snapshot import write_snapshot

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

VIEW = "interactions"


class SparkCluster:
    """A `Cluster` on Spark; it holds the snapshot of one set of training data at a time.

    Args:
        session: Spark's.
        folder: where snapshots are written, and every executor can read them.

    Attributes:
        folder: as given.
    """

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self._session = session
        self.folder = folder
        self._count = 0
        self._taken: TrainingData | None = None

    def hold(self, data: TrainingData) -> None:
        """Makes these interactions the ones that queries are over."""
        if self._taken is not None and self._taken.people is data.people:
            return
        before, self._count = self._snapshot, self._count + 1
        write_snapshot(self._snapshot, data)
        self._session.read.parquet(self._snapshot.as_uri()).createOrReplaceTempView(VIEW)
        self._taken = data
        shutil.rmtree(before, ignore_errors=True)

    @property
    def _snapshot(self) -> Path:
        return self.folder / f"snapshot-{self._count}"

    def select(self, query: str) -> Mapping[str, npt.NDArray[Any]]:
        """The columns of what a query selects from `interactions`; see `Cluster`."""
        table = self._session.sql(query).toArrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}

    def factorize(
        self,
        ratings: str,
        *,
        factors: int,
        epochs: int,
        alpha: float,
        regularization: float,
        seed: int,
    ) -> Factors:
        """The items' factors by MLlib's ALS for implicit feedback; see `Cluster`."""
        from pyspark.ml.recommendation import ALS

        als = ALS(
            rank=factors,
            maxIter=epochs,
            regParam=regularization,
            implicitPrefs=True,
            alpha=alpha,
            userCol="person",
            itemCol="item",
            ratingCol="rating",
            seed=seed,
        )
        table = als.fit(self._session.sql(ratings)).itemFactors.toArrow()
        vectors = table.column("features").combine_chunks().flatten().to_numpy()
        items = table.column("id").to_numpy().astype(np.int64)
        return Factors(items, vectors.reshape(len(items), -1).astype(np.float32))


@contextmanager
def open_cluster(
    master: str | None, folder: str | Path | None, memory: int
) -> Iterator[SparkCluster]:
    """A cluster for a training run; snapshots are gone at the end, and Spark if it was begun here.

    Args:
        master: where Spark runs; as its own configuration says where not given.
        folder: where executors can read; a temporary one where not given.
        memory: bytes that Spark may take where it works on this machine.

    Raises:
        InputError: Spark or Java is missing, or executors elsewhere could not read the snapshot.
    """
    if folder is None and not is_local(master):
        raise InputError(
            f"Executors of {master} cannot read this machine's temporary files. Name a folder that "
            "they share with --snapshot-directory."
        )
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"There is no folder {str(folder)!r} for snapshots. Create it first.")
    with (
        tempfile.TemporaryDirectory(prefix="tastemaker-", dir=folder) as own,
        spark_session(master, memory) as session,
    ):
        yield SparkCluster(session, Path(own).resolve())
