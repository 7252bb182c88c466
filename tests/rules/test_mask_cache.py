"""Masks of one catalogue are evaluated once, unless they depend on the time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tastemaker import F, Items, Rule, RuleError, days
from tastemaker.data import StoredAttributes, TextColumn
from tastemaker.data.items import AttributeColumns
from tastemaker.rules import MaskCache, RuleColumns
from tastemaker.rules.mask_cache import MINUTE_US, MOST_MASKS

PRICES = {"price": (("1",), ("2", "9"), ("3",), ())}
DAY = 86_400_000_000
NOW = 100 * DAY
CREATED = np.array([98 * DAY, 99 * DAY, 100 * DAY, NOW + 30 * MINUTE_US])


def columns() -> RuleColumns:
    ids = ("a", "b", "c", "d")
    return RuleColumns(Items(ids, ids, ids, PRICES), {"created": CREATED})


def test_a_mask_is_evaluated_once() -> None:
    masks = MaskCache(columns())
    first = masks.mask(F.price > 2)
    assert first.tolist() == [False, True, True, False]
    assert masks.mask(F.price > 2) is first
    assert masks.mask(F.price > 3) is not first
    assert len(masks) == 2


def test_nobody_can_change_a_mask_that_is_kept() -> None:
    with pytest.raises(ValueError, match="read-only"):
        MaskCache(columns()).mask(F.price > 2)[0] = True


def test_what_depends_on_the_time_is_evaluated_anew_every_minute() -> None:
    masks, rule = MaskCache(columns()), (F.created > days(-1)) & F.title.exists()
    assert rule.is_relative
    first = masks.mask(rule, NOW)
    assert first.tolist() == [False, False, True, True]
    assert masks.mask(rule, NOW + MINUTE_US - 1) is first
    assert masks.mask(rule, NOW - 1).tolist() == [False, True, True, True]
    assert masks.mask(rule, NOW + DAY + 29 * MINUTE_US).tolist() == [False, False, False, True]
    assert masks.mask(rule, NOW + DAY + 30 * MINUTE_US).tolist() == [False] * 4


def test_what_was_used_last_is_kept() -> None:
    masks = MaskCache(columns())
    first = masks.mask(F.price > 0)
    for number in range(1, MOST_MASKS + 10):
        masks.mask(F.price > number)
        assert masks.mask(F.price > 0) is first
    assert len(masks) == MOST_MASKS


def test_a_large_catalogue_keeps_fewer() -> None:
    ids = TextColumn(b"", np.zeros(2**24, dtype=np.int64))
    masks = MaskCache(RuleColumns(Items(ids, ids, ids)))
    for number in range(4):
        masks.mask(F.created > days(number), NOW)
    assert len(masks) == 2


def test_an_error_is_not_kept() -> None:
    masks = MaskCache(columns())
    for _ in range(2):
        with pytest.raises(RuleError):
            masks.mask(F.colour == "red")
    assert len(masks) == 0


def test_attributes_are_read_once_by_however_many_threads() -> None:
    read: list[int] = []

    def read_prices(rows: Sequence[str]) -> AttributeColumns:
        read.append(len(rows))
        return PRICES

    rows = TextColumn.of(("{}",) * 4)
    ids = TextColumn.of("abcd")
    items = Items(ids, ids, ids, StoredAttributes(rows, read_prices))
    masks = MaskCache(RuleColumns(items))
    rules: list[Rule] = [F.price > number % 10 for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(masks.mask, rules))
    assert read == [4]
    expected = [[number % 10 < most for most in (1, 9, 3, 0)] for number in range(200)]
    assert [mask.tolist() for mask in found] == expected


def test_fields_that_are_not_known_hold_for_nothing() -> None:
    known = columns()
    assert not F.updated.exists().mask(known).any()
    assert not (F.updated < days(1)).mask(known).any()
    assert (~(F.updated < days(1))).mask(known).all()
