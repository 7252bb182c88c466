"""Progress of a run of many fits, each of which tells how far it is itself."""

from __future__ import annotations

from tastemaker.recommender import Progress

FINE = 1000
"""Into how many parts one fit is divided."""


class Steps:
    """Counts fits, and passes on the progress within the one under way.

    Args:
        progress: told of everything.
        total: how many fits there will be.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def of(self, name: str) -> Progress:
        """The Progress of the next fit, the one of recommender `name`."""
        before, self._done = self._done, self._done + 1
        self._progress(before * FINE, self._total * FINE, f"fitting {name}")

        def report(done: int, total: int, what: str = "") -> None:
            part = min(max(done / total, 0.0), 1.0) if total else 0.0
            text = f"fitting {name}: {what}" if what else f"fitting {name}"
            self._progress(round((before + part) * FINE), self._total * FINE, text)

        return report

    def expect(self, fits: int) -> None:
        """Says how many fits are still to come, where it is not as many as planned."""
        self._total = self._done + fits

    def say(self, what: str) -> None:
        """Names what happens between fits."""
        self._progress(self._done * FINE, self._total * FINE, what)
