"""Everything a re-ranker must keep, a check each."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from tastemaker.data import Float32Array
from tastemaker.errors import PluginError
from tastemaker.plugin.discovery import PluginSource, plugins_of
from tastemaker.plugin.guarded_reranker import checked_parts
from tastemaker.reranker import RankedItems, Reranker
from tastemaker.testing.calling import HiddenFeatures, called, wishing
from tastemaker.testing.demands import close, demand, same
from tastemaker.testing.samples import items_of, people_of

MakeReranker: TypeAlias = Callable[[], Reranker]
"""Makes the re-ranker that is checked: its class, or a function where that needs arguments."""

RerankerCheck: TypeAlias = Callable[[MakeReranker], None]

ADJUSTING_THREADS = 8

_VECTOR_SIZE = 4


def check_reranker_description(make: MakeReranker) -> None:
    """Its class has a name, an order, settings with defaults, and a docstring."""
    kind = type(make())
    if isinstance(make, type):
        (plugin,) = plugins_of(kind, PluginSource(kind.__name__))
        demand(not plugin.problem, plugin.problem)
    demand(bool(kind.__doc__), "the class must have a docstring")


def check_parts(make: MakeReranker) -> None:
    """What it adds has the right shape and type, and is finite; nobody and empty lists are fine."""
    for lists in _samples():
        adjusted(make(), lists)


def check_deterministic(make: MakeReranker) -> None:
    """The same lists get the same again, from the same object and from another one."""
    lists = ranked_items()
    reranker = make()
    first = adjusted(reranker, lists)
    wish = "adjust must give the same for the same lists"
    same(adjusted(reranker, lists), first, wish)
    same(adjusted(make(), lists), first, wish)


def check_lists_stay(make: MakeReranker) -> None:
    """The lists and the people are not changed."""
    lists = ranked_items()
    before = copy.deepcopy(lists)
    adjusted(make(), lists)
    for name in ("items", "valid", "scores", "vectors"):
        same(getattr(lists, name), getattr(before, name), f"adjust must not change the {name}")
    for name in ("times", "kinds", "weights"):
        past, now = (getattr(each.people, name) for each in (before, lists))
        same(now, past, f"adjust must not change the people's {name}")
    demand(lists.catalogue == before.catalogue, "adjust must not change the catalogue")


def check_lists_are_independent(make: MakeReranker) -> None:
    """A person's items get the same alone and in a batch, however wide the lists are."""
    lists, reranker = ranked_items(), make()
    batch = adjusted(reranker, lists)
    for row in range(len(lists)):
        alone = adjusted(reranker, _rows(lists, [row]))
        close(alone[0], batch[row], "a person's row must not depend on who else is in the batch")
    padded = adjusted(reranker, _padded(lists))
    close(padded[:, : batch.shape[1]], batch, "places that hold no item must not count")


def check_first_places_stay(make: MakeReranker) -> None:
    """The first places are the same however many places are wanted."""
    lists, reranker = ranked_items(), make()
    whole = _order(lists, adjusted(reranker, lists))
    for k in range(1, lists.k):
        fewer = dataclasses.replace(lists, k=k)
        order = _order(lists, adjusted(reranker, fewer))
        wish = f"the first {k} places must be the same whether {k} or {lists.k} are wanted"
        same(order[:, :k], whole[:, :k], wish)


def check_rerankers_threads(make: MakeReranker) -> None:
    """Several threads may use one at once."""
    lists, reranker = ranked_items(), make()
    parts = [_rows(lists, [row]) for row in range(len(lists))]
    expected = [adjusted(reranker, part) for part in parts]
    with ThreadPoolExecutor(ADJUSTING_THREADS) as pool:
        found = list(pool.map(lambda part: adjusted(reranker, part), parts * ADJUSTING_THREADS))
    for position, added in enumerate(found):
        same(added, expected[position % len(parts)], "adjust must be safe for threads")


