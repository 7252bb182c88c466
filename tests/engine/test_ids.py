"""Whole numbers and UUIDs are ids too, everywhere, as their text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from tastemaker import Request, Tastemaker
from tastemaker.request.json_form import request_as_json

SOMEBODY = UUID("6f4d0b3a-9c1e-4c58-8a6d-0d6f3a1d2c4b")


def test_numbers_are_their_text(engine: Tastemaker) -> None:
    engine.record(7, 42)
    engine.record("7", "43", "like")
    engine.put_users([{"user_id": 7, "country": "Iceland"}])
    assert [past.item_id for past in engine.history(7)] == ["43", "42"]
    number: Any = np.int64(7)
    assert engine.history("7") == engine.history(number)
    assert engine.show(7) == engine.show("7")
    assert engine.export(7) == engine.export("7")
    assert engine.recommend(7, exclude=[42, "43"]) == engine.recommend("7", exclude=["42", 43])
    assert engine.recommend(recent=[42]) == engine.recommend(recent=["42"])
    assert engine.remove(7, 42) == 1
    assert engine.tell(7, 43, "never") == 0
    assert engine.set_available([42], False) == 1
    assert engine.delete_items([42]).items == 1
    engine.forget(7)
    assert engine.history("7") == []


def test_many_are_found_by_the_ids_that_were_given(trained: Tastemaker) -> None:
    trained.record(SOMEBODY, "item-1")
    wanted: list[UUID | int] = [SOMEBODY, 5]
    answers = trained.recommend_many(wanted, k=3)
    assert list(answers) == wanted
    assert answers[SOMEBODY] == trained.recommend(str(SOMEBODY), k=3)


def test_a_request_keeps_their_text() -> None:
    request = Request(user_id=7, exclude=[1, SOMEBODY])
    assert request_as_json(request) == {"user_id": "7", "exclude": ["1", str(SOMEBODY)]}
