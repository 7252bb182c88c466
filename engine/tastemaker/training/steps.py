"""Progress of a run of many fits, each of which reports how far it is itself."""

from __future__ import annotations

from tastemaker.recommender import Progress

FIT_PARTS = 1000
"""Into how many parts the progress of one fit is divided."""


class Steps:
    """Counts fits, and passes on the progress within the one under way.

    Args:
        progress: what to report to.
        total: how many fits there will be.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def of(self, name: str) -> Progress:
        """The Progress of the next fit, the one of recommender `name`."""
        before, self._done = self._done, self._done + 1
        self._progress(before * FIT_PARTS, self._total * FIT_PARTS, f"fitting {name}")

        def report(done: int, total: int, what: str = "") -> None:
            part = min(max(done / total, 0.0), 1.0) if total else 0.0
            text = f"fitting {name}: {what}" if what else f"fitting {name}"
            self._progress(round((before + part) * FIT_PARTS), self._total * FIT_PARTS, text)

        return report

    def expect(self, fits: int) -> None:
        """Corrects how many fits are still to come."""
        self._total = self._done + fits

    def show(self, what: str) -> None:
        """Reports what is done between fits."""
        self._progress(self._done * FIT_PARTS, self._total * FIT_PARTS, what)
