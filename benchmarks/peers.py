"""Other libraries on the same data: tuned on a split of what may be learnt from, then measured.

Only those that are installed take part (`make benchmark` installs them). Each is given the same
implicit feedback: 1 where a person had to do with an item. Its settings are the best of a small
grid around what its authors recommend, chosen by NDCG@10.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases, full_history_cases
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.holdout.hits import find_hits
from tastemaker.metrics.accuracy import measures
from tastemaker.progress import progress_bar

RankedLists = npt.NDArray[np.int64]
"""(n, k) item indexes, best first."""

Rank = Callable[[csr_matrix, Int64Array, int], RankedLists]
"""Fits on a matrix of people and items, and ranks `k` unseen items for the given rows."""

BLOCK = 500


def tuned_peers(split: EvaluationSplit, rows: Int64Array, k: int) -> dict[str, RankedLists]:
    """The lists of every installed peer, tuned, for some of the people.

    Args:
        split: what may be learnt from, and what is held out.
        rows: (n,) the people to recommend to, as rows of `split.people`.
        k: how many items each.
    """
    logging.disable(logging.WARNING)
    grids = {name: ranks for name, (module, ranks) in PEERS.items() if find_spec(module)}
    past = matrix(split.people, split.split.known)
    inner = make_evaluation_split(
        split.name, split.data, np.ones(split.data.n_items, dtype=np.bool_)
    )
    lists: dict[str, RankedLists] = {}
    with progress_bar() as progress:
        for done, (name, ranks) in enumerate(grids.items()):
            progress(done, len(grids), f"tuning {name}")
            best = max(ranks, key=lambda label: _validated(inner, ranks[label]))
            lists[f"{name} ({best})"] = ranks[best](past, rows, k)
    return lists


def matrix(people: People, which: BoolArray) -> csr_matrix:
    """(n_people, n_items) float32: 1 where a person had to do with an item in what is marked."""
    return csr_matrix(people.take(which).presence())


def evaluated_rows(split: EvaluationSplit) -> Int64Array:
    """The people with a history who went on to choose something that they had not seen."""
    seen, chosen = (matrix(split.people, own) for own in (split.split.known, split.split.held_out))
    fresh = chosen - chosen.multiply(seen)
    return np.flatnonzero((np.diff(seen.indptr) > 0) & (np.asarray(fresh.sum(axis=1)).ravel() > 0))


def cases_of(split: EvaluationSplit, repeats: bool = False) -> HeldOutCases:
    """The held-out cases of those people; with those who only repeat themselves, where wanted."""
    cases = full_history_cases(split.people, split.split, repeats)
    return cases.select(np.flatnonzero(cases.people.histories.lengths))


def hits(items: RankedLists, cases: HeldOutCases) -> BoolArray:
    """(n, k) which of the items are right."""
    return find_hits(cases, items, items >= 0, cases.seen.toarray())[0]


def _validated(inner: EvaluationSplit, rank: Rank) -> float:
    """NDCG@10 on a split of what may be learnt from."""
    cases = cases_of(inner)
    items = rank(matrix(inner.people, inner.split.known), evaluated_rows(inner), 10)
    figures = measures(hits(items, cases), cases.n_relevant, (10,))
    return float(figures["ndcg@10"].mean())


def _foremost(
    score: Callable[[Int64Array], object], past: csr_matrix, rows: Int64Array, k: int
) -> RankedLists:
    """The best unseen items by a library's scores of all items."""
    lists = []
    for first in range(0, len(rows), BLOCK):
        part = rows[first : first + BLOCK]
        scores = np.array(score(part), dtype=np.float64)
        scores[past[part].toarray() > 0] = -np.inf
        lists.append(np.argsort(-scores, axis=1, kind="stable")[:, :k])
    return np.concatenate(lists)


def implicit_als(factors: int, alpha: float, regularization: float) -> Rank:
    """implicit: alternating least squares."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from implicit.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(
            factors=factors, alpha=alpha, regularization=regularization, random_state=0
        )
        model.fit(past, show_progress=False)
        return np.asarray(model.recommend(rows, past[rows], N=k)[0], dtype=np.int64)

    return rank


def implicit_bm25(neighbours: int, b: float) -> Rank:
    """implicit: item neighbours by BM25."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from implicit.nearest_neighbours import BM25Recommender

        model = BM25Recommender(K=neighbours, B=b)
        model.fit(past, show_progress=False)
        return np.asarray(model.recommend(rows, past[rows], N=k)[0], dtype=np.int64)

    return rank


