"""Progress of a run: fits, each of which reports how far it is itself, and learning between."""

from __future__ import annotations

from tastemaker.recommender import Progress

FIT_PARTS = 1000
"""Into how many parts the progress of one fit is divided."""

CHOOSING_FITS = 2
"""As how many fits it counts to choose who goes on. This and the next: chosen, not measured."""

LEARNING_FITS = 8
"""As how many fits it counts to learn the blend."""


class Steps:
    """Counts fits and other work, and passes on the progress within what is under way.

    Args:
        progress: what to report to.
        fits: how many fits there will be.
        others: as how many fits all other work counts.
    """

    def __init__(
        self, progress: Progress, fits: int, others: int = CHOOSING_FITS + LEARNING_FITS
    ) -> None:
        self._progress = progress
        self._done, self._fits, self._others = 0, fits, others

    @property
    def _total(self) -> int:
        return self._done + self._fits + self._others

    def of(self, name: str) -> Progress:
        """The Progress of the next fit, the one of recommender `name`."""
        self._fits = max(self._fits, 1)
        report = self._reporting(f"fitting {name}", 1)
        self._done, self._fits = self._done + 1, self._fits - 1
        return report

    def of_others(self, what: str, fits: int) -> Progress:
        """The Progress of other work, which counts as so many fits."""
        self._others = max(self._others, fits)
        report = self._reporting(what, fits)
        self._done, self._others = self._done + fits, self._others - fits
        return report

    def expect_others(self, fits: int) -> None:
        """Says that there is other work, which counts as so many fits, besides what was said."""
        self._others += fits

    def expect_fits(self, fits: int) -> None:
        """Says that there are so many fits besides those that were said."""
        self._fits += fits

    def expect(self, fits: int) -> None:
        """Corrects how many fits are still to come."""
        self._fits = fits

    def show(self, what: str) -> None:
        """Reports what is done between fits."""
        self._progress(self._done * FIT_PARTS, self._total * FIT_PARTS, what)

    def _reporting(self, title: str, fits: int) -> Progress:
        """Reports the next so many fits' worth of work, which begins now."""
        before, whole = self._done, self._total
        self._progress(before * FIT_PARTS, whole * FIT_PARTS, title)

        def report(done: int, total: int, what: str = "") -> None:
            part = min(max(done / total, 0.0), 1.0) * fits if total else 0.0
            text = f"{title}: {what}" if what else title
            self._progress(round((before + part) * FIT_PARTS), whole * FIT_PARTS, text)

        return report


def part_of(progress: Progress, before: int, whole: int) -> Progress:
    """The Progress of a part of some work, of which `before` of `whole` steps are over."""

    def report(done: int, total: int, what: str = "") -> None:
        progress(before + done, whole, what)

    return report
