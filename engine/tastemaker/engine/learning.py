"""Training, tuning, evaluating, and the releases that come of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tastemaker.progress import reporting
from tastemaker.recommender import Progress, no_progress
from tastemaker.store import releases
from tastemaker.store.store import Store
from tastemaker.validation import check_several

if TYPE_CHECKING:
    from tastemaker.evaluation.report import Report
    from tastemaker.serving.server import Server
    from tastemaker.training.data_quality import Finding
    from tastemaker.training.reading import ReleaseSummary
    from tastemaker.training.report import Release
    from tastemaker.tuning.report import TunedRecommender

_logger = logging.getLogger("tastemaker.training")

# What trains and measures is imported where it is called: who only serves need not load it.


class Learning:
    """The methods of `Tastemaker` that train and measure."""

    _store: Store
    _plugins: tuple[object, ...]
    _exploration: float | None
    _server: Server | None

    def train(
        self,
        *,
        only: Sequence[str] = (),
        seed: int = 0,
        activate: bool = True,
        memory_limit: int | str | None = None,
        time_limit: float | str | None = None,
        release_size: int | str | None = None,
        serving_memory: int | str | None = None,
        hold_out: str | None = None,
        quick: bool = False,
        on: str | None = None,
        snapshot_directory: str | Path | None = None,
        announce: Callable[[Sequence[Finding]], object] | None = None,
        progress: Progress | bool = no_progress,
    ) -> Release:
        """Trains every enabled recommender, learns the blend, and activates the release.

        Args:
            only: names of recommenders; all that are enabled where empty.
            seed: where everything random starts from.
            activate: whether the release should serve, if it measures well enough.
            memory_limit: bytes, or "8G", that one recommender may take to train; 4 GiB or 60 % of
                what the machine has left where not given. One that needs more is declined.
            time_limit: seconds, or "15m" (the default), for all of it; what there is no time for
                is left out.
            release_size: bytes, or "200M", for the models of the release; recommenders that give
                least weight for their bytes are left out until the others fit.
            serving_memory: the same for what each process that serves holds of them in memory.
            hold_out: what the blend learns to predict: "time", the future; "last", each person's
                next interaction; "random", interactions drawn at random. By time where times are
                known, and at random otherwise, if not given.
            quick: whether only those recommenders take part that give most for their cost: none
                that needs extra modules to train, and of the others those that proved themselves
                in the last release that was trained in full. A note says what the rest would have
                added, as far as it is known.
            on: "spark" or "spark=MASTER": recommenders that can are fitted there, the others in
                this process; all of them in this process where not given.
            snapshot_directory: a folder that Spark's executors can read; a temporary one of this
                machine where not given. What is written there names nobody, and is removed.
            announce: called with what is odd about the data, before anything is trained; the
                release holds it too.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            TrainingError: nothing to learn from, or no recommender could be trained.
            InputError: a limit cannot be read, there is no such hold-out or place, or what Spark
                needs is not installed.
            NotFoundError: `only` names a recommender that is not there.
        """
        from tastemaker.training.data_quality import ignore_findings
        from tastemaker.training.limits import limits
        from tastemaker.training.outcome import logged
        from tastemaker.training.train import spark_place, train

        check_several(only, "only")
        most = limits(memory_limit, time_limit, release_size, serving_memory)
        with reporting(progress) as report:
            run = partial(
                train,
                self._store,
                self._plugins,
                only=only,
                seed=seed,
                activate=activate,
                limits=most,
                hold_out=hold_out,
                quick=quick,
                place=spark_place(on, snapshot_directory),
                announce=announce or ignore_findings,
                progress=report,
            )
            release = logged(run)
        self._catch_up()
        return release

    def tune(
        self,
        names: Sequence[str] = (),
        *,
        time_limit: float | str = "10m",
        study: str | None = None,
        hold_out: str | None = None,
        memory_limit: int | str | None = None,
        seed: int = 0,
        apply: bool = True,
        progress: Progress | bool = no_progress,
    ) -> list[TunedRecommender]:
        """Searches recommenders' settings on held-out data; `train` uses those that are better.

        Settings are compared by NDCG at 10, the mean over several folds of time of which none sees
        the newest tenth of all interactions.

        Args:
            names: which recommenders; all that are enabled where empty.
            time_limit: seconds, or text such as "30m", for all of them together.
            study: the URL of an SQL database of its own that keeps what was tried, so that the next
                run goes on with it; kept nowhere where not given.
            hold_out: as for `train`.
            memory_limit: as for `train`.
            seed: where everything random starts from.
            apply: whether better settings are written to the configuration.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: Optuna is not installed, or an argument is refused.
            TrainingError: there is too little data.
            NotFoundError: there is no recommender of one of the names.
        """
        from tastemaker.training.limits import limits
        from tastemaker.tuning.tune import apply_settings, tune

        check_several(names, "names")
        most = limits(memory_limit, time_limit)
        with reporting(progress) as report:
            results = tune(
                self._store,
                self._plugins,
                names=names,
                limits=most,
                study=study,
                hold_out=hold_out,
                seed=seed,
                progress=report,
            )
        if apply:
            apply_settings(self._store, results)
        return results

    def evaluate(
        self,
        split: str | None = None,
        *,
        seen: str = "exclude",
        cutoffs: Sequence[int] = (10, 20),
        only: Sequence[str] = (),
        seed: int = 0,
        people: int = 5000,
        exact: bool = False,
        time_limit: float | str | None = None,
        progress: Progress | bool = no_progress,
    ) -> Report:
        """Measures what training would make of the data: the blend, and each member alone.

        Trains in memory on the known part of a split, and recommends as an application would be
        served. Nothing is written, and what serves goes on serving.

        Args:
            split: "time", "last", "people", "cold-people", "cold-items" or "random"; by time where
                times are known, and at random otherwise, if not given.
            seen: "exclude", or "include": what people had chosen before may be in lists and among
                what is relevant, and accuracy is measured for it and for new items apart too.
            cutoffs: how long the measured lists are.
            only: names of recommenders; all that are enabled where empty.
            seed: where everything random starts from.
            people: at most so many people are evaluated.
            exact: whether every item is scored, instead of the candidates that would be served.
            time_limit: seconds, or "15m" (the default), for all of it, of which training may take
                70 %; what there is no time for is left out, but for the blend. It is looked at
                between pieces of work: one fit, or one member's lists, may exceed it.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: no split has that name, or `seen`, a cutoff or a number is refused.
            EvaluationError: there is too little data for the split.
            TrainingError: no recommender could be trained.
            NotFoundError: `only` names a recommender that is not there.
        """
        from tastemaker.evaluation.evaluate import evaluate
        from tastemaker.training.limits import DEFAULT, Limits, seconds_of

        check_several(only, "only")
        most = DEFAULT if time_limit is None else Limits(seconds=seconds_of(time_limit))
        with reporting(progress) as report:
            return evaluate(
                self._store,
                self._plugins,
                split=split,
                seen=seen,
                cutoffs=cutoffs,
                only=only,
                seed=seed,
                people=people,
                exact=exact,
                exploration=self._exploration,
                limits=most,
                progress=report,
            )

    def releases(self) -> list[ReleaseSummary]:
        """All releases that are kept, the newest first, damaged ones named as such."""
        from tastemaker.training.reading import read_releases

        with self._store.reading("listing releases") as connection:
            return read_releases(connection, self._store.keyring)

    def release(self, number: int | None = None) -> Release:
        """A release with its measures and its weight curve; the active one where none is named.

        Raises:
            NotFoundError: there is no such release, or none is active.
            TamperedError: it was changed.
        """
        from tastemaker.training.reading import read_release

        with self._store.reading("reading a release") as connection:
            return read_release(connection, self._store.keyring, number)

    def activate(self, number: int) -> None:
        """Makes a release serve from now on, in every process that has the database open.

        Raises:
            NotFoundError: there is no such release.
            ReleaseError, TamperedError: it is damaged; the one that was active stays so.
        """
        with self._store.writing("activating a release") as connection:
            releases.activate(connection, self._store.keyring, number)
        _logger.info("Release %d was activated.", number)
        self._catch_up()

    def _catch_up(self) -> None:
        """Waits, if this engine serves already, until it serves the release that is active now.

        Whoever asks next gets an answer from that one; who asks meanwhile, from the one before.
        """
        if self._server is not None:
            self._server.catch_up()
