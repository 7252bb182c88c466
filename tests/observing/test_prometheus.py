"""Metrics of Prometheus, read as its server reads them: over HTTP, of one process or of many."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from tastemaker import InputError, Tastemaker, Timing
from tastemaker.observing.prometheus import to_prometheus

Scraped = dict[tuple[str, str, str], float]
"""By name of the sample, stage and member."""

WORKER = """
import sys
from tastemaker import Tastemaker, Timing
from tastemaker.observing.prometheus import to_prometheus

observe = to_prometheus()
with Tastemaker(sys.argv[1], key=sys.argv[2], observe=observe) as shop:
    for person in range(int(sys.argv[3])):
        shop.recommend(f"person-{person}")
observe(Timing("score", "fragile", 0.02, 1, failed=True))
"""


@contextmanager
def exposed(registry: CollectorRegistry) -> Iterator[str]:
    """The URL at which a registry is served while the block runs."""
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def scraped(url: str) -> Scraped:
    """What stands at a URL, but for the buckets."""
    with urllib.request.urlopen(url) as reply:
        text = reply.read().decode()
    return {
        (sample.name, sample.labels["stage"], sample.labels["member"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }


def test_answers_are_counted_by_stage_and_member(shop_url: str, key_text: str) -> None:
    registry = CollectorRegistry()
    observe = to_prometheus(registry)
    with Tastemaker(shop_url, key=key_text, observe=observe) as shop, exposed(registry) as url:
        for person in range(3):
            shop.recommend(f"person-{person}")
        found = scraped(url)
        assert found["tastemaker_duration_seconds_count", "request", ""] == 3
        assert found["tastemaker_duration_seconds_count", "score", "item-knn"] == 3
        whole = found["tastemaker_duration_seconds_sum", "request", ""]
        assert 0 < found["tastemaker_duration_seconds_sum", "score", "item-knn"] < whole
        assert {name for name, _, _ in found if "failures" in name} == set()
        shop.recommend("person-3")
        assert scraped(url)["tastemaker_duration_seconds_count", "request", ""] == 4


def test_a_failure_is_counted_beside_its_time() -> None:
    registry = CollectorRegistry()
    observe = to_prometheus(registry)
    observe(Timing("score", "fragile", 0.5, 1, failed=True))
    observe(Timing("score", "fragile", 0.25, 1))
    with exposed(registry) as url:
        assert scraped(url) == {
            ("tastemaker_duration_seconds_count", "score", "fragile"): 2,
            ("tastemaker_duration_seconds_sum", "score", "fragile"): 0.75,
            ("tastemaker_failures_total", "score", "fragile"): 1,
        }


def test_times_are_counted_in_the_buckets_that_are_wanted() -> None:
    registry = CollectorRegistry()
    observe = to_prometheus(registry, buckets=(0.1, 1.0))
    for seconds in (0.05, 0.5, 5.0):
        observe(Timing("request", "", seconds, 1))
    labels = {"stage": "request", "member": ""}
    counts = {
        bound: registry.get_sample_value(
            "tastemaker_duration_seconds_bucket", {**labels, "le": bound}
        )
        for bound in ("0.1", "1.0", "+Inf")
    }
    assert counts == {"0.1": 1, "1.0": 2, "+Inf": 3}


def test_several_processes_are_counted_together(
    shop_url: str, key_text: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", WORKER, shop_url, key_text]
    workers = [subprocess.Popen([*command, str(count)], env=environment) for count in (2, 5)]
    assert [worker.wait() for worker in workers] == [0, 0]
    registry = CollectorRegistry()
    collector: Any = MultiProcessCollector  # without types
    collector(registry, str(tmp_path))
    with exposed(registry) as url:
        found = scraped(url)
    assert found["tastemaker_duration_seconds_count", "request", ""] == 7
    assert found["tastemaker_failures_total", "score", "fragile"] == 2


def test_a_registry_takes_the_metrics_once_and_says_so() -> None:
    registry = CollectorRegistry()
    to_prometheus(registry)
    with pytest.raises(InputError, match="Call `to_prometheus` once for a registry"):
        to_prometheus(registry)


def test_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(InputError, match="tastemaker\\[prometheus\\]"):
        to_prometheus()


def test_nothing_of_it_is_loaded_before_it_is_wanted() -> None:
    program = (
        "import sys, tastemaker.observing.prometheus, tastemaker.observing.opentelemetry\n"
        "print(*{'prometheus_client', 'opentelemetry'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\n")
