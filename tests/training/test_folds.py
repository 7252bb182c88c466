from __future__ import annotations

import numpy as np
from tests.blend.test_member_subset import cases_of

from tastemaker.training.folds import ScoredFold


def fold(retrievers: tuple[str, ...]) -> ScoredFold:
    return ScoredFold(("a", "b", "c"), retrievers, (cases_of([0, 1, 2]),), {}, {}, 0.0)


def test_cases_are_restricted_to_what_the_retrievers_bring() -> None:
    everybody = fold(("a", "b", "c"))
    (part,) = everybody.restricted(["c", "a"], ["a"])
    assert part.n_members == 2
    (alone,) = everybody.restricted(["a"], ["a"])
    assert np.array_equal(part.candidates.items, alone.candidates.items)
    assert np.array_equal(part.candidates.values[1], alone.candidates.values[0], equal_nan=True)


def test_where_the_same_members_retrieve_candidates_stay_as_they_are() -> None:
    scored = fold(("a", "b"))
    (same,) = scored.restricted(["a", "b", "c"], ["a", "b"])
    assert same is scored.cases[0]
    (two,) = scored.restricted(["c", "b"], ["a", "b"])
    assert two.candidates.items is scored.cases[0].candidates.items
    assert two.n_members == 2
