"""A profile of a training run: where its time went."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

READING, EXAMINING, SCORING, CHOOSING = "reading", "examining", "scoring", "choosing"
WEIGHTS, LAST_FIT, CHECKING, SAVING = "weights", "last fit", "checking", "saving"
STEP_FUNCTIONS = "step functions"
REPEATS = "repeats"
"""What is measured apart of choosing, weights and steps: the curve for where items may come
again."""

TOTAL = "total"
"""The column of the sums in a table."""


def stage_of(fold: int) -> str:
    """The stage of a fold; 0 is the latest."""
    return f"fold {fold + 1}"


@dataclass(frozen=True, slots=True)
class Span:
    """Time that one piece of work took.

    Attributes:
        stage: what it was part of, such as "fold 1" or "weights".
        what: the member, and where it did something else than fit, what; empty for the stage.
        seconds: by the clock.
        processor: seconds of processor time, of all threads.
    """

    stage: str
    what: str
    seconds: float
    processor: float


class Profile:
    """Collects where the time of a run goes, in the order in which it ends.

    Attributes:
        spans: what was measured so far.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []

    @contextmanager
    def measure(self, stage: str, what: str = "") -> Iterator[None]:
        """Measures what is done in the block."""
        start, used = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self.add(stage, what, time.monotonic() - start, time.process_time() - used)

    def add(self, stage: str, what: str, seconds: float, processor: float) -> None:
        """Adds what was measured elsewhere."""
        self.spans.append(Span(stage, what, round(seconds, 3), round(processor, 3)))


def profile_columns(spans: Sequence[Span]) -> list[str]:
    """The columns of `profile_rows`: the stages in the order in which they came."""
    return ["work", *dict.fromkeys(span.stage for span in spans), TOTAL]


def profile_rows(spans: Sequence[Span]) -> list[dict[str, object]]:
    """A row for each piece of work, with its seconds in each stage, the longest first; their sum.

    Args:
        spans: of one run.
    """
    rows: dict[str, dict[str, float]] = {}
    for span in spans:
        row = rows.setdefault(span.what or span.stage, {})
        row[span.stage] = row.get(span.stage, 0.0) + span.seconds
    ordered = sorted(rows.items(), key=lambda pair: -sum(pair[1].values()))
    everything: dict[str, float] = {}
    for span in spans:
        everything[span.stage] = everything.get(span.stage, 0.0) + span.seconds
    return [_row(what, row) for what, row in (*ordered, ("everything", everything))]


def _row(what: str, seconds: dict[str, float]) -> dict[str, object]:
    rounded = {stage: round(own, 2) for stage, own in seconds.items()}
    return {"work": what, **rounded, TOTAL: round(sum(seconds.values()), 2)}
