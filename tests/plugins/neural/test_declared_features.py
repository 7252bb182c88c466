from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tastemaker import People
from tastemaker.testing import people_of
from tastemaker_plugins.neural.declared_features import DeclaredFeatures


def with_feature(name: str, values: Sequence[str | None]) -> People:
    column = tuple((value,) if value is not None else () for value in values)
    return replace(people_of([[] for _ in values], 1), features={name: column})


def test_values_that_few_people_share_are_left_out() -> None:
    people = with_feature("city", ["Rome", "Rome", "rome", "Oslo", "Oslo", None])
    features = DeclaredFeatures.of(people)
    assert len(features) == 1
    assert features.read(people).tolist() == [[1], [1], [1], [0], [0], [0]]


def test_numbers_are_read_in_steps() -> None:
    ages = [str(age) for age in range(20, 80)]
    features = DeclaredFeatures.of(with_feature("age", ages))
    assert len(features) == 10
    near, far, odd = features.read(with_feature("age", ["21", "79", "old"]))
    assert near[0] and far[0] and near[0] != far[0]
    assert not odd[0]


def test_the_same_value_of_another_feature_is_another_value() -> None:
    people = with_feature("city", ["Rome"] * 3)
    features = DeclaredFeatures.of(people)
    assert features.read(with_feature("born in", ["Rome"])).tolist() == [[]] or not (
        features.read(with_feature("born in", ["Rome"])).any()
    )


def test_without_features_there_is_nothing_to_read() -> None:
    people = people_of([[0], [0]], 1)
    features = DeclaredFeatures.of(people)
    assert len(features) == 0
    assert features.read(people).shape == (2, 0)
