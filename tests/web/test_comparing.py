"""Two answers beside each other, small enough to be compared by eye."""

from __future__ import annotations

import pytest

from tastemaker.serving.answers import Recommendation
from tastemaker.web.inspector.comparing import compare_answers


def answer(ids: str) -> list[Recommendation]:
    """An item for each letter."""
    return [Recommendation(one, 1.0) for one in ids]


@pytest.mark.parametrize(
    ("before", "after", "others", "steps"),
    [
        ("abc", "abc", [1, 2, 3], [0, 0, 0]),
        ("abc", "cab", [3, 1, 2], [2, -1, -1]),
        ("abc", "xab", [None, 1, 2], [0, -1, -1]),
        ("", "a", [None], [0]),
    ],
)
def test_moves(before: str, after: str, others: list[int | None], steps: list[int]) -> None:
    comparison = compare_answers(answer(before), answer(after))
    assert [one.other for one in comparison.after] == others
    assert [one.steps for one in comparison.after] == steps
    assert [one.place for one in comparison.before] == list(range(1, len(before) + 1))


def test_the_summary_counts() -> None:
    same = compare_answers(answer("abc"), answer("abc"))
    assert same.summary == "The same items in the same order."
    changed = compare_answers(answer("abc"), answer("xab"))
    assert changed.summary == "Of 3 items: 1 come in, 1 go, 2 change places."
