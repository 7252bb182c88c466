"""Whether everything that serving needs is there: the database, its schema, its key, a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeAlias

from tastemaker.errors import (
    KeyProblem,
    MissingKeyError,
    SchemaError,
    StoreError,
    TastemakerError,
)
from tastemaker.json_types import Json
from tastemaker.plugin.guard import describe
from tastemaker.serving.server import Server
from tastemaker.serving.state import ServingState
from tastemaker.store import releases
from tastemaker.store.sql import migrate
from tastemaker.store.store import Store
from tastemaker.validation import as_iso

KeyState: TypeAlias = Literal["right", "missing", "wrong", "none yet", "not known"]
"""Whether the key opens the database; "none yet" where the database has no keys."""


@dataclass(frozen=True)
class Health:
    """How an engine and its database are at this moment.

    Attributes:
        database: its URL as it may be shown.
        reachable: whether it can be read; None where that was not tried, for want of a key.
        schema: the revision of its schema; None where there is none, or that is not known.
        schema_needed: the revision that this version of the engine needs.
        key: "right", "missing", "wrong", "none yet" (the database has no keys) or "not known".
        release: the number of the release that serves; None where popularity does.
        trained_at: when the data of that release was read, ISO 8601 in UTC.
        release_age: the same as seconds ago.
        out_of_service: the recommenders and re-rankers that should serve and do not, or not as they
            should, and why, by name. Those that are switched off are not among them.
        problems: everything that is wrong, in sentences; empty where all is well.
    """

    database: str
    reachable: bool | None = None
    schema: str | None = None
    schema_needed: str = migrate.HEAD_REVISION
    key: KeyState = "not known"
    release: int | None = None
    trained_at: str | None = None
    release_age: float | None = None
    out_of_service: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong. A database in which nothing was ever trained is healthy."""
        return not self.problems

    def as_dict(self) -> dict[str, Json]:
        """Everything by the names of its fields, as `json.dumps` takes it."""
        return {
            "healthy": self.healthy,
            "database": self.database,
            "reachable": self.reachable,
            "schema": self.schema,
            "schema_needed": self.schema_needed,
            "key": self.key,
            "release": self.release,
            "trained_at": self.trained_at,
            "release_age": self.release_age,
            "out_of_service": dict(self.out_of_service),
            "problems": list(self.problems),
        }

    def but(self, *problems: str) -> Health:
        """The same with more problems."""
        return replace(self, problems=tuple(dict.fromkeys((*self.problems, *problems))))


def health_unopened(database: str, error: TastemakerError) -> Health:
    """The health of a database that could not even be opened, by what was raised."""
    health = Health(database)
    if isinstance(error, MissingKeyError):
        health = replace(health, key="missing")
    elif isinstance(error, KeyProblem):
        health = replace(health, reachable=True, key="wrong")
    elif isinstance(error, StoreError | SchemaError):
        health = replace(health, reachable=False)
    return health.but(str(error))


def health_of(store: Store, serving: Callable[[], Server]) -> Health:
    """How a database is, and what serves from it. Nothing is raised: what fails is a problem.

    Args:
        store: the database, opened.
        serving: gives what responds to requests.
    """
    health = Health(store.name)
    for look in (_with_schema, _with_key, partial(_with_release, serving=serving)):
        health, ends = _looked(health, store, look)
        if ends:
            break
    return health


def _looked(
    health: Health, store: Store, look: Callable[[Health, Store], Health]
) -> tuple[Health, bool]:
    """What one more look finds, and whether nothing can be seen behind it."""
    try:
        found = look(health, store)
    except StoreError as error:
        return replace(health, reachable=False).but(str(error)), True
    except TastemakerError as error:
        return health.but(str(error)), True
    except Exception as error:  # a foreign text may hold values
        return health.but(f"The look failed: {describe(error, quote=())}."), True
    return found, bool(found.problems)


def _with_schema(health: Health, store: Store) -> Health:
    with store.database.reading("checking health") as connection:
        revision = migrate.current_revision(connection)
        found = replace(health, reachable=True, schema=revision)
        try:
            migrate.require_schema(connection)
        except TastemakerError as error:
            return found.but(str(error))
    return found


def _with_key(health: Health, store: Store) -> Health:
    try:
        return replace(health, key="right") if store.keyring else health
    except KeyProblem as error:
        return replace(health, key="wrong").but(str(error))
    except TastemakerError as error:
        return replace(health, key="none yet").but(str(error))


def _with_release(health: Health, store: Store, serving: Callable[[], Server]) -> Health:
    server = serving()
    with store.reading("checking health") as connection:
        state = server.state(connection)
        rows = {row.number: row for row in releases.list_releases(connection)}
    out = out_of_service(state)
    found = replace(health, release=state.release, out_of_service=out)
    if state.release in rows:
        trained_at = rows[state.release].trained_at
        age = round(time.time() - trained_at / 1e6, 1)
        found = replace(found, trained_at=str(as_iso(trained_at)), release_age=age)
    failing = [f"{name} {why}" for name, why in out.items()]
    return found.but(*state.problems, *failing)


def out_of_service(state: ServingState) -> dict[str, str]:
    """The members and re-rankers that do not serve, or not as they should, and why, by name."""
    out = dict(state.missing)
    problems = {one.name: one.problem for one in state.members}
    problems |= {one.name: one.problem for one in state.reranking.rerankers}
    for name, problem in problems.items():
        if problem:
            out[name] = f"is skipped for a while, because it kept failing: {problem}"
    return out
