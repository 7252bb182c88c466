"""Every recommender that comes with the engine keeps the contract; a new one is found by itself."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from tastemaker import Recommender
from tastemaker.plugin.registry import Registry
from tastemaker.testing import CONTRACT, Check, checkerboard, retrieved_share, scored, trained
from tastemaker.testing.process_state import process_kept
from tastemaker.testing.subject import Subject

SMALL = {
    "epochs": 1,
    "embedding_size": 8,
    "word_embedding_size": 8,
    "hidden_size": 8,
    "filters": 8,
    "n_clusters": 4,
    "n_negatives": 16,
    "max_words": 100,
    "text_length": 4,
    "min_people": 2,
}
"""Settings under which networks train quickly, and few people are enough."""


def small(kind: type[Recommender]) -> type[Recommender]:
    """The recommender; with small settings if it trains a network or asks for many people."""
    if not kind.requires and not hasattr(kind.settings_type, "min_people"):
        return kind
    fields = [
        (
            field.name,
            field.type,
            dataclasses.field(default=SMALL[field.name], metadata=field.metadata),
        )
        for field in dataclasses.fields(kind.settings_type)
        if field.name in SMALL
    ]
    base = kind.settings_type
    settings = dataclasses.make_dataclass(base.__name__, fields, bases=(base,), frozen=True)
    attributes = {"settings_type": settings, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), attributes)


OWN = [
    small(plugin.recommender)
    for plugin in Registry().plugins
    if plugin.distribution == "tastemaker" and plugin.recommender is not None
]

UNPERSONAL = {"popular", "recent-popular", "new-items", "demographic-popularity"}
"""Those that score people without a history."""

NEIGHBOURHOOD = ("bpr", "ease", "item-knn", "rp3beta", "slim", "tfidf")


EXACT = (
    "cadence",
    "ease",
    "ease-trending",
    "item-knn",
    "new-items",
    "own-frequency",
    "popular",
    "recent-popular",
    "rp3beta",
    "slim",
    "slist",
    "transition",
    "transition-content",
)
"""Those with a `retrieve` of their own that finds all of the best."""


def named(*names: str) -> list[type[Recommender]]:
    return [kind for kind in OWN if kind.name in names]


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest) -> Subject:
    """A recommender of the engine: what it learnt is shared by the checks, as in the kit."""
    return Subject(request.param)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("subject", OWN, ids=lambda kind: kind.name, indirect=True)
def test_contract(subject: Subject, check: Check) -> None:
    with process_kept():
        check.judge(subject)


IMPORT_ALL = """
import importlib, pkgutil, sys
import tastemaker_plugins as plugins
for module in pkgutil.walk_packages(plugins.__path__, "tastemaker_plugins."):
    importlib.import_module(module.name)
print(*{"tensorflow", "keras", "scipy", "sqlalchemy"}.intersection(sys.modules))
"""


def test_importing_them_loads_neither_tensorflow_nor_scipy_nor_the_store() -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_every_entry_point_of_the_engine_works() -> None:
    own = [plugin for plugin in Registry().plugins if plugin.distribution == "tastemaker"]
    assert [plugin.name for plugin in own if plugin.recommender is None] == []
    assert len(OWN) == len({kind.name for kind in OWN}) >= 24


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.name)
def test_it_is_described_in_one_line(kind: type[Recommender]) -> None:
    assert 20 < len(Registry().find(kind.name).summary) <= 90
    assert kind.summary


@pytest.mark.parametrize("kind", named(*NEIGHBOURHOOD), ids=lambda kind: kind.name)
def test_even_people_are_offered_the_even_item_they_left_out(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    for person in range(len(data.people) - 1):
        left_out = person % data.n_items
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, left_out] > scores[person, others].max()


@pytest.mark.parametrize(
    "kind", [kind for kind in OWN if kind.name not in UNPERSONAL], ids=lambda kind: kind.name
)
def test_personal_recommenders_abstain_without_a_history(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    assert np.isnan(scores[-1]).all()


@pytest.mark.parametrize("kind", named("popular", "recent-popular"), ids=lambda kind: kind.name)
def test_popularity_scores_everybody_alike(kind: type[Recommender]) -> None:
    data = checkerboard()
    scores = scored(trained(kind, data), data.people)
    assert np.isfinite(scores).all()
    assert (scores == scores[0]).all()


@pytest.mark.parametrize("kind", named(*EXACT), ids=lambda kind: kind.name)
def test_what_is_retrieved_exactly_is_the_best_of_all(kind: type[Recommender]) -> None:
    data = checkerboard()
    assert kind.retrieve is not Recommender.retrieve
    for k in (1, 4, 10):
        assert retrieved_share(trained(kind, data), data.people, k) == 1.0
