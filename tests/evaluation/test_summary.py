from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tastemaker.evaluation.report import Report
from tastemaker.evaluation.summary import in_words, judged, lengths, summary_sentences
from tastemaker.holdout.measuring import Interval

Make = Callable[[Mapping[str, float]], Report]


def test_a_blend_that_wins_and_by_how_much(make_report: Make) -> None:
    first, second, third, fourth = summary_sentences(make_report({"ease": 0.05, "popular": 0.1}))
    assert first == (
        "The blend beats its best member, ease, by 25%: NDCG@10 0.2500 against 0.2000."
    )
    assert second == (
        "Evaluated on 1,234 people. The difference is +0.0500, and would lie between +0.0300 and "
        "+0.0700 with other people (95% interval): it is not chance."
    )
    assert third == "It is clearly better at every length of history."
    assert fourth.startswith("In lists of 10 the blend shows 31% of the items")


def test_a_difference_that_may_be_chance_is_no_victory(make_report: Make) -> None:
    first, second, third, _ = summary_sentences(make_report({"ease": 0.01, "popular": 0.1}))
    assert first.startswith("The blend is as good as its best member, ease: NDCG@10")
    assert second.endswith("it may be chance.")
    assert third == "At no length of history is a member clearly better than the blend."


def test_a_blend_that_loses_is_not_spared(make_report: Make) -> None:
    first, second, third, _ = summary_sentences(make_report({"ease": -0.05, "popular": 0.1}))
    assert first.startswith("The blend is worse than its best member, ease: NDCG@10")
    assert second.endswith("it is not chance.")
    assert third == (
        "With 0, 1, 2, 5, 10, 20 or 50 interactions known a member alone is clearly better: see "
        "the envelope."
    )


def test_where_it_is_better_is_named(make_report: Make) -> None:
    report = make_report({"ease": 0.05})
    others = [replace(point, gain=Interval(0, -1, 1)) for point in report.points[1:]]
    sentence = summary_sentences(replace(report, points=(report.points[0], *others)))[2]
    assert sentence.endswith("the blend is clearly better with 0 interactions known.")


def test_without_members_and_points_there_is_less_to_say(make_report: Make) -> None:
    report = make_report({"ease": 0.05})
    first, second = summary_sentences(replace(report, models=(report.blend,), points=()))
    assert first == "No recommender could be measured alone. The blend has an NDCG@10 of 0.2500."
    assert second.startswith("In lists of 10")


@pytest.mark.parametrize(
    ("low", "high", "judgement"),
    [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (-0.1, 0.1, "even"), (0.0, 0.0, "even")],
)
def test_a_difference_counts_if_its_interval_leaves_out_nothing(
    low: float, high: float, judgement: str
) -> None:
    assert judged(Interval((low + high) / 2, low, high)) == judgement


def test_lengths_and_measures_as_people_write_them(make_report: Make) -> None:
    points = make_report({"ease": 0.0}).points
    assert lengths(points[1:2]) == "1 interaction known"
    assert lengths(points[:3]) == "0, 1 or 2 interactions known"
    assert [in_words(name) for name in ("ndcg@5", "hit_rate@10", "recall@20")] == [
        "NDCG@5",
        "hit rate@10",
        "recall@20",
    ]
