"""Columns read like tuples, whatever they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import Items, RareValues, StoredAttributes, TextColumn, ValuesColumn

TEXTS = ("tea", "", "Größe", "a\ud800b", "\N{TEACUP WITHOUT HANDLE}")
VALUES = (("a",), (), ("a", "b"), ("a",))


def test_a_text_column_reads_like_a_tuple() -> None:
    column = TextColumn.of(TEXTS)
    assert tuple(column) == TEXTS
    assert [column[place] for place in range(-5, 5)] == [*TEXTS, *TEXTS]
    assert column[1:4] == TEXTS[1:4]
    assert column[::-2] == TEXTS[::-2]
    assert column == TEXTS
    assert column != TEXTS[:-1]
    assert "" in column
    assert column.index("Größe") == 2
    for outside in (5, -6):
        with pytest.raises(IndexError):
            column[outside]


@pytest.mark.parametrize(
    "part", [slice(0, 2), slice(2, None), slice(3, 3), slice(None, None, 2), slice(-2, None)]
)
def test_a_part_of_a_text_column_is_the_part_of_the_texts(part: slice) -> None:
    whole = TextColumn.of(TEXTS)
    assert whole.part(part) == TEXTS[part]
    assert whole.part(part) == TextColumn.of(TEXTS[part])
    assert whole.part(part).joined(whole) == (*TEXTS[part], *TEXTS)


def test_text_columns_are_joined_and_taken() -> None:
    column = TextColumn.of(TEXTS)
    places = np.array([4, 0, 0])
    assert column.taken(places) == (TEXTS[4], "tea", "tea")
    assert TextColumn.together(()) == ()
    assert TextColumn.together((column, TextColumn.of(()), column)) == (*TEXTS, *TEXTS)


@pytest.mark.parametrize("places", [[], [0], [2, 0, 2, 1]])
def test_several_texts_are_read_at_once(places: list[int]) -> None:
    column = TextColumn.of(TEXTS)
    assert column.several(np.array(places, dtype=np.int64)) == [TEXTS[place] for place in places]


def test_a_column_of_values_reads_like_a_tuple() -> None:
    column = ValuesColumn.of(VALUES)
    assert column == VALUES
    assert column[1:] == VALUES[1:]
    assert len(column.distinct) == 3


def test_values_of_few_items_read_like_those_of_all() -> None:
    values = ((), ("a",), (), (), ("b", "c"), ("a",), ())
    rare = RareValues.at(7, {1: ("a",), 4: ("b", "c"), 5: ("a",)})
    assert rare == values == ValuesColumn.of(values)
    assert rare[4:] == values[4:]
    assert (rare[-2], rare[0], len(rare)) == (("a",), (), 7)
    assert tuple(rare.distinct[code] for code in rare.codes) == values
    with pytest.raises(IndexError):
        rare[7]


def test_stored_attributes_are_read_where_they_are_used() -> None:
    read: list[tuple[str, ...]] = []

    def columns(rows: object) -> dict[str, tuple[tuple[str, ...], ...]]:
        assert isinstance(rows, TextColumn)
        read.append(tuple(rows))
        return {"kind": tuple((row,) for row in rows)}

    ids = TextColumn.of(("a", "b", "c"))
    items = Items(ids, ids, ids, StoredAttributes(ids, columns))
    part = items[1:]
    assert read == []
    assert part.ids == ("b", "c")
    assert part.attributes["kind"] == (("b",), ("c",))
    assert dict(part.attributes) == {"kind": (("b",), ("c",))}
    assert read == [("b", "c")]
    assert items.joined(part).attributes["kind"] == (("a",), ("b",), ("c",), ("b",), ("c",))
