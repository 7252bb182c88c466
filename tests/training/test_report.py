from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tastemaker.blend import uniform_weights
from tastemaker.errors import ReleaseError
from tastemaker.store.manifest import MANIFEST_FORMAT
from tastemaker.training.data_quality import Finding
from tastemaker.training.report import MemberReport, Release
from tastemaker.training.step_function_report import StepFunctionReport

RELEASE = Release(
    number=3,
    active=True,
    trained_at="2026-11-24T07:28:14+00:00",
    basis="12 people, 8 items, 72 interactions, not measured",
    members=(
        MemberReport(
            "popular", "popularity", "tastemaker 1.0", seconds=0.5, measures={"mrr@10": 1.0}
        ),
        MemberReport("ease", "collaborative", state="failed", problem="no electricity"),
        MemberReport("blend", measures={"ndcg@10": 0.25}),
    ),
    curve=uniform_weights(["popular"]),
    n_users=12,
    n_items=8,
    n_interactions=72,
    notes=("A note.",),
    findings=(Finding("times", 1, "interactions in the future", "left out"),),
    moved=(0.25, 0.031),
)


def manifest() -> dict[str, Any]:
    """What is stored of the release, as it comes back from JSON."""
    stored: dict[str, Any] = json.loads(json.dumps(RELEASE.to_json()))
    return stored


def test_a_manifest_has_the_format_it_is_written_in() -> None:
    assert manifest()["format"] == MANIFEST_FORMAT


def test_a_release_comes_back_from_its_manifest() -> None:
    back = Release.from_json(manifest())
    assert back.to_json() == manifest()
    assert back.members == RELEASE.members
    assert back.findings == RELEASE.findings
    assert back.measures == {"ndcg@10": 0.25}
    assert back.moved == (0.25, 0.031)


def test_a_sentence_says_how_steady_the_weights_are() -> None:
    assert "25% / 3% of them" in RELEASE.steadiness
    assert "one of the 2 folds" in RELEASE.steadiness
    assert replace(RELEASE, moved=()).steadiness == ""


def test_a_sentence_says_what_became_of_step_functions() -> None:
    assert RELEASE.step_sentence == ""
    refused = StepFunctionReport(
        (0.012, -0.034), "they rank no better on fold 2 of 3, the latest first"
    )
    release = replace(RELEASE, steps=refused)
    assert release.step_sentence == (
        "Step functions are not part of the blend: they rank no better on fold 2 of 3, the latest "
        "first (NDCG@10 +1.2% / -3.4%)."
    )
    stored = json.loads(json.dumps(release.to_json()))
    assert Release.from_json(stored).steps == refused
    # a member that has steps was too large to store: the curve that serves has none
    assert (
        "is not in the release" in replace(RELEASE, steps=StepFunctionReport((0.01,))).step_sentence
    )


def test_a_manifest_without_a_format_calls_the_findings_quality() -> None:
    old = manifest()
    del old["format"]
    old["quality"] = old.pop("findings")
    assert Release.from_json(old).to_json() == manifest()


def test_a_manifest_from_before_the_data_was_examined_has_no_findings() -> None:
    old = manifest()
    del old["format"], old["findings"]
    assert Release.from_json(old).findings == ()


def test_keys_that_a_newer_version_wrote_are_ignored_on_all_levels() -> None:
    newer = manifest()
    for part in (newer, newer["curve"], *newer["members"], *newer["findings"]):
        part["engines"] = ["steam"]
    assert Release.from_json(newer).to_json() == manifest()


@pytest.mark.parametrize("key", ["number", "members", "curve", "basis"])
def test_a_manifest_that_lacks_a_key_is_refused(key: str) -> None:
    broken = manifest()
    del broken[key]
    with pytest.raises(ReleaseError, match="cannot be read"):
        Release.from_json(broken)


def test_a_member_or_finding_that_lacks_a_key_is_refused() -> None:
    for part, key in (("members", "name"), ("findings", "found")):
        broken = manifest()
        del broken[part][0][key]
        with pytest.raises(ReleaseError, match="cannot be read"):
            Release.from_json(broken)


def with_quality(blend: float, **members: float) -> Release:
    reports = [MemberReport(name, measures={"ndcg@10": own}) for name, own in members.items()]
    return replace(RELEASE, members=(*reports, MemberReport("blend", measures={"ndcg@10": blend})))


def test_the_verdict_names_the_best_member() -> None:
    below = with_quality(0.0328, ease=0.0465, popular=0.01).verdict
    assert "below its best member" in below
    assert "NDCG@10 0.0328 against 0.0465 of ease" in below
    assert "--only ease" in below
    good = with_quality(0.05, ease=0.0465, popular=0.01).verdict
    assert good == (
        "The blend is at least as good as its best member: NDCG@10 0.0500 against 0.0465 of ease."
    )
    assert RELEASE.verdict == ""
