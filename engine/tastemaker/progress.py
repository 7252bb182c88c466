"""A progress bar on standard error for long work; on a terminal only, silent in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tastemaker.recommender import Progress, no_progress


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A Progress that draws a bar while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bars, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True)
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=screen, disable=not screen.is_terminal, transient=True) as bars:
        task = bars.add_task("", total=None)

        def report(done: int, total: int, what: str = "") -> None:
            bars.update(task, completed=done, total=total or None, description=what)

        yield report


@contextmanager
def reporting(progress: Progress | bool) -> Iterator[Progress]:
    """What long work in the block reports to.

    Args:
        progress: itself; True for a bar on standard error, False for nothing.
    """
    if progress is True:
        with progress_bar() as bar:
            yield bar
    else:
        yield progress or no_progress
