"""The next page: of a long ranking, what the pages before have not shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tastemaker.blend import Blended
from tastemaker.data import Int64Array
from tastemaker.serving.ranker import Ranking


def next_page(ranking: Ranking, shown: Int64Array, k: int) -> Ranking:
    """The first `k` of each list that were not shown yet.

    Args:
        ranking: lists of at least `k` items more than were shown, where there are as many.
        shown: (n_shown,) int64 the indexes of the items that were.
        k: how many.
    """
    best = ranking.best
    if not len(shown) and best.items.shape[1] <= k:
        return ranking
    kept = best.valid & ~np.isin(best.items, shown)
    order = np.argsort(~kept, axis=1, kind="stable")[:, :k]
    rows = np.arange(len(order))[:, np.newaxis]
    valid = kept[rows, order]
    page = Blended(
        best.items[rows, order],
        valid,
        np.where(valid, best.totals[rows, order], np.float32(-np.inf)),
        best.contributions[:, rows, order],
    )
    return replace(ranking, best=page, explored=ranking.explored[rows, order] & valid)
