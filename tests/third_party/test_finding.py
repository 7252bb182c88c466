from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LIST = """
import json
from tastemaker.plugin.registry import Registry
print(json.dumps([
    [plugin.name, plugin.family, plugin.distribution, plugin.version, plugin.state, plugin.problem]
    for plugin in Registry(disabled={disabled}).plugins
]))
"""

SCORE = """
import json
from tastemaker.plugin.guard import guarded_fit
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import no_progress
from tastemaker.plugin.registry import Registry
from tastemaker.testing import checkerboard
data = checkerboard()
fitted, problem = guarded_fit(Registry().create({name!r}), data, no_progress)
if fitted is not None:
    scores, problem = GuardedRecommender(fitted, data.n_items).score(data.people)
print(json.dumps([problem, fitted is None or scores is None]))
"""

Install = Callable[..., dict[str, str]]
Run = Callable[[str, dict[str, str]], Any]


def rows(listing: list[list[str]], name: str) -> list[list[str]]:
    return [row for row in listing if row[0] == name]


def test_an_installed_distribution_is_found(third_party: Install, in_process: Run) -> None:
    listing = in_process(LIST.format(disabled=[]), third_party("good"))
    expected = ["together", "collaborative", "tastemaker-together", "2.1", "enabled", ""]
    assert rows(listing, "together") == [expected]


def test_one_that_cannot_be_imported_is_named_and_the_rest_work(
    third_party: Install, in_process: Run
) -> None:
    environment = third_party("broken-import", "good")
    listing = in_process(LIST.format(disabled=[]), environment)
    ((_, _, distribution, version, state, problem),) = rows(listing, "broken-import")
    assert (distribution, version, state) == ("tastemaker-broken-import", "0.1", "failed")
    assert "a_package_that_nobody_has" in problem
    assert rows(listing, "together")[0][4] == "enabled"
    assert rows(listing, "ease")[0][4] == "enabled"


def test_a_disabled_entry_point_is_not_even_imported(third_party: Install, in_process: Run) -> None:
    listing = in_process(LIST.format(disabled=["broken-import"]), third_party("broken-import"))
    ((*_, state, problem),) = rows(listing, "broken-import")
    assert (state, problem) == ("disabled", "")


def test_a_taken_name_stays_with_its_holder_and_both_are_named(
    third_party: Install, in_process: Run
) -> None:
    listing = in_process(LIST.format(disabled=[]), third_party("duplicate"))
    own, other = rows(listing, "ease")
    assert (own[2], own[4]) == ("tastemaker", "enabled")
    assert (other[2], other[4]) == ("tastemaker-another-ease", "failed")
    assert "tastemaker_plugins.item_item.ease" in other[5]
    assert "tastemaker_another_ease" in other[5]


@pytest.mark.parametrize(
    ("distribution", "problem"),
    [
        ("broken-fit", "RuntimeError (line "),
        ("broken-score", "SystemExit (line "),
        ("broken-shape", "returned the shape (20, 11) instead of (20, 10)"),
    ],
)
def test_one_that_fails_at_work_is_found_and_its_problem_told(
    third_party: Install, in_process: Run, distribution: str, problem: str
) -> None:
    environment = third_party(distribution)
    told, failed = in_process(SCORE.format(name=distribution), environment)
    assert failed
    assert told.startswith(problem)


def test_a_working_stranger_is_trained_and_scores(third_party: Install, in_process: Run) -> None:
    assert in_process(SCORE.format(name="together"), third_party("good")) == ["", False]


def test_a_working_stranger_keeps_the_contract(third_party: Install, in_process: Run) -> None:
    code = (
        "from tastemaker.plugin.registry import Registry\n"
        "from tastemaker.testing import check_recommender\n"
        "check_recommender(Registry().enabled['together'])\n"
        "print(1)"
    )
    assert in_process(code, third_party("good")) == 1
