"""From a person's history to an answer: for one person, for many, and for an item's likes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tastemaker.data import BoolArray, Float64Array, People
from tastemaker.plugin.guard import GuardedRecommender
from tastemaker.serving.answers import Answer, Details, Recommendation
from tastemaker.serving.catalogue import Catalogue, Where
from tastemaker.serving.explain import reasons, spread, words
from tastemaker.serving.exploration import Seeds
from tastemaker.serving.ranker import Ranking, excluded_items
from tastemaker.serving.request_batch import RequestBatch
from tastemaker.serving.server import Serving

CACHED = 2**21
"""Scores made together, of all members, that the processor's cache has room for."""

TOGETHER = 16
"""People who are scored together at least: a call of every member is not worth it for fewer."""

MOST = 2**24
"""Scores of one part held at once at most: 64 MiB. Members need as much again for a while."""

WORKERS = 2
"""Parts of many people that are ranked at once, at most: NumPy lets threads run side by side."""


def answers(asking: RequestBatch, k: int, where: Where | None, explain: bool) -> list[Answer]:
    """An answer for each person.

    Args:
        asking: whom to answer.
        k: how many recommendations each gets, unless fewer items may be shown.
        where: only items with these attributes.
        explain: whether each recommendation says why.
    """
    serving, catalogue = asking.serving, asking.serving.catalogue
    if len(catalogue) == 0:
        return [Answer((), details) for details in _details(serving, None, asking.people)]
    hidden = forbidden(catalogue, where)
    result: list[Answer] = []
    for part, seeds in blocks(asking):
        ranking = serving.ranker.rank(part, excluded_items(part, hidden), k, seeds)
        recommended = _recommended(ranking, catalogue)
        if explain:
            recommended = _all_explained(serving, ranking, part, recommended)
        details = _details(serving, ranking, part)
        result.extend(map(Answer, recommended, details))
    return result


def answers_in_turn(
    parts: Iterable[RequestBatch], k: int, where: Where | None
) -> Iterator[list[Answer]]:
    """An answer for each person, part after part.

    While some parts are ranked, the next is read: `parts` is only used by the caller's own thread.
    """
    workers = min(WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, "tastemaker") as ranking:
        under_way: deque[Future[list[Answer]]] = deque()
        for part in parts:
            under_way.append(ranking.submit(answers, part, k, where, False))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def blocks(asking: RequestBatch) -> Iterator[tuple[People, Seeds | None]]:
    """The people in parts, so few at a time that the memory for their scores is bounded."""
    people, seeds = asking.people, asking.seeds
    width = len(asking.serving.catalogue) * (len(asking.serving.ranker.members) + 1)
    step = max(1, min(max(CACHED // width, TOGETHER), MOST // width))
    if len(people) <= step:
        yield people, seeds
        return
    for first in range(0, len(people), step):
        rows = np.arange(first, min(first + step, len(people)))
        yield people.select(rows), None if seeds is None else seeds[rows]


def forbidden(catalogue: Catalogue, where: Where | None) -> BoolArray:
    """(n_items,) bool: what nobody must be shown."""
    unavailable: BoolArray = ~catalogue.available
    return unavailable | ~catalogue.matching(where) if where else unavailable


def similar(serving: Serving, item_id: str, k: int) -> list[Recommendation]:
    """The available items most like one item, by all members that can tell.

    Each member's likenesses are brought to one scale and weighed as for a history of one item.

    Raises:
        NotFoundError: no such item.
    """
    catalogue = serving.catalogue
    item = catalogue.find(item_id)
    excluded = ~catalogue.available[np.newaxis]
    excluded[0, item] = True
    return _recommended(serving.ranker.rank_similar(item, excluded, k), catalogue)[0]


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


def _details(serving: Serving, ranking: Ranking | None, people: People) -> list[Details]:
    """How the answer to each person came about."""
    lengths = people.histories.lengths.tolist()
    if ranking is None:
        return [Details(serving.release, length, {}, serving.problems) for length in lengths]
    names = [member.name for member in ranking.members]
    problems = (*serving.problems, *ranking.problems)
    return [
        Details(serving.release, length, dict(zip(names, weights, strict=True)), problems)
        for length, weights in zip(lengths, ranking.weights.tolist(), strict=True)
    ]


def _all_explained(
    serving: Serving,
    ranking: Ranking,
    people: People,
    recommended: Sequence[Sequence[Recommendation]],
) -> list[list[Recommendation]]:
    result = []
    for row, plain in enumerate(recommended):
        person = people.select(np.array([row]))
        result.append(
            [
                _explained(serving, ranking, person, row, place, one)
                for place, one in enumerate(plain)
            ]
        )
    return result


def _explained(
    serving: Serving,
    ranking: Ranking,
    person: People,
    row: int,
    place: int,
    plain: Recommendation,
) -> Recommendation:
    """The recommendation with its contributions, its reasons, and both in words."""
    catalogue = serving.catalogue
    item = int(ranking.best.items[row, place])
    parts = ranking.best.contributions[:, row, place].tolist()
    contributions = {member.name: part for member, part in zip(ranking.members, parts, strict=True)}
    amounts = {
        member.name: _amounts(member, person, item, contributions[member.name])
        for member in ranking.members
    }
    kinds = {member.name: type(member.recommender) for member in ranking.members}
    total: Float64Array = np.sum(list(amounts.values()), axis=0)
    return plain._replace(
        contributions=contributions,
        reasons=reasons(total, person, catalogue),
        why=words(contributions, amounts, kinds, person, catalogue, plain.explored),
    )


def _amounts(
    member: GuardedRecommender, person: People, item: int, contribution: float
) -> Float64Array:
    """(n_interactions,) the member's contribution, spread over the person's interactions."""
    parts, _ = member.reasons(person, item)
    if parts is None:
        return np.zeros(len(person.histories.items))
    return spread(parts.astype(np.float64), contribution)
