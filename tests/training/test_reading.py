"""Releases that other versions of Tastemaker wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.errors import NewerReleaseError, ReleaseError
from tastemaker.store import meta, releases
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.releases import StoredModel
from tastemaker.store.sql.database import Database

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def engine(sqlite_database: Database, key: Key) -> Iterator[Tastemaker]:
    """A shop with one release, which is active."""
    with Tastemaker(sqlite_database, key=key) as engine:
        engine.upgrade()
        with sqlite_database.writing() as connection:
            for person in range(12):
                for item in range(6):
                    at = 1e9 + 86_400 * item + person
                    name = f"item-{(person + item) % 8}"
                    engine.record(f"person-{person}", name, at=at, connection=connection)
        engine.train(only=["popular"])
        yield engine


def write_again(database: Database, key: Key, change: Change) -> int:
    """Stores release 1 once more with another manifest, and makes it the active one."""
    with database.writing() as connection:
        ring = open_keyring(connection, key)
        manifest = releases.read_manifest(connection, ring, 1)
        change(manifest)
        found = [
            (name, releases.read_model(connection, ring, 1, name))
            for name in (releases.CATALOGUE, "popular")
        ]
        models = [StoredModel(name, "test", "1", own.arrays, own.values) for name, own in found]
        number = releases.save_release(connection, ring, manifest, models, 1_700_000_000_000_000)
        signature = ring.sign(releases.ACTIVE, str(number).encode())
        meta.put(connection, releases.ACTIVE, f"{number}:{signature.hex()}")
    return number


def test_a_release_of_before_formats_serves_and_is_read(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    def as_before(manifest: dict[str, Any]) -> None:
        del manifest["format"]
        manifest["quality"] = manifest.pop("findings")

    number = write_again(sqlite_database, key, as_before)
    assert engine.recommend("person-0").details.release == number
    assert engine.release().number == number
    assert engine.release().findings == engine.release(1).findings
    assert [one.state for one in engine.releases()] == ["active", "kept"]


def test_a_release_with_unknown_keys_serves_and_is_read(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    def with_more(manifest: dict[str, Any]) -> None:
        for part in (manifest, manifest["curve"], *manifest["members"]):
            part["unknown"] = {"to": "us"}

    number = write_again(sqlite_database, key, with_more)
    assert engine.recommend("person-0").details.release == number
    assert engine.release().members == engine.release(1).members
    assert [one.state for one in engine.releases()] == ["active", "kept"]


STEPS = {"members": [0], "borders": [0.5], "values": [3.0], "shortest": 0}


def test_step_functions_of_a_release_serve_and_are_part_of_the_explanation(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    def with_steps(manifest: dict[str, Any]) -> None:
        manifest["curve"]["steps"] = STEPS
        manifest["steps"] = {"gains": [0.05, 0.04, 0.03], "refusal": ""}

    number = write_again(sqlite_database, key, with_steps)
    answer = engine.recommend("person-0", explain=True)
    assert answer.details.release == number
    # two items are left: their calibrated scores are 1 and -1, and the step is at 0.5
    assert [one.score for one in answer] == pytest.approx([1 + 3, -1])
    for one in answer:
        assert one.contributions == {"popular": pytest.approx(one.score, abs=1e-6)}
    sentence = engine.release().step_sentence
    assert "of popular (1 steps)" in sentence
    assert "+5.0% / +4.0% / +3.0%" in sentence


def test_a_release_from_before_step_functions_serves_and_says_nothing_of_them(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    def as_before(manifest: dict[str, Any]) -> None:
        del manifest["steps"], manifest["curve"]["steps"]

    number = write_again(sqlite_database, key, as_before)
    assert engine.recommend("person-0").details.release == number
    assert engine.release().step_sentence == ""


@pytest.mark.parametrize("change", [{"members": [1]}, {"borders": [None]}, {"values": [1e9]}])
def test_with_damaged_step_functions_a_release_gives_way_to_the_one_before(
    engine: Tastemaker, sqlite_database: Database, key: Key, change: dict[str, Any]
) -> None:
    def damaged(manifest: dict[str, Any]) -> None:
        manifest["curve"]["steps"] = STEPS | change

    number = write_again(sqlite_database, key, damaged)
    with pytest.raises(ReleaseError, match="Train again"):
        engine.release()
    details = engine.recommend("person-0").details
    assert details.release == 1
    assert f"Release {number} cannot serve" in str(details.problems)


def test_a_release_in_a_newer_format_is_refused_and_the_one_before_serves(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    number = write_again(sqlite_database, key, lambda manifest: manifest.update(format=3))
    with pytest.raises(NewerReleaseError, match=r"in format 3; .* Upgrade Tastemaker"):
        engine.release()
    with pytest.raises(NewerReleaseError, match="Upgrade Tastemaker"):
        engine.activate(number)
    listed = engine.releases()[0]
    assert (listed.number, listed.state) == (number, "newer")
    assert "Upgrade Tastemaker" in listed.problem
    details = engine.recommend("person-0").details
    assert details.release == 1
    assert "Upgrade Tastemaker" in str(details.problems)


@pytest.mark.parametrize("written", ["2", -1, True, None])
def test_a_format_that_is_no_number_is_refused(
    engine: Tastemaker, sqlite_database: Database, key: Key, written: object
) -> None:
    number = write_again(sqlite_database, key, lambda manifest: manifest.update(format=written))
    with pytest.raises(ReleaseError, match=f"Release {number} has the format"):
        engine.release()
    assert engine.releases()[0].state == "damaged"
