"""From a person's history to recommendations: for one person, for many, and for an item."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Int64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.time_limit import time_limited
from tastemaker.request.terms import PLAIN, Terms
from tastemaker.serving.answers import Answer, Details, Recommendation
from tastemaker.serving.blas_threads import one_blas_thread
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.explain import Explainer, reason_amounts
from tastemaker.serving.pages import next_page
from tastemaker.serving.ranker import Ranking
from tastemaker.serving.request_batch import RequestBatch
from tastemaker.serving.requested import rerankers_of
from tastemaker.serving.seen import excluded_items
from tastemaker.serving.state import ServingState
from tastemaker.serving.told import TOLD, ToldLess, told_less

PEOPLE_TOGETHER = 128
"""People ranked together at most: what members score of their candidates fits a processor's cache.
Chosen, not measured."""

MAX_CELLS = 2**24
"""People times items of one part at most: 16 MiB for what must not be shown, as much for what was
retrieved, and in a scan 64 MiB for the scores of all members together."""

DEADLINE = 1.0
"""Seconds that plugins of others may take of one person's answer, unless set. Chosen, not measured:
the members of a release take some milliseconds together."""

MOST_DEADLINES = 10
"""Answers for several people may take as many times as long, but so many times at most."""

WORKERS = 2
"""Batches that are ranked at once, at most: NumPy lets threads run side by side. Chosen, not
measured."""


def respond(batch: RequestBatch, deadline: float = DEADLINE) -> list[Answer]:
    """The recommendations for each person of a batch.

    Args:
        batch: the people.
        deadline: seconds that plugins of others may take of one person's answer.
    """
    state, terms = batch.state, batch.terms
    if len(state.catalogue) == 0:
        return [Answer((), details) for details in _details(batch, None)]
    ineligible = ineligible_items(state.catalogue, terms)
    by_row: dict[int, Answer] = {}
    for rows, part in batch.parts(part_size(state, terms.exact)):
        limit = deadline * min(len(part.people), MOST_DEADLINES)
        with one_blas_thread(), time_limited(limit):
            answers = _answers_of_part(part, ineligible)
        by_row.update(zip(rows.tolist(), answers, strict=True))
    return [by_row[row] for row in range(len(batch.people))]


def _answers_of_part(part: RequestBatch, ineligible: BoolArray) -> list[Answer]:
    """The recommendations for people who are ranked together, by what they want less of as well."""
    state = part.state
    told = told_less(part.people, state.kinds, state.nearest)
    if told is None or len(part.people) == 1:
        return _answers(part, ineligible, told)
    # Ranked with the others they would change nothing, but those are to stay as they are to the
    # last bit.
    answers = _answers(part, ineligible)
    rows = np.unique(told.rows)
    for row, own in zip(rows.tolist(), part.each(rows), strict=True):
        told = told_less(own.people, state.kinds, state.nearest)
        (answers[row],) = _answers(own, ineligible, told)
    return answers


def _answers(
    part: RequestBatch, ineligible: BoolArray, told: ToldLess | None = None
) -> list[Answer]:
    """The recommendations for people who are ranked together.

    Args:
        part: these people.
        ineligible: (n_items,) items that nobody may be shown.
        told: what these people want less of.
    """
    state = part.state
    ranking = rank_part(part, ineligible, told)
    recommended = _recommended(ranking, state.catalogue)
    if part.terms.explain:
        with state.ranker.observer.timing("explain", len(part.people)):
            recommended, lacking = _all_explained(state, ranking, part.people, recommended, told)
        # most members fail to explain for the reason that they failed to score for
        ranking = replace(ranking, problems=tuple(dict.fromkeys((*ranking.problems, *lacking))))
    return list(map(Answer, recommended, _details(part, ranking), _shown(part, ranking)))


def rank_part(batch: RequestBatch, ineligible: BoolArray, told: ToldLess | None = None) -> Ranking:
    """The page of each person of a batch.

    Args:
        batch: so few people that they are ranked together.
        ineligible: (n_items,) items that nobody may be shown.
        told: what these people want less of.
    """
    state, terms = batch.state, batch.terms
    excluded = excluded_items(batch.people, state.kinds, ineligible, terms.seen)
    shown = state.catalogue.indexes(terms.shown).astype(np.int64)
    ranker = state.ranker_for(batch.may_repeat).exploring(batch.share)
    k = terms.k + len(shown)
    reranking = state.reranking.along_with(rerankers_of(terms, state.catalogue))
    ranking = ranker.rank(batch.people, excluded, k, batch.seeds, terms.exact, told, reranking)
    return next_page(ranking, shown, terms.k)


def respond_in_turn(
    batches: Iterable[RequestBatch], deadline: float = DEADLINE
) -> Iterator[list[Answer]]:
    """The recommendations for each person, batch after batch.

    While some are ranked, the next batch is read: only the caller's own thread uses `batches`.
    """
    workers = min(WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, "tastemaker") as ranking:
        under_way: deque[Future[list[Answer]]] = deque()
        for batch in batches:
            under_way.append(ranking.submit(respond, batch, deadline))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def part_size(state: ServingState, exact: bool) -> int:
    """How many people are ranked together: so few that the memory for it is bounded."""
    width = len(state.catalogue)
    if exact:
        width *= len(state.members) + 1
    return max(1, min(PEOPLE_TOGETHER, MAX_CELLS // width))


def ineligible_items(catalogue: Catalogue, terms: Terms = PLAIN) -> BoolArray:
    """(n_items,) bool: the items that nobody may be shown by these terms."""
    ineligible: BoolArray = ~catalogue.available
    if terms.where is not None:
        ineligible |= ~catalogue.matching(terms.where)
    for item_id in terms.exclude:
        item = catalogue.index_of.get(item_id)
        if item is not None:
            ineligible[item] = True
    return ineligible


def similar_items(
    state: ServingState, item_ids: Sequence[str], terms: Terms
) -> list[Recommendation]:
    """The items that may be shown and are most like some items, by all members that can tell.

    Each member's similarities are brought to one scale, and weighted as for a history of these
    items.

    Raises:
        NotFoundError: one of the items is not there.
    """
    catalogue = state.catalogue
    items = [catalogue.find(item_id) for item_id in item_ids]
    excluded = ineligible_items(catalogue, terms)[np.newaxis]
    excluded[0, items] = True
    if not items:
        return []
    return _recommended(state.ranker.rank_similar(items, excluded, terms.k), catalogue)[0]


def _recommended(ranking: Ranking, catalogue: Catalogue) -> list[list[Recommendation]]:
    """Recommendations without reasons; Python lists, because indexing arrays one by one is slow."""
    best = ranking.best
    lengths = np.count_nonzero(best.valid, axis=1).tolist()
    rows = [own[:n] for own, n in zip(best.items.tolist(), lengths, strict=True)]
    # many are recommended the same: each item's texts are read once
    shown = list({item for own in rows for item in own})
    texts = catalogue.texts(np.array(shown, dtype=np.int64))
    ids, titles = (dict(zip(shown, own, strict=True)) for own in texts)
    result = [
        list(map(Recommendation, map(ids.__getitem__, own), totals, map(titles.__getitem__, own)))
        for own, totals in zip(rows, best.totals.tolist(), strict=True)
    ]
    for row, place in np.argwhere(ranking.explored).tolist():
        result[row][place] = result[row][place]._replace(explored=True)
    return result


def _shown(batch: RequestBatch, ranking: Ranking) -> Iterator[tuple[int, ...]]:
    """The store's keys of the items that each person was shown, on this page and before it."""
    keys, before = batch.state.catalogue.keys, tuple(batch.terms.shown.tolist())
    best = ranking.best
    for items, valid in zip(best.items, best.valid, strict=True):
        own = items[valid]
        # a page that is not full is the last
        yield (*before, *keys[own].tolist()) if len(own) == batch.terms.k else ()


