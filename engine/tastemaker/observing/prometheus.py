"""Timings as metrics of Prometheus.

Needs its client: `pip install 'tastemaker[prometheus]'`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tastemaker.errors import InputError
from tastemaker.observing.buckets import BUCKETS
from tastemaker.plugin.observer import Observe, Timing

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


def to_prometheus(
    registry: CollectorRegistry | None = None, buckets: Sequence[float] = BUCKETS
) -> Observe:
    """A callback for `Tastemaker(observe=…)` that counts in a registry of Prometheus.

    It fills the histogram `tastemaker_duration_seconds` and the counter
    `tastemaker_failures_total`, both with the labels `stage` and `member`. Threads may share it,
    and so may several engines: a registry takes each metric once.

    Args:
        registry: the client's own registry where it is None.
        buckets: upper bounds of the histogram's buckets, in seconds, growing.

    Raises:
        InputError: the client is not installed, or the registry has these metrics already.
    """
    try:
        from prometheus_client import REGISTRY, Counter, Histogram
    except ModuleNotFoundError:
        raise InputError(
            "Metrics for Prometheus need its client: run `pip install 'tastemaker[prometheus]'`."
        ) from None
    home = REGISTRY if registry is None else registry
    labels = ("stage", "member")
    try:
        durations = Histogram(
            "tastemaker_duration_seconds",
            "Time of a stage of a request, and of each member's part of it.",
            labels,
            registry=home,
            buckets=buckets,
        )
        failures = Counter(
            "tastemaker_failures",
            "Calls of members that failed and were left out.",
            labels,
            registry=home,
        )
    except ValueError:
        raise InputError(
            "This registry has metrics of Tastemaker already, or the buckets do not grow. Call "
            "`to_prometheus` once for a registry, and give what it returns to every engine."
        ) from None

    def observe(timing: Timing) -> None:
        durations.labels(timing.stage, timing.member).observe(timing.seconds)
        if timing.failed:
            failures.labels(timing.stage, timing.member).inc()

    return observe
