from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.training.data_quality import Finding
from tastemaker.training.report import Release

from .conftest import Absent, Huge
from .test_named_attributes import ByColumn


@pytest.fixture
def engine(sqlite_database: Database, key: Key) -> Iterator[Tastemaker]:
    """Twelve people who choose six items each, with recommenders that cannot be trained here."""
    database = sqlite_database
    with Tastemaker(database, key=key, plugins=[Absent, Huge]) as engine:
        engine.upgrade()
        for name in engine.plugins():
            if name.name not in ("popular", "absent", "huge"):
                engine.configure(name.name, enabled=False)
        with database.writing() as connection:
            for person, item in itertools.product(range(12), range(6)):
                at = 1e9 + 86_400 * item + person
                name_of = f"item-{(person + item) % 8}"
                engine.record(f"person-{person}", name_of, at=at, connection=connection)
        yield engine


def states(release: Release) -> dict[str, str]:
    return {member.name: member.state for member in release.members}


def test_what_cannot_be_trained_here_is_in_the_report_with_the_remedy(engine: Tastemaker) -> None:
    release = engine.train(memory_limit="1G")
    assert states(release) == {
        "absent": "unavailable",
        "popular": "serving",
        "huge": "declined",
        "blend": "serving",
    }
    remedy = "needs no_such_module: pip install no_such_module"
    assert f"Not trained here: absent ({remedy})." in release.notes
    assert engine.release().to_json() == release.to_json()
    plugin = next(plugin for plugin in engine.plugins() if plugin.name == "absent")
    assert (plugin.state, plugin.problem) == ("unavailable", remedy)


def test_where_recommenders_are_named_the_others_are_not_reported(engine: Tastemaker) -> None:
    release = engine.train(only=["popular"])
    assert list(states(release)) == ["popular", "blend"]
    assert release.notes == ()


def test_a_setting_that_names_no_attribute_is_told_in_the_release(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    with Tastemaker(sqlite_database, key=key, plugins=[ByColumn]) as shop:
        shop.configure("by-column", settings={"column": "colour"})
        release = shop.train(only=["by-column"])
        assert [note for note in release.notes if "'colour', which there is none of" in note]
        assert list(shop.release().notes) == list(release.notes)


def test_findings_are_announced_before_anything_is_trained(engine: Tastemaker) -> None:
    engine.record("person-0", "item-0", at=4e9)
    order: list[str] = []

    def announce(findings: object) -> None:
        assert isinstance(findings, tuple) and isinstance(findings[0], Finding)
        order.append("announced")

    def progress(done: int, total: int, what: str = "") -> None:
        order.append("progress")

    release = engine.train(only=["popular"], announce=announce, progress=progress)
    assert order[0] == "announced"
    assert [finding.done for finding in release.findings] == ["left out"]
    assert engine.release().findings == release.findings
    # what was left out is not lost
    assert engine.history("person-0", 1)[0].item_id == "item-0"
