"""What the checks found of one plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tastemaker.errors import PluginError
from tastemaker.plugin.guard import describe
from tastemaker.testing.process_state import process_kept
from tastemaker.testing.speed import Speed

Outcome: TypeAlias = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Step:
    """One check of one plugin, to be run.

    Attributes:
        check: the name of the check.
        wish: what it demands, in one line.
        run: runs it; raises where it fails.
        first: whether the checks after it would only repeat its failure.
    """

    check: str
    wish: str
    run: Callable[[], object]
    first: bool = False


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        check: the name of the check.
        wish: what it demands, in one line.
        outcome: "passed", "failed", or "skipped" where an earlier failure would only come again.
        message: what came back and what is wanted, or why it was skipped; empty where it passed.
    """

    check: str
    wish: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class KitReport:
    """What the checks found of one plugin.

    Attributes:
        results: one for each check, in order.
        speed: how fast and how large it is; None where it does not work.
    """

    results: tuple[CheckResult, ...]
    speed: Speed | None = None

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(one for one in self.results if one.outcome == "failed")

    def demand(self) -> None:
        """Refuses a plugin of which a check failed.

        Raises:
            PluginError: every breach, one a line.
        """
        if self.failed:
            raise PluginError("\n".join(one.message for one in self.failed))


def results_of(steps: Iterable[Step]) -> Iterator[CheckResult]:
    """Runs checks in their order, each when its result is wanted."""
    broken = ""
    for step in steps:
        if broken:
            yield CheckResult(step.check, step.wish, "skipped", f"not run, because {broken} failed")
            continue
        message = _breach(step)
        yield CheckResult(step.check, step.wish, "failed" if message else "passed", message)
        broken = step.check if message and step.first else ""


def _breach(step: Step) -> str:
    """What is wrong, or an empty text."""
    try:
        with process_kept():
            step.run()
    except KeyboardInterrupt:
        raise
    except PluginError as error:
        return str(error)
    except BaseException as error:  # a plugin's SystemExit must not end the checks
        return f"{step.check}: {describe(error)}."
    return ""
