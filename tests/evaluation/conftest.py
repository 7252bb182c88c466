"""Reports, and a real Chromium without a window, driven over a pipe by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.blend import WeightCurve
from tastemaker.evaluation.by_length import LengthQuality
from tastemaker.evaluation.figures import ListMeasures
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.result import EvaluatedModel
from tastemaker.metrics.intervals import Interval
from tastemaker.training.report import MemberReport

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)

Message = dict[str, Any]
Open = Callable[[Path, int, str], "Page"]


class Wire:
    """The pipe to a browser: a command out, everything up to its answer in."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._unread = b""
        self._number = 0
        self.events: list[Message] = []

    def call(self, method: str, session: str | None = None, **arguments: object) -> Message:
        """The browser's answer to one command."""
        self._number += 1
        command: Message = {"id": self._number, "method": method, "params": arguments}
        if session is not None:
            command["sessionId"] = session
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: Message = answer["result"]
        return result

    def wait(self) -> None:
        """Waits for the next event."""
        self.events.append(self._read())

    def _read(self) -> Message:
        while b"\0" not in self._unread:
            part = os.read(self._from, 1 << 16)
            assert part, "the browser has ended"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        answer: Message = json.loads(message)
        return answer


class Page:
    """A file in a tab of its own, at one width, in light or dark."""

    def __init__(self, wire: Wire, file: Path, width: int, scheme: str) -> None:
        self._wire = wire
        target = wire.call("Target.createTarget", url="about:blank")["targetId"]
        attached = wire.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        size = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", features=features)
        self._call("Page.navigate", url=file.as_uri())
        while not self.reported("Page.loadEventFired"):
            wire.wait()

    def reported(self, method: str) -> list[Message]:
        """What the browser reported of this page under that name."""
        return [
            event["params"]
            for event in self._wire.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The whole page as a PNG."""
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def _call(self, method: str, **arguments: object) -> Message:
        return self._wire.call(method, self._session, **arguments)


@pytest.fixture(scope="session")
def open_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens an HTML file in a real browser."""
    chromium = next((path for name in NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        pytest.fail("There is no Chromium to open the report in: run `make browser`.")
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    profile = tmp_path_factory.mktemp("profile")
    # The browser reads its commands from descriptor 3, and answers on 4.
    wire = f'exec "$0" "$@" 3<&{to_read} 4>&{from_write}'
    process = subprocess.Popen(
        ["bash", "-c", wire, chromium, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        own = Wire(to_write, from_read)
        yield lambda file, width, scheme: Page(own, file, width, scheme)
    finally:
        os.close(to_write)
        os.close(from_read)
        process.terminate()
        process.wait(timeout=30)


MAIN = 10
LENGTHS = (0, 1, 2, 5, 10, 20, 50)
REACH = (0.9, 0.5, 0.3, 0.1, 0.0)


def around(mean: float, spread: float = 0.02) -> Interval:
    """An interval."""
    return Interval(mean, mean - spread, mean + spread)


def evaluated(name: str, quality: float, gain: float | None = None) -> EvaluatedModel:
    """A recommender that measured so well."""
    measures = {"ndcg@10": around(quality), "recall@20": around(quality + 0.1)}
    measures |= {"hit_rate@10": around(0.8), "novelty@10": around(3.0), "diversity@10": around(0.7)}
    measures |= {"popularity_gap@10": around(0.2)}
    gains = {} if gain is None else {"ndcg@10": around(gain)}
    measured = ListMeasures(measures, gains, {"coverage@10": 0.31, "coverage@20": 0.4}, REACH)
    return EvaluatedModel(MemberReport(name, "hybrid", seconds=1.5), measured)


def report_of(gains: Mapping[str, float], blend: float = 0.25) -> Report:
    """A report in which the blend is so much better than each member."""
    names = list(gains)
    members = [evaluated(name, blend - gain, gain) for name, gain in gains.items()]
    points = []
    for length in LENGTHS:
        quality = {one.name: around(0.2 + length / 500) for one in members}
        best = min(gains, key=lambda name: gains[name])
        points.append(
            LengthQuality(length, 500, quality | {"blend": around(0.3)}, best, around(gains[best]))
        )
    curve = WeightCurve(tuple(names), LENGTHS, np.full((len(LENGTHS), len(names)), 1 / len(names)))
    report = MemberReport("broken", "content", state="failed", problem="no electricity")
    failed = EvaluatedModel(report, None)
    return Report(
        "time",
        "the latest 10% of the interactions, from 2026-01-01 on",
        (10, 20),
        MAIN,
        1234,
        5000,
        1700,
        90_000,
        (*members, failed, evaluated("blend", blend)),
        tuple(points),
        curve,
        ("A note.",),
        62.5,
        "2026-11-24T07:28:14Z",
    )


@pytest.fixture
def make_report() -> Callable[[Mapping[str, float]], Report]:
    """Makes a report from how much better the blend is than each member."""
    return report_of
