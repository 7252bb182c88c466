"""From a person's history to recommendations: for one person, for many, and for an item."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tastemaker.data import BoolArray, Float64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.answers import Answer, Details, Recommendation
from tastemaker.serving.catalogue import Catalogue, Where
from tastemaker.serving.explain import explanation_text, make_reasons, scale_parts
from tastemaker.serving.ranker import Ranking, excluded_items
from tastemaker.serving.request_batch import RequestBatch
from tastemaker.serving.state import ServingState

CACHED_SCORES = 2**21
"""Scores of all members made together: what a processor's cache has room for. Chosen, not
measured."""

MIN_TOGETHER = 16
"""People scored together at least: for fewer, a call of every member is not worth it. Chosen, not
measured."""

MAX_SCORES = 2**24
"""Scores of one part held at once at most: 64 MiB. Members need as much again for a while."""

WORKERS = 2
"""Batches that are ranked at once, at most: NumPy lets threads run side by side. Chosen, not
measured."""


def respond(batch: RequestBatch, k: int, where: Where | None, explain: bool) -> list[Answer]:
    """The recommendations for each person of a batch.

    Args:
        batch: whom to recommend to.
        k: how many recommendations each gets, unless fewer items may be shown.
        where: only items with these attributes.
        explain: whether each recommendation says why.
    """
    state = batch.state
    if len(state.catalogue) == 0:
        return [Answer((), details) for details in _details(state, None, batch.people)]
    ineligible = ineligible_items(state.catalogue, where)
    result: list[Answer] = []
    for people, seeds in ((part.people, part.seeds) for part in batch.parts(part_size(state))):
        ranking = state.ranker.rank(people, excluded_items(people, ineligible), k, seeds)
        recommended = _recommended(ranking, state.catalogue)
        if explain:
            recommended = _all_explained(state, ranking, people, recommended)
        result.extend(map(Answer, recommended, _details(state, ranking, people)))
    return result


def respond_in_turn(
    batches: Iterable[RequestBatch], k: int, where: Where | None
) -> Iterator[list[Answer]]:
    """The recommendations for each person, batch after batch.

    While some are ranked, the next batch is read: only the caller's own thread uses `batches`.
    """
    workers = min(WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, "tastemaker") as ranking:
        under_way: deque[Future[list[Answer]]] = deque()
        for batch in batches:
            under_way.append(ranking.submit(respond, batch, k, where, False))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def part_size(state: ServingState) -> int:
    """How many people are scored together: so few that the memory for scores is bounded."""
    width = len(state.catalogue) * (len(state.ranker.members) + 1)
    return max(1, min(max(CACHED_SCORES // width, MIN_TOGETHER), MAX_SCORES // width))


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
    ids, titles = catalogue.items.ids.__getitem__, catalogue.items.titles.__getitem__
    lengths = np.count_nonzero(best.valid, axis=1).tolist()
    result = [
        list(map(Recommendation, map(ids, items[:n]), totals[:n], map(titles, items[:n])))
        for items, totals, n in zip(best.items.tolist(), best.totals.tolist(), lengths, strict=True)
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
    members = {member.name: member for member in state.ranker.members}
    result = []
    for row, plain in enumerate(recommended):
        person = people.select(np.array([row]))
        result.append(
            [
                _explained(one, members, state.catalogue, ranking, person, (row, place))
                for place, one in enumerate(plain)
            ]
        )
    return result


def _explained(
    plain: Recommendation,
    members: Mapping[str, GuardedRecommender],
    catalogue: Catalogue,
    ranking: Ranking,
    person: People,
    spot: tuple[int, int],
) -> Recommendation:
    """The recommendation at a spot (row, place) with its contributions, reasons and text."""
    item = int(ranking.best.items[spot])
    parts = ranking.best.contributions[:, spot[0], spot[1]].tolist()
    contributions = dict(zip(ranking.members, parts, strict=True))
    amounts = {
        name: _amounts(members.get(name), person, item, part)
        for name, part in contributions.items()
    }
    classes = {name: type(member.recommender) for name, member in members.items()}
    total: Float64Array = np.sum(list(amounts.values()), axis=0)
    return plain._replace(
        contributions=contributions,
        reasons=make_reasons(total, person, catalogue),
        why=explanation_text(
            contributions, amounts, classes, person, catalogue, explored=plain.explored
        ),
    )


def _amounts(
    member: GuardedRecommender | None, person: People, item: int, contribution: float
) -> Float64Array:
    """(n_interactions,) what of a contribution is owed to each interaction; 0 where none is."""
    parts = None if member is None else member.reasons(person, item)[0]
    if parts is None:
        return np.zeros(len(person.histories.items))
    return scale_parts(parts.astype(np.float64), contribution)
