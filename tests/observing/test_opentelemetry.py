"""Metrics of OpenTelemetry, as its own SDK collects them."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from tastemaker import InputError, Tastemaker, Timing
from tastemaker.observing.buckets import BUCKETS
from tastemaker.observing.opentelemetry import to_opentelemetry


def collected(reader: InMemoryMetricReader) -> dict[tuple[str, str, str], Any]:
    """The data points, by metric, stage and member."""
    data: Any = reader.get_metrics_data()
    assert data is not None
    return {
        (
            metric.name,
            point.attributes["tastemaker.stage"],
            point.attributes["tastemaker.member"],
        ): (point)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def provider(reader: InMemoryMetricReader) -> MeterProvider:
    return MeterProvider([reader], shutdown_on_exit=False)


def test_answers_are_counted_by_stage_and_member(
    shop_url: str, key_text: str, reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    observe = to_opentelemetry(provider)
    with Tastemaker(shop_url, key=key_text, observe=observe) as shop:
        for person in range(3):
            shop.recommend(f"person-{person}")
    found = collected(reader)
    whole = found["tastemaker.duration", "request", ""]
    part = found["tastemaker.duration", "score", "item-knn"]
    assert (whole.count, part.count) == (3, 3)
    assert 0 < part.sum < whole.sum
    assert whole.explicit_bounds == BUCKETS
    assert {name for name, _, _ in found} == {"tastemaker.duration"}


def test_a_failure_is_counted_beside_its_time(
    reader: InMemoryMetricReader, provider: MeterProvider
) -> None:
    observe = to_opentelemetry(provider)
    observe(Timing("score", "fragile", 0.5, 1, failed=True))
    observe(Timing("score", "fragile", 0.25, 1))
    found = collected(reader)
    assert found["tastemaker.duration", "score", "fragile"].sum == 0.75
    assert found["tastemaker.failures", "score", "fragile"].value == 1


def test_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", None)
    with pytest.raises(InputError, match="tastemaker\\[opentelemetry\\]"):
        to_opentelemetry()
