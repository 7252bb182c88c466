"""From a person's history to recommendations: for one person, for many, and for an item."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Int64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.answers import Answer, Details, Recommendation
from tastemaker.serving.blas_threads import one_blas_thread
from tastemaker.serving.catalogue import Catalogue, Where
from tastemaker.serving.explain import Explainer, reason_amounts
from tastemaker.serving.ranker import Ranking, excluded_items
from tastemaker.serving.request_batch import RequestBatch
from tastemaker.serving.state import ServingState

PEOPLE_TOGETHER = 128
"""People ranked together at most: what members score of their candidates fits a processor's cache.
Chosen, not measured."""

MAX_CELLS = 2**24
"""People times items of one part at most: 16 MiB for what must not be shown, as much for what was
retrieved, and in a scan 64 MiB for the scores of all members together."""

WORKERS = 2
"""Batches that are ranked at once, at most: NumPy lets threads run side by side. Chosen, not
measured."""


def respond(
    batch: RequestBatch, k: int, where: Where | None, explain: bool, exact: bool = False
) -> list[Answer]:
    """The recommendations for each person of a batch.

    Args:
        batch: whom to recommend to.
        k: how many recommendations each gets, unless fewer items may be shown.
        where: only items with these attributes.
        explain: whether each recommendation says why.
        exact: whether every item is scored, instead of candidates.
    """
    state = batch.state
    if len(state.catalogue) == 0:
        return [Answer((), details) for details in _details(state, None, batch.people)]
    ineligible = ineligible_items(state.catalogue, where)
    result: list[Answer] = []
    parts = batch.parts(part_size(state, exact))
    for people, seeds in ((part.people, part.seeds) for part in parts):
        excluded = excluded_items(people, ineligible)
        with one_blas_thread():
            ranking = state.ranker.rank(people, excluded, k, seeds, exact, state.reranking)
            recommended = _recommended(ranking, state.catalogue)
            if explain:
                recommended = _all_explained(state, ranking, people, recommended)
        result.extend(map(Answer, recommended, _details(state, ranking, people)))
    return result


def respond_in_turn(
    batches: Iterable[RequestBatch], k: int, where: Where | None, exact: bool = False
) -> Iterator[list[Answer]]:
    """The recommendations for each person, batch after batch.

    While some are ranked, the next batch is read: only the caller's own thread uses `batches`.
    """
    workers = min(WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, "tastemaker") as ranking:
        under_way: deque[Future[list[Answer]]] = deque()
        for batch in batches:
            under_way.append(ranking.submit(respond, batch, k, where, False, exact))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def part_size(state: ServingState, exact: bool) -> int:
    """How many people are ranked together: so few that the memory for it is bounded."""
    width = len(state.catalogue)
    if exact:
        width *= len(state.ranker.members) + 1
    return max(1, min(PEOPLE_TOGETHER, MAX_CELLS // width))


def ineligible_items(catalogue: Catalogue, where: Where | None = None) -> BoolArray:
    """(n_items,) bool: the items that nobody may be shown."""
    unavailable: BoolArray = ~catalogue.available
    return unavailable | ~catalogue.matching(where) if where else unavailable


def similar_items(state: ServingState, item_id: str, k: int) -> list[Recommendation]:
    """The available items most like one item, by all members that can tell.

    Each member's similarities are brought to one scale, and weighted as for a history of one item.

    Raises:
        NotFoundError: no such item.
    """
    catalogue = state.catalogue
    item = catalogue.find(item_id)
    excluded = ineligible_items(catalogue)[np.newaxis]
    excluded[0, item] = True
    return _recommended(state.ranker.rank_similar(item, excluded, k), catalogue)[0]


def _recommended(ranking: Ranking, catalogue: Catalogue) -> list[list[Recommendation]]:
    """Recommendations without reasons; Python lists, because indexing arrays one by one is slow."""
    best = ranking.best
    lengths = np.count_nonzero(best.valid, axis=1).tolist()
    rows = [own[:n] for own, n in zip(best.items.tolist(), lengths, strict=True)]
    # many are recommended the same: each item's texts are read once
    shown = {item for own in rows for item in own}
    ids = {item: catalogue.items.ids[item] for item in shown}
    titles = {item: catalogue.items.titles[item] for item in shown}
    result = [
        list(map(Recommendation, map(ids.__getitem__, own), totals, map(titles.__getitem__, own)))
        for own, totals in zip(rows, best.totals.tolist(), strict=True)
    ]
    for row, place in np.argwhere(ranking.explored).tolist():
        result[row][place] = result[row][place]._replace(explored=True)
    return result


def _details(state: ServingState, ranking: Ranking | None, people: People) -> list[Details]:
    """How the recommendations for each person came about."""
    lengths = people.histories.lengths.tolist()
    if ranking is None:
        return [Details(state.release, length, {}, state.problems) for length in lengths]
    problems = (*state.problems, *ranking.problems)
    return [
        Details(state.release, length, dict(zip(ranking.members, weights, strict=True)), problems)
        for length, weights in zip(lengths, ranking.weights.tolist(), strict=True)
    ]


def _all_explained(
    state: ServingState,
    ranking: Ranking,
    people: People,
    recommended: Sequence[Sequence[Recommendation]],
) -> list[list[Recommendation]]:
    """The recommendations of everybody with contributions, reasons and words."""
    members = {member.name: member for member in state.ranker.members}
    best = ranking.best
    names = (*ranking.members, *ranking.rerankers)
    explainer = Explainer(
        names,
        {name: type(member.recommender) for name, member in members.items()},
        state.catalogue,
        ranking.rerankers,
    )
    parts = [
        _parts(members.get(name), people, best.items, own)
        for name, own in zip(names, best.contributions, strict=True)
    ]
    result, starts, items = [], people.histories.indptr.tolist(), people.histories.items
    for row, plain in enumerate(recommended):
        own = slice(starts[row], starts[row + 1])
        contributions = best.contributions[:, row]
        amounts = reason_amounts([part[own] for part in parts], contributions, items[own])
        result.append(explainer.explained(plain, contributions, amounts))
    return result


def _parts(
    member: GuardedRecommender | None,
    people: People,
    items: Int64Array,
    contributions: Float32Array,
) -> Float32Array:
    """(n_interactions, k) what of a member's scores is owed to each interaction; 0 for none."""
    if member is not None and contributions.any():
        parts, _ = member.reasons(people, items)
        if parts is not None:
            return parts
    return np.zeros((len(people.histories.items), items.shape[1]), dtype=np.float32)
