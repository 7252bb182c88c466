"""An evaluation whose time is over measures the blend, and says what it left out."""

from __future__ import annotations

from tests.evaluation.test_repeats import Trained, trained

from tastemaker.evaluation.evaluate import EvaluationProgress, evaluate_models
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.summary import summary_sentences
from tastemaker.recommender import no_progress
from tastemaker.training.deadline import Deadline

__all__ = ["trained"]


class Watch:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def measured(trained: Trained, seconds: float) -> Report:
    progress = EvaluationProgress(no_progress)
    deadline = Deadline(seconds, Watch())
    return evaluate_models(*trained, (5, 10), 1000, False, progress, deadline=deadline)


def test_without_time_the_blend_alone_is_measured(trained: Trained) -> None:
    report = measured(trained, 0.5)
    assert [one.name for one in report.models if one.measured] == ["blend"]
    assert report.points == () and report.diversity == ()
    assert report.notes[-1].startswith("The time limit of 0.5 s was over")
    assert report.to_json() and report.to_html() and report.rows() and report.summary_rows()
    assert summary_sentences(report)[0].startswith("No recommender could be measured alone.")


def test_with_a_little_time_some_of_it_is_measured(trained: Trained) -> None:
    report, whole = measured(trained, 4.5), measured(trained, 1000.0)
    assert [one.name for one in report.models if one.measured] == ["counting", "item-knn", "blend"]
    assert 0 < len(report.diversity) == len(whole.diversity)
    assert len(report.points) < len(whole.points)
    assert report.notes[-1].startswith("The time limit of 4.5 s was over")
    assert not any("was over" in note for note in whole.notes)
