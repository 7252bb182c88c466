"""Quality by length of history: whether the blend is as good as its best member at every one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import KNOTS
from tastemaker.data import sample_rows
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.holdout.cases import HeldOutCases, truncated_cases
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.metrics.accuracy import ndcg
from tastemaker.metrics.intervals import Interval, intervals
from tastemaker.serving.state import ServingState


@dataclass(frozen=True)
class LengthQuality:
    """The quality for people of whom the same number of interactions was shown.

    Attributes:
        length: how many interactions of each.
        people: how many people.
        quality: by name, the mean NDCG with its interval.
        best: the member whose mean is highest.
        gain: how much better the blend is than that member, person by person.
    """

    length: int
    people: int
    quality: Mapping[str, Interval]
    best: str
    gain: Interval


def cases_by_length(
    split: EvaluationSplit, most: int, seed: int, repeats: bool = False
) -> Iterator[tuple[int, list[HeldOutCases]]]:
    """For each length of history, the cases of people truncated to it: regulars, and newcomers.

    Args:
        split: the people.
        most: at most so many people for each length.
        seed: which, where there are more.
        repeats: whether what they had chosen may come again.
    """
    rng = np.random.default_rng(seed)
    for length in KNOTS:
        regulars, newcomers = truncated_cases(split.people, split.split, length, repeats)
        total = len(regulars) + len(newcomers)
        chosen = sample_rows(total, most, rng)
        few = regulars.select(chosen[chosen < len(regulars)])
        new = newcomers.select(chosen[chosen >= len(regulars)] - len(regulars))
        yield length, [cases for cases in (few, new) if len(cases)]


def measure_length(
    length: int,
    cases: list[HeldOutCases],
    served: Mapping[str, ServingState],
    split: EvaluationSplit,
    k: int,
    exact: bool = False,
) -> LengthQuality | None:
    """How the blend and each member do for people with histories of one length, if there are any.

    Args:
        length: how long the histories are.
        cases: the people.
        served: by name, what recommends; "blend" among them.
        split: which items may be shown.
        k: the cutoff of NDCG.
        exact: whether every item is scored, instead of the retrievers' candidates.
    """
    if not cases:
        return None
    figures = {}
    for name, serving in served.items():
        lists = [recommend_to(serving, part, split.candidates, k, exact=exact) for part in cases]
        figures[name] = np.concatenate([ndcg(one.hits, one.n_relevant, k) for one in lists])
    members = [name for name in figures if name != "blend"]
    best = max(members, key=lambda name: float(figures[name].mean()))
    columns = [*figures.values(), figures["blend"] - figures[best]]
    *means, gain = intervals(np.column_stack(columns))
    quality = dict(zip(figures, means, strict=True))
    return LengthQuality(length, sum(map(len, cases)), quality, best, gain)
