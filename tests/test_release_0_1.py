"""A database of version 0.1, with the names of that version, serves as it did."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tastemaker import Answer, Key, SchemaError, Tastemaker
from tastemaker.cli import main
from tastemaker.plugin.registry import Registry

ASSETS = Path(__file__).parent / "assets"
STORED: dict[str, Any] = json.loads((ASSETS / "release-0.1.json").read_text())
NOW = {
    "peers": "demographic-popularity",
    "new-arrivals": "new-items",
    "trending": "ease-trending",
    "text-like": "text-lstm",
    "text-pair": "text-two-tower",
}
"""What the recommenders are called now that had another name."""


@pytest.fixture
def old_url(tmp_path: Path) -> str:
    """The URL of a copy of the database as it is."""
    file = tmp_path / "release.db"
    file.write_bytes(gzip.decompress((ASSETS / "release-0.1.db.gz").read_bytes()))
    return f"sqlite:///{file}"


@pytest.fixture
def url(old_url: str) -> str:
    """The URL of a copy of the database, with the schema of today."""
    with Tastemaker(old_url, key=STORED["key"]) as engine:
        engine.upgrade()
    return old_url


@pytest.fixture
def shop(url: str) -> Iterator[Tastemaker]:
    with Tastemaker(url, key=STORED["key"], exploration=0.0) as engine:
        yield engine


@pytest.fixture
def listed(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """The rows of `tastemaker plugins list`, by name."""
    monkeypatch.setenv("TASTEMAKER_KEY", STORED["key"])
    command = ["plugins", "list", "--format", "json", "--database", url]
    rows = json.loads(CliRunner().invoke(main, command).stdout)
    return {row["name"]: row for row in rows}


def check(shop: Tastemaker, user: str, expected: Sequence[Mapping[str, Any]]) -> Answer:
    """The same items, scores and contributions, by present names.

    Since then, what people dislike no longer makes older what they chose: their scores differ by a
    little.
    """
    answer = shop.recommend(user, k=6, explain=True)
    if any(past.kind == "dislike" for past in shop.history(user)):
        scores = {one["item"]: one["score"] for one in expected}
        shared = [one for one in answer if one.item_id in scores]
        assert len(shared) >= 5
        assert all(one.score == pytest.approx(scores[one.item_id], abs=0.05) for one in shared)
        return answer
    assert [one.item_id for one in answer] == [one["item"] for one in expected]
    for one, before in zip(answer, expected, strict=True):
        contributions = {NOW.get(name, name): v for name, v in before["contributions"].items()}
        assert one.score == pytest.approx(before["score"], abs=1e-5)
        assert one.contributions == pytest.approx(contributions, abs=1e-5)
    return answer


def test_with_its_own_schema_it_says_what_to_run(old_url: str) -> None:
    with Tastemaker(old_url, key=STORED["key"], exploration=0.0) as engine:
        for ask in (lambda: engine.recommend("p14"), engine.kinds, lambda: engine.record("p", "i")):
            with pytest.raises(SchemaError, match=r"revision 0001.*run `tastemaker db upgrade`"):
                ask()
        with Tastemaker(old_url, key=STORED["key"]) as other:
            other.upgrade()
        assert engine.recommend("p14")
        assert not any(kind.repeatable for kind in engine.kinds())


def test_it_recommends_as_it_did_with_what_is_switched_off(shop: Tastemaker) -> None:
    for user, expected in STORED["without_disabled"].items():
        check(shop, user, expected)


def test_it_recommends_as_it_did_with_everything_switched_on(shop: Tastemaker) -> None:
    for name in STORED["disabled"]:
        shop.configure(name, enabled=True)
    for user, expected in STORED["everything"].items():
        answer = check(shop, user, expected)
        assert not answer.details.problems
        assert set(answer.details.weights) == {NOW.get(name, name) for name in STORED["members"]}


def test_items_are_as_alike_as_they_were(shop: Tastemaker) -> None:
    for name in STORED["disabled"]:
        shop.configure(name, enabled=True)
    for item, expected in STORED["similar"].items():
        found = shop.similar(item, k=5)
        assert [one.item_id for one in found] == [one["item"] for one in expected]
        assert [one.score for one in found] == pytest.approx(
            [one["score"] for one in expected], abs=1e-5
        )


def test_its_manifest_is_read(shop: Tastemaker) -> None:
    release = shop.release()
    assert release.active
    assert [one.name for one in release.members] == [*STORED["members"], "blend"]
    assert shop.releases()[0].state == "active"


def test_what_was_switched_off_stays_so_until_it_is_switched_on(shop: Tastemaker) -> None:
    off = {"demographic-popularity", "text-lstm"}
    assert {one.name for one in shop.plugins() if one.state == "disabled"} == off
    shop.configure("peers", enabled=True)
    assert {one.name for one in shop.plugins() if one.state == "disabled"} == {"text-lstm"}
    shop.configure("text-lstm", enabled=True)
    shop.configure("trending", enabled=False)
    assert {one.name for one in shop.plugins() if one.state == "disabled"} == {"ease-trending"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("demographic-popularity", "min_people=3, max_values=500, prior=5.0, evidence_power=0.6"),
        (
            "ease-trending",
            "time_decay=0.7, dense_items=8000, max_items=100000, trend_decay=0.2, prior=3.0",
        ),
        ("svd", "popularity_damping=0.3, popularity_boost=0.4, time_decay=1.0, factors=8"),
        ("svd-features", "term_weight=0.5"),
        ("als", "unobserved_weight=5.0, regularization=0.009, frequency_scaling=0.9"),
        ("bpr", "learning_rate=0.2, regularization=0.002, n_negatives=4"),
        ("slim", "l1_regularization=0.05, n_predictors=80, epochs=6"),
        ("transition", "distance_decay=0.7, shrinkage=2.0"),
        ("sequence", "recurrent_layer=lstm, history_length=8, embedding_size=8"),
        ("two-tower", "embedding_size=8, hidden_size=8"),
        ("text-cnn", "filters=8, kernel_size=3, targets=clusters, n_clusters=4"),
        ("text-lstm", "history_sample=3, n_negatives=16, negative_weight=3.0"),
        ("text-two-tower", "n_positives=5, shrinkage=10.0, n_negatives=16, negative_weight=3.0"),
    ],
)
def test_its_settings_are_listed_under_their_present_names(
    listed: dict[str, dict[str, str]], name: str, settings: str
) -> None:
    assert settings in listed[name]["settings"]
    assert listed[name]["what_it_is"]


@pytest.mark.parametrize("name", STORED["settings"])
def test_every_stored_setting_is_still_one(name: str) -> None:
    registry, stored = Registry(), STORED["settings"][name]
    present = registry.present_settings({name: stored})
    assert present.keys() == {NOW.get(name, name)}
    (values,) = present.values()
    registry.check(name, values)
    assert list(values.values()) == list(stored.values())


def test_what_is_set_now_wins_over_what_was_stored(shop: Tastemaker) -> None:
    shop.configure("demographic-popularity", settings={"prior": 7.0})
    shop.configure("svd", settings={"evening": 0.1})
    listed = {one.name: one.settings for one in shop.plugins()}
    assert "min_people=3, max_values=500, prior=7.0" in listed["demographic-popularity"]
    assert "popularity_damping=0.1, popularity_boost=0.4" in listed["svd"]


def scores_of_a_new_release(shop: Tastemaker, *only: str) -> list[float]:
    release = shop.train(only=only)
    assert [one.name for one in release.members] == [*(NOW.get(n, n) for n in only), "blend"]
    shop.activate(release.number)
    return [one.score for one in shop.recommend("p14", k=6)]


def test_it_trains_again_by_former_names_and_with_what_was_set(shop: Tastemaker) -> None:
    stored = scores_of_a_new_release(shop, "trending")
    assert scores_of_a_new_release(shop, "ease-trending") == stored
    shop.configure("trending", settings={"prior": 30.0})
    assert scores_of_a_new_release(shop, "trending") != stored
    shop.configure("ease-trending", settings=STORED["settings"]["trending"])
    assert scores_of_a_new_release(shop, "trending") == stored


def test_its_keys_are_rotated(shop: Tastemaker, url: str) -> None:
    user_id = next(iter(shop.user_ids()))
    before = list(shop.recommend(user_id, k=5))
    purposes = {key.purpose for key in shop.keys.status()}
    for purpose in ("data", "model"):
        assert shop.keys.rotate(purpose, destroy=True).verification.is_clean
    new = Key("bmV3IGtleSBvZiBqdXN0IHRoaXJ0eS10d28gYnl0ZXM=")
    assert shop.keys.change_master(new) == len(purposes)
    with Tastemaker(url, key=new, exploration=0.0) as again:
        assert list(again.recommend(user_id, k=5)) == before
        assert again.keys.verify().is_clean
