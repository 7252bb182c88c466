from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend.candidates import MASKED
from tastemaker.blend.top_candidates import OBJECTIVE_CUTOFFS, take_people

from .samples import noise_and_relevant, noisy, scored_cases


@pytest.mark.parametrize("members", [1, 3])
def test_the_mean_ndcg_of_a_member_alone(members: int) -> None:
    rng = np.random.default_rng(members)
    _, relevant = noise_and_relevant(rng, 50)
    part = scored_cases([noisy(rng, relevant, 1.0) for _ in range(members)], relevant)
    expected = np.mean([part.member_ndcg(k).mean(axis=1) for k in OBJECTIVE_CUTOFFS], axis=0)
    own = part.top_candidates
    masked = np.where(own.valid, np.float32(0), MASKED)
    figures = [own.mean_ndcg(values + masked) for values in own.values]
    assert figures == pytest.approx(expected.tolist(), abs=1e-6)


def test_who_is_taken_counts_as_often_as_taken_whatever_group_they_are_of() -> None:
    rng = np.random.default_rng(0)
    _, relevant = noise_and_relevant(rng, 10)
    narrow = scored_cases([noisy(rng, relevant[:4], 1.0)], relevant[:4])
    scores = noisy(rng, relevant[4:], 1.0)
    scores[:, 20:] = np.nan  # fewer candidates
    fewer = scored_cases([scores], relevant[4:])
    quality = np.mean(
        [[*narrow.member_ndcg(k)[0], *fewer.member_ndcg(k)[0]] for k in OBJECTIVE_CUTOFFS], axis=0
    )
    rows = np.array([0, 3, 3, 4, 9])
    sample = take_people([narrow.top_candidates, fewer.top_candidates], rows)
    assert len(sample) == 5
    masked = np.where(sample.valid, np.float32(0), MASKED)
    assert sample.mean_ndcg(sample.values[0] + masked) == pytest.approx(
        quality[rows].mean(), abs=1e-6
    )


def test_chance_decides_before_any_member_is_added_and_never_for_what_is_no_candidate() -> None:
    rng = np.random.default_rng(1)
    _, relevant = noise_and_relevant(rng, 200)
    scores = noisy(rng, relevant, 1.0)
    scores[::2, 20:] = np.nan
    own = scored_cases([scores], relevant).top_candidates
    start = own.initial_totals()
    assert (start[own.valid] >= 0).all() and (start[own.valid] < 0.01).all()
    assert (start[~own.valid] < -1e30).all()
    assert 0 < own.mean_ndcg(start) < 0.5 < own.mean_ndcg(start + own.relevant)
