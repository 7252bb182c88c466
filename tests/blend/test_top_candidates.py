from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend.candidates import MASKED
from tastemaker.blend.top_candidates import CUTOFFS, drawn

from .test_learning import members_alike, noisy, trial


@pytest.mark.parametrize("members", [1, 3])
def test_a_member_alone_is_worth_its_mean_ndcg(members: int) -> None:
    rng = np.random.default_rng(members)
    _, relevant = members_alike(rng, 50)
    part = trial([noisy(rng, relevant, 1.0) for _ in range(members)], relevant)
    expected = np.mean([part.alone(k).mean(axis=1) for k in CUTOFFS], axis=0)
    own = part.top_candidates
    sunk = np.where(own.open, np.float32(0), MASKED)
    figures = [own.worth(values + sunk) for values in own.values]
    assert figures == pytest.approx(expected.tolist(), abs=1e-6)


def test_who_is_drawn_counts_as_often_as_drawn_whatever_contest_they_are_from() -> None:
    rng = np.random.default_rng(0)
    _, relevant = members_alike(rng, 10)
    narrow = trial([noisy(rng, relevant[:4], 1.0)], relevant[:4])
    scores = noisy(rng, relevant[4:], 1.0)
    scores[:, 20:] = np.nan  # fewer candidates
    fewer = trial([scores], relevant[4:])
    quality = np.mean([[*narrow.alone(k)[0], *fewer.alone(k)[0]] for k in CUTOFFS], axis=0)
    rows = np.array([0, 3, 3, 4, 9])
    bag = drawn([narrow.top_candidates, fewer.top_candidates], rows)
    assert len(bag) == 5
    sunk = np.where(bag.open, np.float32(0), MASKED)
    assert bag.worth(bag.values[0] + sunk) == pytest.approx(quality[rows].mean(), abs=1e-6)


def test_chance_decides_before_anybody_has_spoken_and_never_for_what_is_no_candidate() -> None:
    rng = np.random.default_rng(1)
    _, relevant = members_alike(rng, 200)
    scores = noisy(rng, relevant, 1.0)
    scores[::2, 20:] = np.nan
    own = trial([scores], relevant).top_candidates
    start = own.start()
    assert (start[own.open] >= 0).all() and (start[own.open] < 0.01).all()
    assert (start[~own.open] < -1e30).all()
    assert 0 < own.worth(start) < 0.5 < own.worth(start + own.relevant)
