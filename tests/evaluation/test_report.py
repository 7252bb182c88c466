from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from tastemaker.evaluation.diversity_curve import DiversityPoint
from tastemaker.evaluation.report import Report
from tastemaker.metrics.intervals import Interval

Make = Callable[[Mapping[str, float]], Report]


def test_the_best_come_first_and_the_failed_last(make_report: Make) -> None:
    report = make_report({"popular": 0.1, "ease": 0.05})
    assert [one.name for one in report.ranked] == ["blend", "ease", "popular"]
    assert report.best_member is not None and report.best_member.name == "ease"
    rows = report.summary_rows()
    assert [row["recommender"] for row in rows] == ["blend", "ease", "popular", "broken"]
    assert rows[1]["blend better by"] == "+0.050 (+0.030 to +0.070)"
    assert rows[0]["coverage@10"] == 0.31
    assert rows[3]["95% interval"] == "failed: no electricity"


def test_rows_hold_every_measure_with_its_interval(make_report: Make) -> None:
    rows = make_report({"ease": 0.05}).rows()
    assert {row["recommender"] for row in rows} == {"ease", "blend"}
    (ndcg,) = [r for r in rows if (r["recommender"], r["measure"]) == ("ease", "ndcg@10")]
    assert ndcg["mean"] == 0.2 and ndcg["blend_gain"] == 0.05 and ndcg["gain_low"] is not None
    (shown,) = [r for r in rows if (r["recommender"], r["measure"]) == ("blend", "coverage@20")]
    assert shown["mean"] == 0.4
    assert set().union(*rows) == set(Report.COLUMNS)


def test_the_envelope_has_a_column_for_each_length(make_report: Make) -> None:
    report = make_report({"ease": 0.05, "popular": 0.1})
    columns = report.envelope_columns()
    assert columns == ("recommender", "0", "1", "2", "5", "10", "20", "50")
    rows = {row["recommender"]: row for row in report.envelope_rows()}
    assert list(rows) == ["blend", "ease", "popular", "people", "best member", "blend better by"]
    assert all(set(row) == set(columns) for row in rows.values())
    assert [rows[name]["5"] for name in rows] == [
        *("0.3000", "0.2100", "0.2100"),
        *("500", "ease", "+0.0500"),
    ]


def test_json_holds_everything_and_no_nan(make_report: Make) -> None:
    report = make_report({"ease": 0.05})
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    points = (replace(report.points[0], gain=nothing), *report.points[1:])
    value = json.loads(json.dumps(replace(report, points=points).to_json(), allow_nan=False))
    assert value["envelope"]["points"][0]["blend_gain"] == {"mean": None, "low": None, "high": None}
    assert value["models"][0]["measures"]["ndcg@10"]["mean"] == 0.2
    assert value["models"][1] == {
        "name": "broken",
        "family": "content",
        "state": "failed",
        "problem": "no electricity",
        "seconds": 0.0,
    }
    assert value["curve"]["members"] == ["ease"]


CURVE = (DiversityPoint(0.0, 0.2, 0.5), DiversityPoint(0.3, 0.19, 0.4))


def test_the_cost_of_diversity_is_told_against_plain_lists(make_report: Make) -> None:
    report = replace(make_report({"ease": 0.05}), diversity=CURVE)
    first, second = report.diversity_rows()
    assert tuple(second) == report.diversity_columns()
    assert list(first.values()) == ["0", 0.2, "+0.0%", 0.5, "+0.0%"]
    assert list(second.values()) == ["0.3", 0.19, "-5.0%", 0.4, "-20.0%"]
    plain = {"strength": 0.0, "ndcg": 0.2, "likeness": 0.5}
    diverse = {"strength": 0.3, "ndcg": 0.19, "likeness": 0.4}
    assert report.to_json()["diversity"] == [plain, diverse]


def test_where_nothing_is_alike_no_share_is_told(make_report: Make) -> None:
    nan = float("nan")
    report = replace(make_report({"ease": 0.05}), diversity=(DiversityPoint(0.0, 0.0, nan),))
    (row,) = report.diversity_rows()
    assert row["of plain"] == row["of plain's"] == ""
    assert report.to_json()["diversity"] == [{"strength": 0.0, "ndcg": 0.0, "likeness": None}]
    assert "<h2>Diversity</h2>" not in report.to_html()


def test_the_page_shows_the_cost_of_diversity(make_report: Make) -> None:
    html = replace(make_report({"ease": 0.05}), diversity=CURVE).to_html()
    assert "<h2>Diversity</h2>" in html
    assert "strength of diversity" in html
    assert "<h2>Diversity</h2>" not in make_report({"ease": 0.05}).to_html()