def check_settings_round_trip(make: MakeReranker) -> None:
    """One that is made with the same settings, as they come back from the database, is the same."""
    reranker = make()
    kind, settings = type(reranker), reranker.settings
    demand(
        isinstance(settings, kind.settings_type),
        f"settings must be of the settings_type, {kind.settings_type.__name__}",
    )
    if not isinstance(make, type):
        return
    again = kind(kind.settings_type.from_values(dataclasses.asdict(settings)))
    demand(again.settings == settings, "the settings given must be kept in `settings`")
    lists = ranked_items()
    same(adjusted(again, lists), adjusted(reranker, lists), "the same settings must do the same")


def adjusted(reranker: Reranker, lists: RankedItems) -> Float32Array:
    """What the re-ranker adds to the scores of lists, 0 where they hold no item.

    Raises:
        PluginError: it is no finite float32 array of the lists' shape.
    """
    with wishing("adjust must work on any lists"):
        result = called("adjust", lambda: reranker.adjust(seen_lists(reranker, lists)))
    parts, problem = checked_parts(result, lists)
    if parts is None:
        raise PluginError(f"adjust {problem}.")
    demand(result.dtype == np.float32, f"adjust must return float32, not {result.dtype}")
    return parts


def seen_lists(reranker: Reranker, lists: RankedItems) -> RankedItems:
    """Lists as the engine shows them to a re-ranker: with features only if it declares them."""
    if reranker.uses_features:
        return lists
    people = dataclasses.replace(lists.people, features=HiddenFeatures())
    return dataclasses.replace(lists, people=people)


def ranked_items(n_people: int = 5, width: int = 8, n_items: int = 12) -> RankedItems:
    """Lists of items of various lengths, best first, with vectors that differ by parity and more.

    Items have the titles and attributes of `items_of`.

    Args:
        n_people: whose lists; each is one shorter than the one before, and the last is empty.
        width: how long the longest list is.
        n_items: how many items there are.
    """
    rng = np.random.default_rng(7)
    lengths = np.append(np.maximum(width - np.arange(n_people - 1), 1), 0)
    valid = np.arange(width) < lengths[:n_people, np.newaxis]
    drawn = [rng.permutation(n_items)[:width] for _ in range(n_people)]
    items = np.array(drawn, dtype=np.int64).reshape(n_people, width) * valid
    scores = -np.sort(-rng.normal(size=(n_people, width)), axis=1).astype(np.float32) * valid
    parity = np.eye(_VECTOR_SIZE)[np.arange(n_items) % 2]
    vectors = parity + rng.normal(scale=0.3, size=(n_items, _VECTOR_SIZE))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    own = (vectors[items] * valid[:, :, np.newaxis]).astype(np.float32)
    people = people_of([[row % n_items] for row in range(n_people)], n_items)
    return RankedItems(people, items, valid, scores, items_of(n_items), width, own)


def _samples() -> Iterator[RankedItems]:
    lists = ranked_items()
    yield lists
    yield _rows(lists, [0])
    yield _rows(lists, [len(lists) - 1])
    yield _rows(lists, [])
    yield ranked_items(2, 1, 1)
    yield dataclasses.replace(lists, vectors=None)
    yield dataclasses.replace(lists, scores=lists.scores * np.float32(1e6))
    yield dataclasses.replace(lists, scores=np.zeros_like(lists.scores))


def _rows(lists: RankedItems, rows: list[int]) -> RankedItems:
    chosen = np.array(rows, dtype=np.int64)
    vectors = None if lists.vectors is None else lists.vectors[chosen]
    return RankedItems(
        lists.people.select(chosen),
        lists.items[chosen],
        lists.valid[chosen],
        lists.scores[chosen],
        lists.catalogue,
        lists.k,
        vectors,
    )


def _padded(lists: RankedItems) -> RankedItems:
    """The same lists with two more places, which hold nothing."""
    room = ((0, 0), (0, 2))
    vectors = None if lists.vectors is None else np.pad(lists.vectors, (*room, (0, 0)))
    return dataclasses.replace(
        lists,
        items=np.pad(lists.items, room),
        valid=np.pad(lists.valid, room),
        scores=np.pad(lists.scores, room),
        vectors=vectors,
    )


def _order(
    lists: RankedItems, added: Float32Array
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(n, width) the places of the items by their adjusted scores, those of no item last."""
    totals = np.where(lists.valid, lists.scores + added, -np.inf)
    return np.argsort(-totals, axis=1, kind="stable")
