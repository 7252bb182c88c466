"""What rules mean: masks against a reference that goes item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.rules.strategies import NOW, Row, columns_of, holds, rows, rules

from tastemaker import Rule, RuleError
from tastemaker.rules import RuleColumns

CATALOGUES, RULES = 5, 12
"""Drawn together; every rule is tried on every catalogue."""

DRAWS, ROUNDS = 50, 35
"""How often they are drawn, and in the long form how many times as often."""

CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
some_rules = st.lists(rules, min_size=RULES, max_size=RULES)
some_catalogues = st.lists(rows(), min_size=CATALOGUES, max_size=CATALOGUES)


def expected(rule: Rule, catalogue: Sequence[Row]) -> list[bool] | None:
    """For which items a rule holds, by the reference; None where it does not fit them."""
    known = {name for row in catalogue for name in row.attributes}
    if any(name not in known for name in attributes_in(rule.as_json())):
        return None
    try:
        return [holds(rule.as_json(), row, catalogue) for row in catalogue]
    except RuleError:
        return None


def attributes_in(rule: object) -> list[str]:
    """The attributes that a rule, given as JSON, names."""
    match rule:
        case {"attribute": str(name)}:
            return [name]
        case {"and": list(parts)} | {"or": list(parts)}:
            return [name for part in parts for name in attributes_in(part)]
        case {"not": part}:
            return attributes_in(part)
    return []


def found(rule: Rule, columns: RuleColumns) -> list[bool] | None:
    """The mask of a rule; None where it does not fit the items."""
    try:
        return list(map(bool, rule.mask(columns, NOW)))
    except RuleError as error:
        assert error.place.startswith(("column", "line"))
        return None


def compare_all(times: int) -> Counter[str]:
    """Compares masks with the reference so many times; counts the pairs."""
    counted: Counter[str] = Counter()

    @settings(
        max_examples=times,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # a failure names its rule; to shrink it takes minutes
        suppress_health_check=CHECKS,
    )
    @given(catalogues=some_catalogues, some=some_rules)
    def compare(catalogues: list[list[Row]], some: list[Rule]) -> None:
        columns = list(map(columns_of, catalogues))
        for rule, place in product(some, range(CATALOGUES)):
            catalogue = catalogues[place]
            wanted = expected(rule, catalogue)
            assert found(rule, columns[place]) == wanted, str(rule)
            counted["pairs"] += 1
            counted["fitting"] += wanted is not None
            counted["neither all nor none"] += wanted is not None and len(set(wanted)) == 2

    compare()
    return counted


def test_masks_are_what_goes_item_by_item() -> None:
    counted = compare_all(DRAWS)
    assert counted["pairs"] >= DRAWS * RULES * CATALOGUES
    assert counted["fitting"] >= counted["pairs"] / 3
    assert counted["neither all nor none"] >= counted["pairs"] / 10


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_masks_are_what_goes_item_by_item_on_many() -> None:
    counted = sum((compare_all(DRAWS) for _ in range(ROUNDS)), Counter[str]())
    print(dict(counted))
    assert counted["pairs"] >= 100_000
    assert counted["fitting"] >= counted["pairs"] / 3
