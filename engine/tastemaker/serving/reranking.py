"""From the best items of each person to the order in which they are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tastemaker.blend import Blended
from tastemaker.data import Float32Array, Items, People
from tastemaker.errors import TastemakerError
from tastemaker.json_types import Json
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_reranker import GuardedReranker
from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.plugin.registry import registry_of_others
from tastemaker.reranker import RankedItems, Reranker
from tastemaker.serving.item_likeness import ItemLikeness

RERANKED = 200
"""How many items of each person are re-ranked, however few are shown: so the next page goes on
where the last one ended. Chosen, not measured."""


class Reranked(NamedTuple):
    """Lists in their new order.

    Attributes:
        best: the items of each person; the contributions of the members, and then those of each
            re-ranker, sum to the totals.
        rerankers: those whose contributions these are, in order: by the name of each why it puts an
            item first.
        problems: what kept others out.
    """

    best: Blended
    rerankers: dict[str, str]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reranking:
    """The re-rankers at work, and what they are told about items.

    Attributes:
        rerankers: in the order of their turns.
        catalogue: all items.
        likeness: what items are like.
    """

    rerankers: tuple[GuardedReranker, ...]
    catalogue: Items
    likeness: ItemLikeness

    def along_with(self, others: Sequence[Reranker]) -> Reranking:
        """These and others, which one request asks for; all of them in the order of their turns."""
        if not others:
            return self
        together = (*self.rerankers, *map(GuardedReranker, others))
        return replace(self, rerankers=tuple(sorted(together, key=_turn)))

    def apply(self, ranked: Blended, people: People, k: int) -> Reranked:
        """The first `k` of each person's ranked items, in the order that the re-rankers give them.

        One after the other adds to the scores of the first `RERANKED` items, and these are sorted
        anew. What stands behind them stays behind them, in its order: a part of the last re-ranker
        lowers all of that by as much as it takes.

        Args:
            ranked: the first `RERANKED` items of each person or more, as far as there are any, best
                first.
            people: whose items.
            k: how many places are wanted.
        """
        head, tail = ranked.part(0, RERANKED), ranked.part(RERANKED, max(k, RERANKED))
        turns: dict[str, str] = {}
        problems: list[str] = []
        for turn, one in enumerate(self.rerankers, start=1):
            # Whoever comes later may bring any place to the head.
            wanted = min(k, RERANKED) if turn == len(self.rerankers) else RERANKED
            added, problem = one.adjust(self._lists(head, people, wanted, one.reranker))
            if added is None:
                problems.append(f"{one.name} {problem}")
                continue
            turns[one.name] = one.reranker.because
            head = head.with_part(added)
            # The last one's order is only needed where it is shown, or where more stands behind.
            shown = k if turn == len(self.rerankers) and k <= RERANKED else head.items.shape[1]
            head = head.best(shown)
        if tail.items.shape[1]:
            head = head.beside(_lowered(tail, head, len(turns)))
        return Reranked(head.part(0, k), turns, tuple(problems))

    def shortened(self, ranked: Blended, people: People, k: int, first: int) -> Reranked:
        """The same of the first so many places; what follows them moves up to the places from `k`.

        Args:
            ranked: (n, first + n_inserted) items, best first, and what is to be inserted.
            people: whose items.
            k: how many places are wanted.
            first: how many places are ranked.
        """
        result = self.apply(ranked.part(0, first), people, k)
        inserted = ranked.part(first, ranked.items.shape[1])
        if not inserted.items.shape[1]:
            return result
        for _ in result.rerankers:
            inserted = inserted.with_part(np.zeros_like(inserted.totals))
        return result._replace(best=result.best.padded(k).beside(inserted))

    def _lists(self, head: Blended, people: People, k: int, reranker: Reranker) -> RankedItems:
        vectors = self.likeness.vectors(head.items, head.valid) if reranker.uses_vectors else None
        scores = np.where(head.valid, head.totals, np.float32(0))
        return RankedItems(people, head.items, head.valid, scores, self.catalogue, k, vectors)


_NOTHING = Items((), (), ())

NO_RERANKING = Reranking((), _NOTHING, ItemLikeness((), _NOTHING))
"""No re-ranker takes part, and nothing is known of items."""


def _turn(one: GuardedReranker) -> tuple[int, str]:
    return one.reranker.order, one.name


def _lowered(tail: Blended, head: Blended, n_parts: int) -> Blended:
    """Items with parts of as many re-rankers, the last of which puts them behind those before."""
    gaps: Float32Array = np.zeros(len(tail.items), dtype=np.float32)
    filled = tail.valid[:, 0]
    lowest = head.totals[filled].min(axis=1, initial=np.inf)
    gaps[filled] = np.minimum(lowest - tail.totals[filled, 0], 0)
    for part in range(n_parts):
        last = part == n_parts - 1
        added = gaps[:, np.newaxis] * tail.valid if last else np.zeros_like(tail.totals)
        tail = tail.with_part(added)
    return tail


@dataclass(frozen=True)
class LoadedRerankers:
    """The re-rankers of plugins that take part in every answer.

    Attributes:
        rerankers: in the order of their turns.
        problems: what kept others out.
    """

    rerankers: tuple[GuardedReranker, ...] = ()
    problems: tuple[str, ...] = ()


NO_RERANKERS = LoadedRerankers()
"""No plugin brings any."""


def load_rerankers(
    plugins: Sequence[object],
    disabled: Collection[str],
    settings: Mapping[str, Mapping[str, Json]],
    observer: Observer = UNOBSERVED,
) -> LoadedRerankers:
    """The re-rankers in use, with the settings of the configuration.

    Args:
        plugins: what the application brings besides installed distributions.
        disabled: the names that the configuration switches off.
        settings: those that differ from the defaults, by the plugin's name.
        observer: is told what re-rankers do.
    """
    registry = registry_of_others(plugins, disabled)
    present = registry.present_settings(settings)
    made: list[GuardedReranker] = []
    problems: list[str] = []
    for plugin in registry.rerankers:
        try:
            reranker = registry.create_reranker(plugin.name, present.get(plugin.name, {}))
        except TastemakerError as error:
            problems.append(str(error))
        else:
            calls = GuardedCalls.of(plugin)
            made.append(GuardedReranker(reranker, calls, observer))
    return LoadedRerankers(tuple(made), tuple(problems))
