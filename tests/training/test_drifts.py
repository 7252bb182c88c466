"""Weights in worlds whose drift is known, small; benchmarks/drift.py has the long form."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tastemaker.evaluation.models import CatalogueNow, train_models
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.holdout.cases import full_history_cases
from tastemaker.holdout.evaluation_split import make_evaluation_split
from tastemaker.metrics.accuracy import ndcg
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.store.items import StoredItems
from tastemaker.store.kinds import Kind
from tastemaker.testing.drifts import BURST_ITEMS, DRIFTS, WORLD_SECONDS, drifting
from tastemaker.training.bursts import in_bursts
from tastemaker.training.fitting import choose

TIME_BLIND = ("popular", "rp3beta", "svd")
TIME_AWARE = ("recent-popular", "svd-trending")
N_PEOPLE, N_ITEMS = 600, 120


@cache
def figures(name: str) -> dict[str, float]:
    """NDCG@10 of the blend, and of each member alone, on the last tenth of a world."""
    data = drifting(DRIFTS[name], N_PEOPLE, N_ITEMS)
    everything = np.ones(N_ITEMS, dtype=np.bool_)
    split, registry = make_evaluation_split("time", data, everything), Registry()
    keys = np.arange(N_ITEMS, dtype=np.int64)
    catalogue = CatalogueNow(
        StoredItems(keys, data.items, everything), [Kind(1, "interaction", 1.0)]
    )
    participants = choose(registry, {}, [*TIME_BLIND, *TIME_AWARE])
    served = train_models(registry, participants, split, catalogue, no_progress)
    cases = full_history_cases(split.people, split.split)
    found = {}
    for one, serving in {**served.alone, "blend": served.blend}.items():
        lists = recommend_to(serving, cases, everything, 10)
        found[one] = float(ndcg(lists.hits, lists.n_relevant, 10).mean())
    return found


def best(name: str, members: tuple[str, ...]) -> float:
    return max(figures(name)[one] for one in members)


def test_a_burst_draws_its_share_and_then_nobody_chooses_its_items() -> None:
    people = drifting(DRIFTS["violent burst"], N_PEOPLE, N_ITEMS).people
    moments = people.times / WORLD_SECONDS
    during, after = (moments >= 0.81) & (moments < 0.9), moments >= 0.9
    gone = np.setdiff1d(np.arange(N_ITEMS), people.histories.items[after])
    counts = np.bincount(people.histories.items[during], minlength=N_ITEMS)
    assert len(gone) == BURST_ITEMS
    assert counts[gone].sum() / during.sum() == pytest.approx(0.6, abs=0.05)
    pairs = people.histories.rows * N_ITEMS + people.histories.items
    assert len(np.unique(pairs)) == len(pairs)


def test_where_nothing_changes_nothing_is_lost() -> None:
    assert figures("stationary")["blend"] >= 0.995 * best("stationary", TIME_BLIND)


def test_where_the_newest_fold_misleads_the_blend_is_as_good_as_who_knows_no_time() -> None:
    assert figures("violent burst")["blend"] >= 0.95 * best("violent burst", TIME_BLIND)


def test_where_a_trend_is_real_its_gain_is_kept() -> None:
    blind, aware = (best("trend", group) for group in (TIME_BLIND, TIME_AWARE))
    assert aware > 1.05 * blind
    assert figures("trend")["blend"] - blind >= 0.9 * (aware - blind)


@pytest.mark.parametrize("name", ["launches", "news", "new collection"])
def test_where_new_items_come_next_to_nothing_is_held_back(name: str) -> None:
    assert in_bursts(drifting(DRIFTS[name]).people).mean() < 0.01
