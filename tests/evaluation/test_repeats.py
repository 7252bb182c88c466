"""Evaluations in which what people had chosen may come again."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.habits import Counting, regulars

from tastemaker.errors import InputError
from tastemaker.evaluation.arguments import repeats_allowed
from tastemaker.evaluation.evaluate import EvaluationProgress, evaluate_models
from tastemaker.evaluation.models import CatalogueNow, ServedModels, train_models
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.summary import summary_sentences
from tastemaker.holdout.cases import full_history_cases
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.metrics.accuracy import discounts
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.store.items import StoredItems
from tastemaker.training.fitting import choose

Trained = tuple[EvaluationSplit, ServedModels]


@pytest.fixture(scope="module")
def trained() -> Trained:
    data, registry = regulars(), Registry([Counting])
    everything = np.ones(data.n_items, dtype=np.bool_)
    split = make_evaluation_split("time", data, everything)
    keys = np.arange(data.n_items, dtype=np.int64)
    now = CatalogueNow(StoredItems(keys, data.items, everything), ())
    participants = choose(registry, {}, ["counting", "item-knn"])
    return split, train_models(registry, participants, split, now, no_progress)


@pytest.fixture(scope="module")
def reports(trained: Trained) -> dict[bool, Report]:
    progress = EvaluationProgress(no_progress)
    return {
        again: evaluate_models(*trained, (5, 10), 1000, False, progress, again)
        for again in (False, True)
    }


def mean(report: Report, name: str, measure: str) -> float:
    (found,) = [one.measured for one in report.models if one.name == name]
    assert found is not None
    return found.measures[measure].mean


def test_the_parts_add_up_to_the_whole(trained: Trained) -> None:
    split, served = trained
    cases = full_history_cases(split.people, split.split, repeats=True)
    lists = recommend_to(served.blend, cases, split.candidates, 10)
    (again, n_again), (new, n_new) = lists.parts["repeats"], lists.parts["new"]
    assert np.array_equal(n_again + n_new, lists.n_relevant)
    assert np.array_equal(again ^ new, lists.hits)
    assert n_again.sum() > 0 and n_new.sum() > 0
    gains = discounts(10)
    assert np.allclose(again @ gains + new @ gains, lists.hits @ gains)
    # three usual items each, of which the latest tenth has what is not new
    assert lists.repeated is not None
    assert lists.repeated[:, :3].mean() > 0.9


def test_without_repeats_nothing_is_measured_apart(trained: Trained) -> None:
    split, served = trained
    cases = full_history_cases(split.people, split.split)
    lists = recommend_to(served.blend, cases, split.candidates, 10)
    assert lists.parts == {}
    shown = lists.items[np.arange(len(cases)), 0]
    assert not cases.seen.toarray()[np.arange(len(cases)), shown].any()


def test_the_report_says_how_good_repeats_and_new_items_are(reports: dict[bool, Report]) -> None:
    report = reports[True]
    assert report.repeats is not None and report.repeats.own_curve
    assert 0.6 < report.repeats.share < 0.9
    assert "counting" in report.curve.members
    assert mean(report, "counting", "repeats_ndcg@10") > mean(report, "item-knn", "repeats_ndcg@10")
    assert mean(report, "counting", "new_ndcg@10") < mean(report, "counting", "ndcg@10")
    told = report.to_json()
    assert told["seen"] == "include"
    assert "repeats_ndcg@10" in report.summary_columns()
    assert {"repeats_recall@5", "new_mrr@10"} <= {str(row["measure"]) for row in report.rows()}
    assert any("may come again" in sentence for sentence in summary_sentences(report))
    assert "Repeats and new items" in report.to_html()


def test_by_default_seen_items_stay_out(reports: dict[bool, Report]) -> None:
    report = reports[False]
    assert report.repeats is None
    assert report.to_json()["seen"] == "exclude"
    assert not any("new_" in str(row["measure"]) for row in report.rows())
    assert mean(report, "counting", "ndcg@10") <= mean(report, "item-knn", "ndcg@10")
    assert "Repeats and new items" not in report.to_html()


def test_seen_is_exclude_or_include() -> None:
    assert repeats_allowed("include") and not repeats_allowed("exclude")
    with pytest.raises(InputError, match="seen is 'maybe'"):
        repeats_allowed("maybe")
