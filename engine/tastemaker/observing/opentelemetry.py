"""Timings as metrics of OpenTelemetry.

Needs its API: `pip install 'tastemaker[opentelemetry]'`. What becomes of the metrics is for the
application's SDK to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tastemaker.errors import InputError
from tastemaker.observing.buckets import BUCKETS
from tastemaker.plugin.observer import Observe, Timing

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider


def to_opentelemetry(provider: MeterProvider | None = None) -> Observe:
    """A callback for `Tastemaker(observe=…)` that records with a meter of OpenTelemetry.

    It fills the histogram `tastemaker.duration` (seconds) and the counter `tastemaker.failures`,
    both with the attributes `tastemaker.stage` and `tastemaker.member`. Threads and engines may
    share it.

    Args:
        provider: whose meter records; the application's global one where it is None, which may
            also be set later.

    Raises:
        InputError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.metrics import get_meter
    except ModuleNotFoundError:
        raise InputError(
            "Metrics for OpenTelemetry need its API: run `pip install 'tastemaker[opentelemetry]'`."
        ) from None
    meter = get_meter("tastemaker", meter_provider=provider)
    durations = meter.create_histogram(
        "tastemaker.duration",
        unit="s",
        description="Time of a stage of a request, and of each member's part of it.",
        explicit_bucket_boundaries_advisory=BUCKETS,
    )
    failures = meter.create_counter(
        "tastemaker.failures",
        unit="{call}",
        description="Calls of members that failed and were left out.",
    )

    def observe(timing: Timing) -> None:
        attributes = {"tastemaker.stage": timing.stage, "tastemaker.member": timing.member}
        durations.record(timing.seconds, attributes)
        if timing.failed:
            failures.add(1, attributes)

    return observe
