"""Looking items up: one by its id, or some by a part of their titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tastemaker.data import Values
from tastemaker.rules import F
from tastemaker.serving.state import ServingState


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item as it is served now.

    Attributes:
        item_id: the application's id.
        title: its title; empty where it has none.
        text: its text.
        attributes: the values of each attribute that it has, as text.
        available: whether it may be recommended.
        declared: whether it was put or imported, and not only named by somebody's interaction.
        chosen: by how many people it was chosen, when the release was trained.
    """

    item_id: str
    title: str
    text: str
    attributes: Mapping[str, Values]
    available: bool
    declared: bool
    chosen: int


def look_up_item(state: ServingState, item_id: str) -> CatalogueItem:
    """An item by its id.

    Raises:
        NotFoundError: there is none.
    """
    return _item_at(state, state.catalogue.find(item_id))


def search_items(state: ServingState, text: str, k: int) -> list[CatalogueItem]:
    """The first `k` items whose id is a text, or whose title has it in it; small letters or not."""
    catalogue = state.catalogue
    exact = catalogue.index_of.get(text)
    titled = np.flatnonzero(catalogue.matching(F.title.contains(text))).tolist()
    chosen = state.ranker.fallback.counts
    titled.sort(key=lambda index: -chosen[index])
    found = [*([] if exact is None else [exact]), *(one for one in titled if one != exact)]
    return [_item_at(state, index) for index in found[:k]]


def _item_at(state: ServingState, index: int) -> CatalogueItem:
    catalogue = state.catalogue
    items, declared = catalogue.items, catalogue.declared
    columns = {name: column[index] for name, column in items.attributes.items()}
    return CatalogueItem(
        items.ids[index],
        items.titles[index],
        items.texts[index],
        {name: values for name, values in columns.items() if values},
        bool(catalogue.available[index]),
        bool(declared[index]) if len(declared) else True,
        int(state.ranker.fallback.counts[index]),
    )
