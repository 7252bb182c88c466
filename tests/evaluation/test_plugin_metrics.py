"""Metrics of plugins stand in the report; one that fails is left out, and the report says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.evaluation.test_figures import ALL, BAD, GOOD, PAST

from tastemaker.evaluation.figures import measure_lists
from tastemaker.evaluation.plugin_metrics import OWN_MEASURES, measured_by_plugins
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.extensions import metric

LISTS = {"bad": BAD, "blend": GOOD}


def plugin(name: str, function: Any) -> Plugin:
    return Plugin(name, "", "extras", "0.3", "enabled", extension=metric(name, function))


def precision(hits: Any, n_relevant: Any, k: int) -> Any:
    return hits[:, :k].mean(axis=1)


def test_it_is_measured_at_each_cutoff_beside_the_engines_own() -> None:
    figures, notes = measured_by_plugins([plugin("precision", precision)], LISTS, (1, 2))
    assert notes == []
    found = measure_lists(LISTS, PAST, ALL, (1, 2), 2, figures)
    assert found["blend"].measures["precision@1"].mean == 1.0
    assert found["blend"].measures["precision@2"].mean == 0.5
    assert found["bad"].measures["precision@2"].mean == 0.25
    assert "ndcg@2" in found["bad"].measures
    assert "precision@2" not in measure_lists(LISTS, PAST, ALL, (1, 2), 2)["bad"].measures


def raises(hits: Any, n_relevant: Any, k: int) -> Any:
    raise SystemExit("enough")


def meddles(hits: Any, n_relevant: Any, k: int) -> Any:
    hits[:] = True
    n_relevant[:] = 1
    return np.ones(len(hits))


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (raises, "SystemExit"),
        (lambda hits, n_relevant, k: 0.5, "it must return an array of 2 numbers, one a person"),
        (lambda hits, n_relevant, k: hits, "an array of 2 numbers"),
        (lambda hits, n_relevant, k: np.full(2, np.inf), "it must return finite numbers"),
        (lambda hits, n_relevant, k: np.full(2, np.nan), "it is defined for nobody"),
        (lambda hits, n_relevant, k: np.array(["a", "b"]), "it must return finite numbers"),
    ],
)
def test_one_that_fails_is_left_out_and_noted(function: Any, problem: str) -> None:
    metrics = [plugin("odd", function), plugin("precision", precision)]
    figures, (note,) = measured_by_plugins(metrics, LISTS, (1, 2))
    assert note.startswith("The metric odd of extras 0.3 was left out: ")
    assert problem in note
    assert set(figures["bad"]) == {"precision@1", "precision@2"}


def test_it_cannot_change_what_others_see() -> None:
    before = BAD.hits.copy()
    measured_by_plugins([plugin("meddling", meddles)], LISTS, (1,))
    assert np.array_equal(BAD.hits, before)


def test_a_name_of_the_engines_own_is_refused() -> None:
    figures, (note,) = measured_by_plugins([plugin("ndcg", precision)], LISTS, (1,))
    assert "a measure of the engine's own has that name" in note
    assert figures == {"bad": {}, "blend": {}}
    names = {
        name.split("@")[0] for name in measure_lists(LISTS, PAST, ALL, (1,), 1)["bad"].measures
    }
    assert names <= OWN_MEASURES
