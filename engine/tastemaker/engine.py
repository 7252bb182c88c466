"""`Tastemaker`: the one object an application embeds. It joins the rooms and holds no logic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from tastemaker.errors import SchemaError
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.progress import reporting
from tastemaker.recommender import Progress, Recommender, no_progress
from tastemaker.repository import Repository
from tastemaker.serving.answers import Answer, Recommendation
from tastemaker.serving.catalogue import Where
from tastemaker.serving.people import PastInteraction, read_past
from tastemaker.serving.recommending import answers, answers_in_turn, similar
from tastemaker.serving.request_batch import RequestBatch, read_request_batch
from tastemaker.serving.server import Server, Serving
from tastemaker.store import releases
from tastemaker.store.configuration import check_share, read_configuration, write_configuration
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import batches
from tastemaker.store.store import Store
from tastemaker.training.data_quality import Finding, ignore_findings
from tastemaker.training.reading import ReleaseSummary, last_problems, read_release, read_releases
from tastemaker.training.report import Release
from tastemaker.validation import Json, check_count, check_id, check_several

if TYPE_CHECKING:
    from tastemaker.evaluation.report import Report
    from tastemaker.tuning.report import TunedRecommender

BATCH = 500
"""How many people are read at once: while they are ranked, the next are read."""


class Tastemaker(Repository):
    """A recommender engine over one SQL database. Threads may share it.

    Args:
        database: an SQLAlchemy URL, the application's own Engine, or a Database.
        key: what opens the sealed values: the text that `tastemaker init` writes, or a KeySource;
            from TASTEMAKER_KEY, TASTEMAKER_KEY_FILE, TASTEMAKER_KEY_COMMAND or ./tastemaker.key
            where not given.
        plugins: recommender classes, or objects with hook implementations, besides those that
            installed distributions bring.
        exploration: the share of places, after the first three, that goes to items which few
            people know yet; the configuration's (`set_exploration`) where not given.

    Opening writes nothing.

    Raises:
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
        StoreError: the database cannot be reached.
    """

    def __init__(
        self,
        database: str | Engine | Database,
        *,
        key: KeySource | str | None = None,
        plugins: Sequence[type[Recommender] | object] = (),
        exploration: float | None = None,
    ) -> None:
        self._exploration = None if exploration is None else check_share(exploration)
        self._plugins = tuple(plugins)
        self._server: Server | None = None
        super().__init__(database, key)

    # Training and releases

    def train(
        self,
        *,
        only: Sequence[str] = (),
        seed: int = 0,
        activate: bool = True,
        memory_limit: int | str | None = None,
        time_limit: float | str | None = None,
        hold_out: str | None = None,
        announce: Callable[[Sequence[Finding]], object] | None = None,
        progress: Progress | bool = no_progress,
    ) -> Release:
        """Trains every enabled recommender, learns the blend, and activates the release.

        Args:
            only: names of recommenders; all that are enabled where empty.
            seed: where everything random starts from.
            activate: whether the release should answer, if it measures well enough.
            memory_limit: bytes, or "8G", that one recommender may take to train; 4 GiB or 60 % of
                what the machine has left where not given. Who needs more is declined.
            time_limit: seconds, or "15m" (the default), for all of it; what there is no time for
                is left out.
            hold_out: what the blend learns to foretell: "time", the future; "last", each person's
                next interaction; "random", interactions drawn at random. By time where times are
                known, and at random otherwise, if not given.
            announce: told what is odd about the data, before anything is trained; the release
                tells it too.
            progress: told how far it is; True for a bar on standard error.

        Raises:
            TrainingError: nothing to learn from, or no recommender could be trained.
            InputError: a limit cannot be read, or there is no such hold-out.
            NotFoundError: `only` names a recommender that is not there.
        """
        from tastemaker.training.limits import limits  # who only serves need not load it
        from tastemaker.training.train import train

        check_several(only, "only")
        most = limits(memory_limit, time_limit)
        with reporting(progress) as report:
            return train(
                self._store(),
                self._plugins,
                only=only,
                seed=seed,
                activate=activate,
                limits=most,
                hold_out=hold_out,
                announce=announce or ignore_findings,
                progress=report,
            )

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

        Settings are compared by NDCG at 10, the mean over several cuts of time of which none sees
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
            progress: told how far it is; True for a bar on standard error.

        Raises:
            InputError: Optuna is not installed, or an argument is refused.
            TrainingError: there is too little data.
            NotFoundError: there is no recommender of one of the names.
        """
        from tastemaker.training.limits import limits  # who only serves need not load it
        from tastemaker.tuning.tune import apply_settings, tune

        check_several(names, "names")
        store, most = self._store(), limits(memory_limit, time_limit)
        with reporting(progress) as report:
            results = tune(
                store,
                self._plugins,
                names=names,
                limits=most,
                study=study,
                hold_out=hold_out,
                seed=seed,
                progress=report,
            )
        if apply:
            apply_settings(store, results)
        return results

    def evaluate(
        self,
        split: str | None = None,
        *,
        cutoffs: Sequence[int] = (10, 20),
        only: Sequence[str] = (),
        seed: int = 0,
        people: int = 5000,
        progress: Progress | bool = no_progress,
    ) -> Report:
        """Measures what training would make of the data: the blend, and each member alone.

        Trains in memory on the known part of a split, and answers as an application would be
        answered. Nothing is written, and what serves goes on serving.

        Args:
            split: "time", "last", "people", "cold-people", "cold-items" or "random"; by time where
                times are known, and at random otherwise, if not given.
            cutoffs: how long the measured lists are.
            only: names of recommenders; all that are enabled where empty.
            seed: where everything random starts from.
            people: at most so many are asked.
            progress: told how far it is; True for a bar on standard error.

        Raises:
            InputError: no split has that name, or a cutoff or a number is refused.
            EvaluationError: there is too little data for the split.
            TrainingError: no recommender could be trained.
            NotFoundError: `only` names a recommender that is not there.
        """
        from tastemaker.evaluation.evaluate import evaluate  # who only serves need not load it

        check_several(only, "only")
        with reporting(progress) as report:
            return evaluate(
                self._store(),
                self._plugins,
                split=split,
                cutoffs=cutoffs,
                only=only,
                seed=seed,
                people=people,
                exploration=self._exploration,
                progress=report,
            )

    def releases(self) -> list[ReleaseSummary]:
        """All releases that are kept, the newest first, damaged ones named as such."""
        with self._reading("listing releases") as connection:
            return read_releases(connection, self._keyring)

    def release(self, number: int | None = None) -> Release:
        """A release with its measures and its weight curve; the active one where none is named.

        Raises:
            NotFoundError: there is no such release, or none is active.
            TamperedError: it was changed.
        """
        with self._reading("reading a release") as connection:
            return read_release(connection, self._keyring, number)

    def activate(self, number: int) -> None:
        """Lets a release answer from now on, in every process that has the database open.

        Raises:
            NotFoundError: there is no such release.
            ReleaseError, TamperedError: it is damaged; the one that was active stays so.
        """
        with self._writing("activating a release") as connection:
            releases.activate(connection, self._keyring, number)

    # Recommending

    def recommend(
        self, user_id: str, k: int = 10, where: Where | None = None, explain: bool = False
    ) -> Answer:
        """The best items for a user, from what is known about the person at this moment.

        Somebody nobody has heard of is answered as a newcomer.

        Args:
            user_id: the application's id of the user.
            k: how many, unless fewer may be shown: what the person has had to do with already,
                and what is not available, is left out.
            where: only items with these attributes: {"country": "France"}, or a list of values
                of which an item must have one.
            explain: whether each recommendation says why.

        Raises:
            InputError: the id, `k` or `where` is refused.
        """
        check_count(k)
        return answers(self._asking([user_id]), k, where, explain)[0]

    def recommend_many(
        self, user_ids: Iterable[str], k: int = 10, where: Where | None = None
    ) -> dict[str, Answer]:
        """The same for many users at once, much faster than one by one."""
        check_count(k)
        asked = list(batches(dict.fromkeys(check_several(user_ids, "user_ids")), BATCH))
        answered = answers_in_turn(map(self._asking, asked), k, where)
        return {
            user_id: answer
            for batch, own in zip(asked, answered, strict=True)
            for user_id, answer in zip(batch, own, strict=True)
        }

    def similar(self, item_id: str, k: int = 10) -> list[Recommendation]:
        """The available items most like one item; none where nothing that serves can tell.

        Raises:
            NotFoundError: there is no such item.
        """
        check_count(k)
        with self._reading("recommending") as connection:
            serving = self._serving(connection)
        return similar(serving, check_id(item_id, "item_id"), k)

    def _asking(self, user_ids: Sequence[str]) -> RequestBatch:
        """What serves now, and the users as it sees them."""
        ring = self._keyring
        refs = [ring.ref(check_id(user_id, "user_id")) for user_id in user_ids]
        with self._reading("recommending") as connection:
            return read_request_batch(connection, ring, self._serving(connection), refs)

    # People

    def history(self, user_id: str, newest: int = 10) -> list[PastInteraction]:
        """A user's newest interactions, the newest first."""
        ref = self._keyring.ref(check_id(user_id, "user_id"))
        with self._reading("reading a history") as connection:
            return read_past(connection, self._serving(connection), ref, newest)

    # Recommenders

    def plugins(self) -> list[Plugin]:
        """Every recommender found, its state, and what is wrong with it if anything is.

        What went wrong with an enabled one in the last training is told too.
        """
        with self._reading("reading the configuration") as connection:
            configuration = read_configuration(connection)
            failed = last_problems(connection, self._ring) if self._ring else {}
        found = Registry(self._plugins, configuration.disabled).plugins
        return [
            one.configured(configuration.settings.get(one.name, {})).trained(failed.get(one.name))
            for one in found
        ]

    def configure(
        self, name: str, enabled: bool | None = None, settings: Mapping[str, Json] | None = None
    ) -> None:
        """Switches a recommender on or off, or changes its settings for the next training.

        Raises:
            NotFoundError: no recommender has that name.
            SettingsError: a setting is unknown or out of its bounds.
        """
        with self._writing("changing the configuration") as connection:
            configuration = read_configuration(connection)
            if settings:
                configuration = configuration.adjusted(name, settings)
            Registry(self._plugins).check(name, configuration.settings.get(name, {}))
            if enabled is not None:
                configuration = configuration.switched(name, enabled)
            write_configuration(connection, configuration)

    @property
    def exploration(self) -> float:
        """The share of places, after the first three, that goes to items few people know yet."""
        if self._exploration is not None:
            return self._exploration
        with self._reading("reading the configuration") as connection:
            return read_configuration(connection).exploration

    def set_exploration(self, share: float) -> None:
        """Sets the exploration share in every process that has the database open.

        An engine that was opened with a share of its own keeps that.

        Args:
            share: from 0 (none) to 1; 0.02 until it is set.

        Raises:
            InputError: it is not a share.
        """
        with self._writing("changing the configuration") as connection:
            write_configuration(connection, read_configuration(connection).exploring(share))

    # Behind the scenes

    def _store(self) -> Store:
        return Store(self._database, self._key)

    def _use(self, ring: Keyring) -> None:
        super()._use(ring)
        self._server = Server(ring, self._plugins, self._exploration)

    def _serving(self, connection: Connection) -> Serving:
        if self._server is None:
            raise SchemaError("The database has no schema yet: call upgrade().")
        return self._server.current(connection)
