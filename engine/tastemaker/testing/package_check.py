"""Checking a package in a process of its own, which a deadline ends: a plugin may loop for ever."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from tastemaker.errors import NotFoundError
from tastemaker.testing.outcomes import results_of
from tastemaker.testing.package_plugins import plugins_in, steps_for

COST = {"check": "cost", "outcome": "measured"}
"""What the row has that tells how fast and how large a plugin is."""


@dataclass
class _Story:
    """What the process has told so far, and what it must be at now."""

    rows: list[dict[str, str]] = field(default_factory=list)
    plugin: dict[str, str] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    problem: str = ""
    ended: bool = False

    def hear(self, told: dict[str, Any]) -> None:
        """Takes in one message of `_work`."""
        if "plan" in told:
            self.plugin, self.due = told["plugin"], told["plan"]
        elif "row" in told:
            self.rows.append(self.plugin | told["row"])
            self.due = self.due[1:]
        else:
            self.problem, self.ended = told["problem"], True

    def broken_off(self, why: str) -> None:
        """What it was at when it ended counts as failed."""
        check = self.due[0] if self.due else "check_found"
        plugin = self.plugin or {"plugin": "", "kind": ""}
        self.rows.append(plugin | {"check": check, "outcome": "failed", "message": why})


def check_package(package: str, seconds: float) -> list[dict[str, str]]:
    """Runs the checks of all recommenders and re-rankers of a package, in a process of its own.

    Args:
        package: an installed distribution, or a module that can be imported.
        seconds: after so long the process is ended, and what it was at counts as failed.

    Returns:
        A row for each check of each plugin, with "plugin", "kind", "check", "outcome" and
        "message".

    Raises:
        NotFoundError: there is no such package, or it announces no plugin.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(package, theirs))
    process.start()
    theirs.close()
    try:
        story = _followed(ours, time.monotonic() + seconds, f"{seconds:g} s")
    finally:
        process.kill()
        process.join()
        ours.close()
    if story.problem:
        raise NotFoundError(story.problem)
    return story.rows


def _followed(pipe: Connection, deadline: float, limit: str) -> _Story:
    """What the process tells until it ends or the time is over."""
    story = _Story()
    while not story.ended:
        if not pipe.poll(max(0.0, deadline - time.monotonic())):
            story.broken_off(f"the checks had not ended after {limit}, and were broken off here")
            break
        try:
            story.hear(json.loads(pipe.recv_bytes()))
        except (EOFError, OSError):
            story.broken_off("the plugin ended the process, as os._exit or a crash does")
            break
    return story


def _work(package: str, pipe: Connection) -> None:
    """Runs in the process: tells what is planned, and each result as it is found."""
    os.dup2(2, 1)  # what a plugin prints must not stand among the results

    def tell(**message: Any) -> None:
        pipe.send_bytes(json.dumps(message).encode())

    try:
        found = plugins_in(package)
    except NotFoundError as error:
        tell(problem=str(error))
        return
    for plugin in found:
        steps, cost = steps_for(plugin)
        tell(plugin={"plugin": plugin.name, "kind": plugin.kind}, plan=[one.check for one in steps])
        sound = True
        for result in results_of(steps):
            sound &= result.outcome == "passed"
            tell(row={"check": result.check, "outcome": result.outcome, "message": result.message})
        if sound and (text := cost()):
            tell(row={**COST, "message": text})
    tell(problem="")
