"""People with what just happened to them, which is not recorded, added to what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tastemaker.data import Histories, People, Values
from tastemaker.request.recent import Recent
from tastemaker.serving.catalogue import Catalogue
from tastemaker.store.attribute_columns import as_values
from tastemaker.store.kinds import Kind
from tastemaker.store.people import kind_columns
from tastemaker.validation import Json


def nobody(n_items: int) -> People:
    """One person of whom nothing is known."""
    empty = np.zeros(0, dtype=np.float32)
    histories = Histories(np.zeros(2, dtype=np.int64), empty.astype(np.int32), empty, n_items)
    return People(histories, empty.astype(np.float64), empty.astype(np.int16), empty)


def with_recent(
    person: People,
    recent: Sequence[Recent],
    catalogue: Catalogue,
    kinds: Sequence[Kind],
    now: int,
) -> tuple[People, tuple[str, ...]]:
    """One person with recent interactions as if they were recorded, and which items are unknown.

    Args:
        person: as the store knows them.
        recent: what is added; what has no time happened just now, in the order given.
        catalogue: the items; interactions with others are left out.
        kinds: the kinds of interaction.
        now: microseconds since 1970 UTC.
    """
    known = [one for one in recent if one.item_id in catalogue.index_of]
    unknown = dict.fromkeys(one.item_id for one in recent if one.item_id not in catalogue.index_of)
    problems = tuple(f"recent: there is no item {item_id!r}" for item_id in unknown)
    if not known:
        return person, problems
    keys = {kind.name: kind.key for kind in kinds}
    newer = 1 + max(keys.values(), default=0)  # of a kind that nothing is known of
    items = np.array([catalogue.index_of[one.item_id] for one in known], dtype=np.int32)
    kind_keys = np.array([keys.get(one.kind, newer) for one in known], dtype=np.int64)
    untimed = now - len(known)
    times = [untimed + n if one.time is None else one.time for n, one in enumerate(known)]
    own_kinds, own_weights = kind_columns(kind_keys, kinds)
    histories = person.histories
    joined = People(
        Histories(
            np.array([0, len(histories.items) + len(known)], dtype=np.int64),
            np.concatenate((histories.items, items)),
            np.concatenate((histories.values, np.array([one.value for one in known], np.float32))),
            histories.n_items,
        ),
        np.concatenate((person.times, np.array(times) / 1e6)),
        np.concatenate((person.kinds, own_kinds)),
        np.concatenate((person.weights, own_weights)),
        person.features,
    )
    return _in_store_order(joined, catalogue), problems


def _in_store_order(person: People, catalogue: Catalogue) -> People:
    """One person's interactions by time, item and kind; of the same ones the last.

    As the store gives them: so what is recorded and what is passed in rank alike.
    """
    histories = person.histories
    times = np.where(np.isnan(person.times), -np.inf, person.times)
    keys = (person.kinds, catalogue.keys[histories.items], times)
    order = np.lexsort(keys)
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = np.any([key[order[1:]] != key[order[:-1]] for key in keys], axis=0)
    order = order[last]
    kept = Histories(
        np.array([0, len(order)], dtype=np.int64),
        histories.items[order],
        histories.values[order],
        histories.n_items,
    )
    return People(
        kept, person.times[order], person.kinds[order], person.weights[order], person.features
    )


def with_features(people: People, features: Mapping[str, Json]) -> People:
    """The same people with other values of some features."""
    given: dict[str, tuple[Values, ...]] = {
        name: (as_values(value),) * len(people) for name, value in features.items()
    }
    return replace(people, features={**people.features, **given})
