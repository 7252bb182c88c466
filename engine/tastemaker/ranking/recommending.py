"""From a person's history to an answer: for one person, for many, and for an item's likes."""

from __future__ import annotations

import numpy as np

from tastemaker.data import BoolArray, Float64Array, People
from tastemaker.guard import Guarded
from tastemaker.ranking.answers import Answer, Details, Recommendation
from tastemaker.ranking.catalogue import Catalogue, Where
from tastemaker.ranking.explain import reasons, spread, words
from tastemaker.ranking.ranker import Ranking, barred_items
from tastemaker.ranking.serving import Serving


def answers(
    serving: Serving, people: People, k: int, where: Where | None, explain: bool
) -> list[Answer]:
    """An answer for each person.

    Args:
        serving: the release at work, with its catalogue.
        people: whom to answer; histories over the serving's catalogue.
        k: how many recommendations each gets, unless fewer items may be shown.
        where: only items with these attributes.
        explain: whether each recommendation says why.
    """
    catalogue = serving.catalogue
    if len(catalogue) == 0:
        return [Answer((), details) for details in _details(serving, None, people)]
    barred = barred_items(people, forbidden(catalogue, where))
    ranking = serving.ranker.rank(people, barred, k)
    plain = zip(_plain(ranking, catalogue), _details(serving, ranking, people), strict=True)
    result = []
    for row, (recommendations, details) in enumerate(plain):
        if explain:
            person = people.select(np.array([row]))
            recommendations = [
                _explained(serving, ranking, person, row, place, one)
                for place, one in enumerate(recommendations)
            ]
        result.append(Answer(recommendations, details))
    return result


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
    barred = ~catalogue.available[np.newaxis]
    barred[0, item] = True
    best = serving.ranker.rank_similar(item, barred, k).best
    totals, valid = best.totals[0].tolist(), best.valid[0].tolist()
    return [
        _recommendation(catalogue, index, score)
        for index, score, real in zip(best.items[0].tolist(), totals, valid, strict=True)
        if real
    ]


def _plain(ranking: Ranking, catalogue: Catalogue) -> list[list[Recommendation]]:
    """Recommendations without reasons; Python lists, because indexing arrays one by one is slow."""
    best = ranking.best
    return [
        [
            _recommendation(catalogue, index, score)
            for index, score, real in zip(items, totals, valid, strict=True)
            if real
        ]
        for items, totals, valid in zip(
            best.items.tolist(), best.totals.tolist(), best.valid.tolist(), strict=True
        )
    ]


def _recommendation(catalogue: Catalogue, index: int, score: float) -> Recommendation:
    return Recommendation(catalogue.items.ids[index], score, catalogue.items.titles[index])


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
    return Recommendation(
        plain.item_id,
        plain.score,
        plain.title,
        contributions,
        reasons(total, person, catalogue),
        words(contributions, amounts, kinds, person, catalogue),
    )


def _amounts(member: Guarded, person: People, item: int, contribution: float) -> Float64Array:
    """(n_interactions,) the member's contribution, spread over the person's interactions."""
    parts, _ = member.reasons(person, item)
    if parts is None:
        return np.zeros(len(person.histories.items))
    return spread(parts.astype(np.float64), contribution)
