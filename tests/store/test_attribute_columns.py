from __future__ import annotations

import json

import pytest

from tastemaker.data import RareValues
from tastemaker.errors import InputError
from tastemaker.store import attribute_columns as columns
from tastemaker.store.attribute_columns import attribute_columns, check_names


def test_what_few_items_have_is_kept_for_them_alone() -> None:
    rows = [{"colour": "red", f"own-{row}": row} for row in range(20)]
    found = attribute_columns([json.dumps(row) for row in rows])
    assert found["colour"] == (("red",),) * 20
    assert not isinstance(found["colour"], RareValues)
    own = found["own-3"]
    assert isinstance(own, RareValues)
    assert own == ((),) * 3 + (("3",),) + ((),) * 16
    assert own.rows.tolist() == [3]


def test_of_too_many_attributes_the_rarest_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_NAMES", 2)
    texts = ['{"a": "1", "b": "2"}', '{"a": "1", "b": "2"}', '{"c": "3"}']
    assert sorted(attribute_columns(texts)) == ["a", "b"]


def test_too_many_attributes_are_refused_where_they_come_in() -> None:
    check_names(columns.MOST_NAMES)
    with pytest.raises(InputError, match="more than 10,000 different attributes"):
        check_names(columns.MOST_NAMES + 1)