def irspack_ials(factors: int, alpha: float, regularization: float) -> Rank:
    """irspack: implicit ALS with frequency-scaled regularisation."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from irspack import IALSRecommender

        model = IALSRecommender(past, n_components=factors, alpha0=alpha, reg=regularization)
        with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
            model.learn()
        return _foremost(lambda part: model.get_score_cold_user(past[part]), past, rows, k)

    return rank


def irspack_rp3beta(beta: float, neighbours: int) -> Rank:
    """irspack: random walks."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from irspack import RP3betaRecommender

        model = RP3betaRecommender(past, beta=beta, top_k=neighbours).learn()
        return _foremost(lambda part: model.get_score_cold_user(past[part]), past, rows, k)

    return rank


def lenskit_knn(neighbours: int) -> Rank:
    """LensKit: item neighbours."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from lenskit.data import ItemList, RecQuery, from_interactions_df
        from lenskit.knn import ItemKNNScorer

        data = from_interactions_df(_frame(past))
        model = ItemKNNScorer(max_nbrs=neighbours, feedback="implicit")
        model.train(data)
        everything = ItemList(item_ids=np.arange(past.shape[1]))

        def score(part: Int64Array) -> object:
            queries = (RecQuery(user_id=row, user_items=data.user_row(row)) for row in part)
            return [np.nan_to_num(model(one, everything).scores(), nan=-1e9) for one in queries]

        return _foremost(score, past, rows, k)

    return rank


def rectools_ease(regularization: float) -> Rank:
    """RecTools: EASE."""

    def rank(past: csr_matrix, rows: Int64Array, k: int) -> RankedLists:
        from rectools.dataset import Dataset
        from rectools.models import EASEModel

        data = Dataset.construct(_frame(past).assign(weight=1.0, datetime="2000-01-01"))
        model = EASEModel(regularization=regularization).fit(data)
        table = model.recommend(users=rows, dataset=data, k=k, filter_viewed=True)
        lists = np.full((len(rows), k), -1, dtype=np.int64)
        places = np.searchsorted(rows, table["user_id"].to_numpy())
        lists[places, table["rank"].to_numpy() - 1] = table["item_id"].to_numpy()
        return lists

    return rank


def _frame(past: csr_matrix) -> Any:
    """The matrix as the table of pairs that some libraries want."""
    import pandas as pd

    pairs = past.tocoo()
    return pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col})


PEERS: Mapping[str, tuple[str, Mapping[str, Rank]]] = {
    "implicit ALS": (
        "implicit",
        {
            f"{factors} factors, alpha {alpha}": implicit_als(factors, alpha, 0.05)
            for factors in (32, 96)
            for alpha in (1.0, 10.0)
        },
    ),
    "implicit BM25": (
        "implicit",
        {
            f"K {neighbours}, B {b}": implicit_bm25(neighbours, b)
            for neighbours in (50, 200)
            for b in (0.2, 0.75)
        },
    ),
    "irspack iALS": (
        "irspack",
        {
            f"{factors} factors, alpha {alpha}, reg {reg}": irspack_ials(factors, alpha, reg)
            for factors in (32, 96)
            for alpha in (0.05, 0.3)
            for reg in (0.002, 0.02)
        },
    ),
    "irspack RP3beta": (
        "irspack",
        {
            f"beta {beta}, K {neighbours}": irspack_rp3beta(beta, neighbours)
            for beta in (0.3, 0.6)
            for neighbours in (50, 200)
        },
    ),
    "lenskit kNN": ("lenskit", {f"{k} neighbours": lenskit_knn(k) for k in (20, 50)}),
    "rectools EASE": (
        "rectools",
        {f"regularization {own:g}": rectools_ease(own) for own in (50.0, 200.0, 800.0)},
    ),
}
"""For each peer the module it comes in, and its settings to choose from."""