def _details(batch: RequestBatch, ranking: Ranking | None) -> list[Details]:
    """How the recommendations for each person came about."""
    release, lengths = batch.state.release, batch.people.histories.lengths.tolist()
    problems = (*batch.problems, *batch.state.problems)
    if ranking is None:
        return [Details(release, length, {}, problems) for length in lengths]
    problems = (*problems, *ranking.problems)
    return [
        Details(release, length, dict(zip(ranking.members, weights, strict=True)), problems)
        for length, weights in zip(lengths, ranking.weights.tolist(), strict=True)
    ]


def _all_explained(
    state: ServingState,
    ranking: Ranking,
    people: People,
    recommended: Sequence[Sequence[Recommendation]],
    told: ToldLess | None,
) -> tuple[list[list[Recommendation]], list[str]]:
    """The recommendations of everybody with contributions, reasons and words, and what lacks."""
    members = {member.name: member for member in state.members}
    best = ranking.best
    names = (*ranking.members, *ranking.adjusters)
    explainer = Explainer(
        names,
        {name: type(member.recommender) for name, member in members.items()},
        state.catalogue,
        ranking.adjusters,
        state.ranker.fallback.counts,
        state.pairs,
    )
    problems: list[str] = []
    parts = [
        _parts(members.get(name), people, best.items, own, problems)
        for name, own in zip(names, best.contributions, strict=True)
    ]
    if told is not None:
        n_interactions = len(people.histories.items)
        row = names.index(TOLD)
        parts[row] = told.reasons(best, best.contributions[row], n_interactions)
    words = [_words(members.get(name), people, best.items, problems) for name in ranking.members]
    result, starts, items = [], people.histories.indptr.tolist(), people.histories.items
    for row, plain in enumerate(recommended):
        own = slice(starts[row], starts[row + 1])
        contributions = best.contributions[:, row]
        amounts = reason_amounts([part[own] for part in parts], contributions, items[own])
        own_words = [texts[row] if texts else () for texts in words]
        shown = best.items[row].tolist()
        result.append(explainer.explained(plain, shown, contributions, amounts, own_words))
    return result, problems


def _words(
    member: GuardedRecommender | None, people: People, items: Int64Array, problems: list[str]
) -> Sequence[Sequence[str]]:
    """A member's own words for the items of each person; nothing where it has none, or fails."""
    if member is None:
        return ()
    texts, problem = member.words(people, items)
    problems.extend([f"{member.name} {problem}"] if problem else [])
    return texts or ()


def _parts(
    member: GuardedRecommender | None,
    people: People,
    items: Int64Array,
    contributions: Float32Array,
    problems: list[str],
) -> Float32Array:
    """(n_interactions, k) what of a member's scores is owed to each interaction; 0 for none."""
    if member is not None and contributions.any():
        parts, problem = member.reasons(people, items)
        problems.extend([f"{member.name} {problem}"] if problem else [])
        if parts is not None:
            return parts
    return np.zeros((len(people.histories.items), items.shape[1]), dtype=np.float32)
